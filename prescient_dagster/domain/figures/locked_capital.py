"""How long the money is tied up: what is held, at its cost, by the day on which its event should end.

Until a market resolves, what was paid for it can only be had back at the bid. An event may end late; where its end date
has passed, the money waits for a resolution.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Holding
from prescient_dagster.domain.figures.round_trips import PricedTrade, RoundTrip

BOUNDS_DAYS = (0, 1, 7, 30, 90)
PAST, LATER, UNKNOWN = "past its end date", "later", "no end date"
TERMS = (PAST, "within 1 day", *(f"{low} to {high} days" for low, high in pairwise(BOUNDS_DAYS[1:])), LATER, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Locked:
    """What is held until some time from now.

    Attributes:
        term: one of `TERMS`.
        cost: of what is held, fees included, USD.
        holdings: how many sides of markets, each leg of a bundle being one; `events` how many distinct events.
    """

    term: str
    cost: Decimal
    holdings: int
    events: int


def locked_capital(
    trips: Iterable[RoundTrip], end_dates: Mapping[str, datetime | None], at: datetime | None
) -> list[Locked]:
    """What is tied up, by term; all terms where anything is held, else none.

    Args:
        end_dates: when the events should end, by market id, as far as it is known.
        at: the moment from which the days count, that of the last snapshot.
    """
    held: dict[str, list[tuple[Holding, Sequence[PricedTrade]]]] = {term: [] for term in TERMS}
    for trip in trips:
        for leg in trip.legs() if not trip.is_closed else ():
            trade = leg[0].trade
            if trip.held[trade.market_id, trade.side]:
                held[_term(end_dates.get(trade.market_id), at)].append(((trade.market_id, trade.side), leg))
    return [_locked(term, legs) for term, legs in held.items()] if any(held.values()) else []


def _term(end: datetime | None, at: datetime | None) -> str:
    if end is None or at is None:
        return UNKNOWN
    days = (end - at) / timedelta(days=1)
    later = [number for number, bound in enumerate(BOUNDS_DAYS) if days <= bound]
    return TERMS[later[0]] if later else LATER


def _locked(term: str, legs: Sequence[tuple[Holding, Sequence[PricedTrade]]]) -> Locked:
    cost = sum((priced.trade.cost_delta for _, leg in legs for priced in leg), money.ZERO)
    return Locked(term, cost, len({holding for holding, _ in legs}), len({leg[0].trade.event_id for _, leg in legs}))
