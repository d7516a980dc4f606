"""On how many distinct events the figures rest: positions in one event stand and fall together, so they are one bet."""

from collections.abc import Iterable
from dataclasses import dataclass

from prescient_dagster.domain.figures.round_trips import RoundTrip


@dataclass(frozen=True, slots=True)
class EventsBehind:
    """Distinct events of all positions, of those that have closed, and of those that are open."""

    traded: int
    closed: int
    open: int


def events_behind(trips: Iterable[RoundTrip]) -> EventsBehind:
    """The events of these positions."""
    closed: set[str] = set()
    still_open: set[str] = set()
    for trip in trips:
        (closed if trip.is_closed else still_open).update(priced.trade.event_id for priced in trip.trades)
    return EventsBehind(len(closed | still_open), len(closed), len(still_open))
