"""Small listings for the tests of the store: every kind of column, with and without values."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from prescient_dagster.domain.market.markets import (
    EVENT_COLUMNS,
    MARKET_COLUMNS,
    Kind,
    Listing,
    Rejection,
    event_frame,
    market_frame,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PRESENT: dict[Kind, Any] = {
    "text": "Will it räin? 🌧",
    "number": 0.123456,
    "integer": 3,
    "flag": True,
    "time": pd.Timestamp("2026-04-01T10:00:00.123456Z"),
}
MISSING: dict[Kind, Any] = {"text": "", "number": None, "integer": 0, "flag": False, "time": None}


def some_markets(count: int = 3, **columns: Any) -> pd.DataFrame:
    """Markets numbered from 100, one in three with nothing but its id."""
    rows = range(count)
    filled = {
        name: [MISSING[kind] if row % 3 == 2 else PRESENT[kind] for row in rows]
        for name, kind in MARKET_COLUMNS.items()
    }
    return market_frame({**filled, "market_id": [str(100 + row) for row in rows], **columns})


def some_events(count: int = 2) -> pd.DataFrame:
    """Events numbered from 10, every second one with nothing but its id."""
    rows = range(count)
    filled = {
        name: [MISSING[kind] if row % 2 else PRESENT[kind] for row in rows] for name, kind in EVENT_COLUMNS.items()
    }
    return event_frame({**filled, "event_id": [str(10 + row) for row in rows]})


def a_listing(
    captured_at: datetime = NOON,
    *,
    venue: str = "simulated",
    markets: pd.DataFrame | None = None,
    rejections: tuple[Rejection, ...] = (),
) -> Listing:
    """A listing of two events and three markets."""
    return Listing(venue, captured_at, some_events(), some_markets() if markets is None else markets, rejections)
