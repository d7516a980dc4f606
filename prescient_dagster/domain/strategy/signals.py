"""Signals: wishes to trade, how they are ranked, and how they end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.market.sides import Side


class Action(StrEnum):
    """What a signal wishes to do."""

    BUY_YES = "buy_yes"
    BUY_NO = "buy_no"
    SELL_YES = "sell_yes"
    SELL_NO = "sell_no"

    @property
    def side(self) -> Side:
        return Side.YES if self in (Action.BUY_YES, Action.SELL_YES) else Side.NO

    @property
    def is_entry(self) -> bool:
        return self in (Action.BUY_YES, Action.BUY_NO)

    @staticmethod
    def buy(side: Side) -> "Action":
        return Action.BUY_YES if side is Side.YES else Action.BUY_NO

    @staticmethod
    def sell(side: Side) -> "Action":
        return Action.SELL_YES if side is Side.YES else Action.SELL_NO


class SignalStatus(StrEnum):
    """Where a signal stands. Pending is the only one that can change."""

    PENDING = "pending"
    EXECUTED = "executed"
    PARTIALLY_EXECUTED = "partially_executed"
    REJECTED = "rejected"
    EXPIRED = "expired"  # a newer capture came first


class RejectReason(StrEnum):
    """Why a signal did not trade."""

    INSUFFICIENT_CASH = "insufficient_cash"
    NO_LIQUIDITY = "no_liquidity"
    SLIPPAGE = "slippage"
    BELOW_MINIMUM = "below_minimum"
    NOT_TRADABLE = "not_tradable"
    UNKNOWN_FEE = "unknown_fee"
    BUNDLE_INCOMPLETE = "bundle_incomplete"
    MARGIN_GONE = "margin_gone"
    SPREAD_EXCEEDS_STOP = "spread_exceeds_stop"
    NO_FREE_SLOT = "no_free_slot"  # an exit that was to make room did not fill
    NO_BOOK = "no_book"  # the venue keeps order books and has none of it
    BOOK_UNUSABLE = "book_unusable"  # its order book makes no sense
    VENUE_UNAVAILABLE = "venue_unavailable"  # the venue could not be asked for the order book
    RISK_EXPOSURE = "risk_exposure"  # max_exposure leaves less than the least order; likewise the others
    RISK_EVENT = "risk_event"
    RISK_TAG = "risk_tag"
    RISK_DAILY_LOSS = "risk_daily_loss"
    RISK_DRAWDOWN = "risk_drawdown"


@dataclass(frozen=True, slots=True)
class Signal:
    """A wish to trade one side of one market.

    Attributes:
        target_price: the side's listed price in USD per share, the middle of its bid and ask.
        amount: USD to spend, fees included, of a bundle for all its legs together; of a sale what the bid would bring.
        confidence: the strategy's rank of the signal, never a probability.
        probability: that the side pays, 0 to 1, where the strategy knows one (`gives_probability` of its config).
        reason: one sentence a trader understands.
        liquidity: of the market in USD; breaks ties of confidence.
        bundle: signals with the same bundle fill all together or not at all.
        shares: to sell, or wished for on each leg of a bundle; None: as many as the amount buys, or all that are held.
        exit: the rule that a sale follows; None on a buy.
        side_label: what the venue calls the side, for reading; the cycle fills it in, a strategy need not.
    """

    market_id: str
    event_id: str
    action: Action
    target_price: Decimal
    amount: Decimal
    confidence: Decimal
    reason: str
    liquidity: Decimal
    bundle: str | None = None
    shares: Decimal | None = None
    exit: ExitRule | None = None
    probability: Decimal | None = None
    side_label: str | None = field(default=None, compare=False)

    @property
    def slot(self) -> str:
        """What counts as one position: the bundle, or the market."""
        return self.bundle or self.market_id


def ranked(signals: Iterable[Signal]) -> list[Signal]:
    """Strongest first: by confidence, then liquidity, both highest first, then `market_id` compared as text.

    The legs of a bundle stay together, at the place of the one that comes first.
    """
    signals = list(signals)
    first: dict[str, tuple[Decimal, Decimal, str]] = {}
    for signal in signals:
        first[signal.slot] = min(_rank(signal), first.get(signal.slot, _rank(signal)))
    return sorted(signals, key=lambda signal: (first[signal.slot], signal.slot, _rank(signal)))


def _rank(signal: Signal) -> tuple[Decimal, Decimal, str]:
    return -signal.confidence, -signal.liquidity, signal.market_id
