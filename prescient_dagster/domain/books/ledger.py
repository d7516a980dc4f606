"""The books of one portfolio: trades are added, nothing is ever changed, and everything else follows from them.

Cash = initial balance + Σ cash deltas. A position's cost is the average cost including fees: a sale of s of S shares
releases cost × s/S, the last one releases all that is left. Realised profit = Σ (cash delta + cost delta).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.books import equity_track
from prescient_dagster.domain.books.equity_track import EquityTrack
from prescient_dagster.domain.books.exit_rules import LEFT_ALONE, ExitRule
from prescient_dagster.domain.market.sides import Side

AFTER_CYCLE = "after_cycle"
"""Among the details of a sale by hand: whether the cycle of its capture had acted before."""


class TradeKind(StrEnum):
    """Why shares and cash moved."""

    BUY = "buy"
    SELL = "sell"
    SETTLEMENT = "settlement"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Trade:
    """One line of the append-only books. All money in USD.

    Attributes:
        shares: the change of the holding, positive on a buy.
        price: the average in USD per share, for reading; `cash_delta` is exact.
        cost_delta: the change of the position's cost: what a buy paid, what a sale released (negative).
        side_label: what the venue calls the side, for reading; None: the line is from before labels were kept.
        tags: of its market, as the capture lists them; empty: of an older line, too.
        source_ref: what caused it, unique per portfolio; None until the signal it came from has its number.
        details: what the trade page shows: fill model, touch, levels; of a sale its rule under `exit`.
        category: of its market, of a fill; None: it is none, or from before categories were kept.
    """

    timestamp: datetime
    kind: TradeKind
    market_id: str
    market_question: str
    event_id: str
    side: Side
    shares: Decimal
    price: Decimal
    fee: Decimal
    cash_delta: Decimal
    cost_delta: Decimal
    synthetic: bool
    bundle: str | None = None
    side_label: str | None = field(default=None, compare=False)
    tags: str = field(default="", compare=False)
    source_ref: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    category: str | None = field(default=None, compare=False)

    @property
    def is_by_hand(self) -> bool:
        """Whether a person made it, no rule."""
        return self.details.get("exit") == ExitRule.BY_HAND

    @property
    def is_before_cycle(self) -> bool:
        """Whether the cycle of its capture found it booked: what was settled, and what was sold by hand until then."""
        if self.is_by_hand:
            return not self.details[AFTER_CYCLE]
        return self.kind in (TradeKind.SETTLEMENT, TradeKind.REFUND)


Holding = tuple[str, Side]
"""What identifies a position: market id and side."""


@dataclass(frozen=True, slots=True)
class Position:
    """An open holding of one outcome token.

    `cost` includes fees; `mark` is the last known value of a share in USD, `mark_source` where it came from, and
    `marked_at` the moment at which it was last told, by the venue's clock.
    """

    market_id: str
    side: Side
    event_id: str
    market_question: str
    shares: Decimal
    cost: Decimal
    opened_at: datetime
    bundle: str | None = None
    side_label: str | None = field(default=None, compare=False)
    mark: Decimal | None = None
    mark_source: str | None = None
    marked_at: datetime | None = None
    tags: str = field(default="", compare=False)

    @property
    def holding(self) -> Holding:
        return self.market_id, self.side

    @property
    def slot(self) -> str:
        """What counts as one position: the bundle, or the market."""
        return self.bundle or self.market_id

    def marked(self, mark: Decimal, source: str, at: datetime | None) -> "Position":
        """The position with another mark; each gets one on every capture, and `replace` takes six times as long."""
        return Position(
            self.market_id,
            self.side,
            self.event_id,
            self.market_question,
            self.shares,
            self.cost,
            self.opened_at,
            self.bundle,
            self.side_label,
            mark,
            source,
            at,
            self.tags,
        )


def worth(position: Position) -> Decimal:
    """The value of a marked position in USD."""
    return money.usd(position.shares * (position.mark or money.ZERO))


@dataclass(frozen=True, slots=True)
class Account:
    """A portfolio's money and holdings at one moment.

    Attributes:
        stopped: when each market was last sold by a stop loss or by hand. Not a part of the books: who loads an account
            may leave out what is too long ago to matter.
        track: what its snapshots came to; None: nobody has told. No part of the books either.
    """

    initial_balance: Decimal
    balance: Decimal
    positions: Mapping[Holding, Position] = field(default_factory=dict)
    realized_profit_loss: Decimal = money.ZERO
    fees_paid: Decimal = money.ZERO
    trade_count: int = 0
    stopped: Mapping[str, datetime] = field(default_factory=dict, compare=False)
    track: EquityTrack | None = field(default=None, compare=False)

    @property
    def equity_track(self) -> EquityTrack:
        """What its snapshots came to; where nobody has told, there were none."""
        return self.track or equity_track.begun(self.initial_balance)

    @property
    def total_invested(self) -> Decimal:
        """The cost of the open positions."""
        return sum((position.cost for position in self.positions.values()), money.ZERO)


def opened(initial_balance: Decimal) -> Account:
    """A new account that holds nothing but cash."""
    return Account(initial_balance, initial_balance)


def released_cost(position: Position, shares: Decimal) -> Decimal:
    """The part of a position's cost that goes with `shares` of it, 6 decimals, half even."""
    return position.cost if shares == position.shares else money.usd(position.cost * shares / position.shares)


def booked(account: Account, trade: Trade) -> Account:
    """The account after one more trade.

    Raises:
        ValueError: the trade sells more shares than are held; no rule of ours may produce such a trade.
    """
    holding = (trade.market_id, trade.side)
    position = _moved(account.positions.get(holding), trade)
    positions = {**account.positions, holding: position}
    if not position.shares:
        del positions[holding]
    return replace(
        account,
        balance=account.balance + trade.cash_delta,
        positions=positions,
        realized_profit_loss=account.realized_profit_loss + trade.cash_delta + trade.cost_delta,
        fees_paid=account.fees_paid + trade.fee,
        trade_count=account.trade_count + 1,
        stopped=_stopped(account.stopped, trade),
    )


def _stopped(stopped: Mapping[str, datetime], trade: Trade) -> Mapping[str, datetime]:
    left_alone = trade.details.get("exit") in LEFT_ALONE
    return {**stopped, trade.market_id: trade.timestamp} if left_alone else stopped


def _moved(position: Position | None, trade: Trade) -> Position:
    if position is None:
        position = _unopened(trade)
    shares, cost = position.shares + trade.shares, position.cost + trade.cost_delta
    if shares < 0 or cost < 0 or (not shares and cost):
        raise ValueError(f"trade in market {trade.market_id} would leave {shares} shares at a cost of {cost}")
    return replace(position, shares=shares, cost=cost, side_label=position.side_label or trade.side_label)


def _unopened(trade: Trade) -> Position:
    return Position(
        market_id=trade.market_id,
        side=trade.side,
        event_id=trade.event_id,
        market_question=trade.market_question,
        shares=money.ZERO,
        cost=money.ZERO,
        opened_at=trade.timestamp,
        bundle=trade.bundle,
        tags=trade.tags,
    )


def rebuilt(initial_balance: Decimal, trades: Iterable[Trade]) -> Account:
    """The account that a list of trades, in their order, leads to; what the stored one must equal."""
    account = opened(initial_balance)
    for trade in trades:
        account = booked(account, trade)
    return account
