"""The positions that made or cost most, each with its story: why it was entered, at what price, and how it ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from prescient_dagster.domain import money
from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.figures.round_trips import PricedTrade, RoundTrip

MOST_STORIES = 5
PAYMENTS = (TradeKind.SETTLEMENT, TradeKind.REFUND)


@dataclass(frozen=True, slots=True)
class Remark:
    """What stands beside a fill, but not in the books.

    Attributes:
        reason: of its signal, one sentence.
        touch: the best ask (of a purchase) or bid (of a sale) of that moment, USD per share.
        exit: the rule that a sale followed.
        path: of a position's first purchase, what a share of its side cost from shortly before it to the end.
    """

    reason: str = ""
    confidence: Decimal | None = None
    touch: Decimal | None = None
    exit: ExitRule | None = None
    path: Sequence[tuple[datetime, Decimal]] = ()


class End(StrEnum):
    """How a position ended."""

    WON = "won"  # every leg that was held to the end was paid
    LOST = "lost"
    PARTLY = "partly paid"  # a bundle: some legs won, some lost
    REFUNDED = "refunded"
    SOLD = "sold"


@dataclass(frozen=True, slots=True)
class Story:
    """A closed position, told.

    Attributes:
        cost: what was paid for it, fees included, USD.
        profit: what came back less the cost, USD.
        entries: its purchases; `exits` everything after them, in the order of the books.
        remarks: of its fills, by `source_ref`, as far as they are known.
    """

    cost: Decimal
    profit: Decimal
    held: timedelta
    end: End
    entries: Sequence[PricedTrade]
    exits: Sequence[PricedTrade]
    remarks: Mapping[str, Remark] = field(default_factory=dict)

    @property
    def return_on_cost(self) -> float | None:
        """Profit / cost, a fraction."""
        return float(self.profit / self.cost) if self.cost else None

    @property
    def path(self) -> Sequence[tuple[datetime, Decimal]]:
        """What a share cost, up to what it brought in the end; nothing where no more than that is known."""
        known = self.remark(self.entries[0]).path
        ends = [(priced.trade.timestamp, priced.trade.price) for priced in self.exits if priced.trade.kind in PAYMENTS]
        return [*known, *ends] if len(known) > 1 else []

    @property
    def markets(self) -> int:
        """How many markets it is in: more than one in a bundle."""
        return len({priced.trade.market_id for priced in self.entries})

    def remark(self, priced: PricedTrade) -> Remark:
        """What stands beside one of its trades; an empty remark where nothing is known."""
        return self.remarks.get(str(priced.trade.source_ref), Remark())


@dataclass(frozen=True, slots=True)
class Notable:
    """The closed positions with the highest profit and with the greatest loss, each the most extreme first."""

    best: Sequence[RoundTrip]
    worst: Sequence[RoundTrip]

    @property
    def fills(self) -> set[str]:
        """The `source_ref` of all their fills: what remarks are wanted for."""
        trips = (*self.best, *self.worst)
        return {str(each.trade.source_ref) for trip in trips for each in trip.trades}


def notable(trips: Iterable[RoundTrip], most: int = MOST_STORIES) -> Notable:
    """At most so many winners and so many losers; of equals the earlier one. What came out even is neither."""
    results = [(trip.profit, trip) for trip in trips if trip.is_closed]
    won = sorted((each for each in results if each[0] > 0), key=lambda each: -each[0])
    lost = sorted((each for each in results if each[0] < 0), key=lambda each: each[0])
    return Notable([trip for _, trip in won[:most]], [trip for _, trip in lost[:most]])


def story(trip: RoundTrip, remarks: Mapping[str, Remark]) -> Story:
    """The story of a closed position."""
    entries = [priced for priced in trip.trades if priced.trade.kind is TradeKind.BUY]
    return Story(
        cost=-sum((priced.trade.cash_delta for priced in entries), money.ZERO),
        profit=trip.profit,
        held=trip.closed_at - trip.opened_at,
        end=_end(trip),
        entries=entries,
        exits=[priced for priced in trip.trades if priced.trade.kind is not TradeKind.BUY],
        remarks=remarks,
    )


def _end(trip: RoundTrip) -> End:
    """By the last trade of each leg; a correction counts, for it is booked later."""
    last = [leg[-1].trade for leg in trip.legs()]
    kinds = {trade.kind for trade in last}
    if TradeKind.SETTLEMENT not in kinds:
        return End.REFUNDED if TradeKind.REFUND in kinds else End.SOLD
    paid = {trade.price > 0 for trade in last if trade.kind is TradeKind.SETTLEMENT}
    return End.PARTLY if len(paid) > 1 else End.WON if True in paid else End.LOST
