"""From entry to nothing held any more: what a portfolio did, as positions that were opened and closed.

A bundle is one position. A resolution that is corrected opens the position again that it had closed, so that a position
has one result, the right one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Holding, Trade, TradeKind

FILLS = (TradeKind.BUY, TradeKind.SELL)
REVERSAL = ":reversal"


@dataclass(frozen=True, slots=True)
class PricedTrade:
    """A trade, and the listed price of its side when it was made: the middle of bid and ask, USD per share.

    `mid` is None where there is none: nobody trades a settlement.
    """

    trade: Trade
    mid: Decimal | None = None

    @property
    def notional(self) -> Decimal:
        """What the shares of a purchase or sale cost or earned without the fee, USD; exact, and never negative."""
        return abs(self.trade.cash_delta + self.trade.fee)

    @property
    def at_mid(self) -> Decimal:
        """What they would have cost or earned at the middle, USD; the notional itself where no middle is known."""
        return self.notional if self.mid is None else money.usd(abs(self.trade.shares) * self.mid)


@dataclass(slots=True, eq=False)
class RoundTrip:
    """A position from its entry on, with all its trades so far in their order."""

    trades: list[PricedTrade] = field(default_factory=list)
    held: dict[Holding, Decimal] = field(default_factory=dict)

    def add(self, priced: PricedTrade) -> None:
        """Take in the position's next trade."""
        trade = priced.trade
        holding = (trade.market_id, trade.side)
        self.trades.append(priced)
        self.held[holding] = self.held.get(holding, money.ZERO) + trade.shares

    @property
    def is_closed(self) -> bool:
        """Whether nothing of it is held."""
        return not any(self.held.values())

    @property
    def opened_at(self) -> datetime:
        return self.trades[0].trade.timestamp

    @property
    def closed_at(self) -> datetime:
        """When the last of it went; of one that is open, its newest trade."""
        return self.trades[-1].trade.timestamp

    @property
    def profit(self) -> Decimal:
        """What came back less what was paid, fees included, USD; of one that is open, so far."""
        return sum((priced.trade.cash_delta for priced in self.trades), money.ZERO)

    def legs(self) -> Iterator[list[PricedTrade]]:
        """The trades of each side of each market in it; one leg, or those of a bundle."""
        if len(self.held) == 1:
            yield self.trades
            return
        for holding in self.held:
            yield [each for each in self.trades if (each.trade.market_id, each.trade.side) == holding]


def round_trips(trades: Iterable[PricedTrade]) -> list[RoundTrip]:
    """All positions of one portfolio, open and closed, in the order of their entries.

    Args:
        trades: every trade since the portfolio began, in the order in which they were booked.
    """
    trips: list[RoundTrip] = []
    going: dict[str | Holding, list[RoundTrip]] = defaultdict(list)
    paid: dict[str, RoundTrip] = {}
    for priced in trades:
        trade = priced.trade
        there = going[trade.bundle or (trade.market_id, trade.side)]
        if is_reversal(trade):
            # Last, so that the payment that follows is its own, also where the market is held anew.
            there.append(paid[reversed_ref(trade)])
        elif not there:
            there.append(RoundTrip())
            trips.append(there[-1])
        trip = there[-1]
        trip.add(priced)
        if trade.kind not in FILLS and not is_reversal(trade):
            paid[str(trade.source_ref)] = trip
        if trip.is_closed:
            there.remove(trip)
    return trips


def is_reversal(trade: Trade) -> bool:
    """Whether it takes an earlier payment back, because the resolution was corrected."""
    return trade.kind not in FILLS and str(trade.source_ref).endswith(REVERSAL)


def reversed_ref(trade: Trade) -> str:
    """The `source_ref` of the payment that a reversal takes back."""
    return str(trade.source_ref).removesuffix(REVERSAL)
