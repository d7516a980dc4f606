"""What the markets of a report's stories cost, capture by capture, as far as captures and hourly prices tell it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.round_trips import RoundTrip
from prescient_dagster.domain.market.history import microseconds
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.past_captures import EPOCH
from prescient_dagster.store.market.stored_past import StoredPast

MOST_POINTS = 48
"""Of one path."""
LEAST_BEFORE = timedelta(hours=2)
BEFORE = 10
"""So many times a position's own time fits into what is shown before it."""
Path = list[tuple[datetime, Decimal]]


def price_paths(database: Database, folder: CaptureFolder, trips: Iterable[RoundTrip]) -> Mapping[str, Path]:
    """What a share of the side cost from shortly before the entry to the end, by the first purchase's `source_ref`.

    Bundles have none. Of many captures some are left out, evenly in their order.
    """
    past = StoredPast(database, folder)
    wanted: dict[int, list[RoundTrip]] = defaultdict(list)
    for trip in trips:
        if len(trip.held) == 1:
            for at in _times(past, trip):
                wanted[at].append(trip)
    paths: dict[str, Path] = defaultdict(list)
    for at, together in sorted(wanted.items()):
        ids = pa.array([trip.trades[0].trade.market_id for trip in together], type=pa.large_string())
        for trip, yes in zip(together, past.prices_of(ids, at).tolist(), strict=True):
            first = trip.trades[0].trade
            if not np.isnan(yes):
                price = money.price(yes if first.side is Side.YES else 1 - yes)
                paths[str(first.source_ref)].append((EPOCH + timedelta(microseconds=at), price))
    return paths


def _times(past: StoredPast, trip: RoundTrip) -> list[int]:
    before = max((trip.closed_at - trip.opened_at) / BEFORE, LEAST_BEFORE)
    times = past.times(microseconds(trip.opened_at - before), microseconds(trip.closed_at))
    places = np.unique(np.linspace(0, len(times) - 1, min(len(times), MOST_POINTS)).round().astype(int))
    kept: list[int] = times[places].tolist()
    return kept
