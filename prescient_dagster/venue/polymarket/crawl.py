"""A venue read page by page until it is whole: duplicates dropped, what cannot be read counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec.structs import replace

from prescient_dagster.domain.errors import VenueError
from prescient_dagster.domain.market.markets import ColumnData, Listing, Rejection, event_frame, market_frame
from prescient_dagster.domain.market.plausibility import MOST_UNREADABLE
from prescient_dagster.venue.polymarket.answers import EventPage, MarketPage
from prescient_dagster.venue.polymarket.parsing import Columns, Part, parsed
from prescient_dagster.venue.polymarket.schemas import Event, Market

_NO_EVENT = Event(id="")


@dataclass(slots=True)
class Crawl:
    """The pages of a venue, normalised as they come in, so that no page is kept. The first record of an id counts."""

    parts: list[Part] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    events_read: int = 0
    _seen: set[str] = field(default_factory=set)

    def add_events(self, page: EventPage, *, open_only: bool) -> None:
        """Take in events with all their markets. One that comes again is dropped, with its markets."""
        self.rejections += page.rejections
        fresh = [
            (event, market_count)
            for event, market_count in zip(page.events, page.market_counts, strict=True)
            if not (open_only and event.closed) and self._is_first(str(event.id))
        ]
        markets = [market for event, _ in fresh for market in event.markets or ()]
        rows = [row for row, (event, _) in enumerate(fresh) for _ in event.markets or ()]
        self._add([event for event, _ in fresh], [market_count for _, market_count in fresh], markets, rows)

    def add_markets(self, page: MarketPage) -> None:
        """Take in markets listed on their own. How many markets their events have is not told there: 0."""
        self.rejections += page.rejections
        events = [_event_of(market) for market in page.markets]
        self._add(events, [0] * len(events), page.markets, range(len(events)))

    def missing(self, market_ids: Sequence[str]) -> list[str]:
        """Those of these markets that no page has had so far, readable or not."""
        told = {rejection.record_id for rejection in self.rejections if rejection.kind == "market"}
        told.update(*(part.markets["market_id"].to_pylist() for part in self.parts))
        return [market_id for market_id in market_ids if market_id not in told]

    def listing(self, venue: str, captured_at: datetime) -> Listing:
        """Everything taken in, as one listing."""
        parts = self.parts or [parsed([], [], [], [])]
        return Listing(
            venue=venue,
            captured_at=captured_at,
            events=event_frame(_joined([part.events for part in parts])),
            markets=market_frame(_joined([part.markets for part in parts])),
            rejections=tuple(sorted(self.rejections, key=attrgetter("kind", "record_id", "reason"))),
        )

    def _is_first(self, event_id: str) -> bool:
        known = event_id in self._seen
        self._seen.add(event_id)
        return not known

    def _add(
        self, events: list[Event], market_counts: list[int], markets: list[Market], event_rows: Sequence[int]
    ) -> None:
        part = parsed(events, market_counts, markets, event_rows)
        self.parts.append(part)
        self.rejections += part.rejections
        self.events_read += len(events)


def _event_of(market: Market) -> Event:
    """The event of a market that is listed on its own, with what is told of it at the market."""
    event = market.events[0] if market.events else _NO_EVENT
    tags, category = event.tags or market.tags, event.category or market.category
    return event if (tags, category) == (event.tags, event.category) else replace(event, tags=tags, category=category)


def require_whole(listing: Listing) -> Listing:
    """The listing itself, if it can be traded on.

    Raises:
        VenueError: it is empty, or has no markets, or more than 2 % of its records could not be read.
    """
    rejected = len(listing.rejections)
    records = len(listing.events) + len(listing.markets) + rejected
    if rejected > MOST_UNREADABLE * records:
        first = "; ".join(f"{r.kind} {r.record_id or '(no id)'}: {r.reason}" for r in listing.rejections[:3])
        limit = f"more than {MOST_UNREADABLE:.0%}"
        raise VenueError(f"{listing.venue}: {rejected} of {records} records cannot be read, {limit}: {first}")
    if listing.events.empty:
        raise VenueError(f"{listing.venue} lists no events: there is nothing to trade; check its address or folder")
    if listing.markets.empty:
        told = f"{listing.venue} lists {len(listing.events)} events and not one market"
        raise VenueError(f"{told}: there is nothing to trade; expected events with their markets below them")
    return listing


def _joined(parts: Sequence[Columns]) -> dict[str, ColumnData]:
    return {name: _end_to_end([part[name] for part in parts]) for name in parts[0]}


def _end_to_end(chunks: Sequence[Any]) -> ColumnData:
    if isinstance(chunks[0], np.ndarray):
        return np.concatenate(chunks)
    texts: ColumnData = pd.array(pa.chunked_array(chunks), dtype="str")
    return texts
