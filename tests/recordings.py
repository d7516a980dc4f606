"""Recorded answers of the venue as captures and listings, read by the venue's own parser."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.market.markets import Capture, Listing
from prescient_dagster.venue.polymarket.answers import decode_event_page, decode_market_page
from prescient_dagster.venue.polymarket.crawl import Crawl
from tests.builders import D


def events_listing(body: bytes, at: datetime) -> Listing:
    """A recorded array of events."""
    crawl = Crawl()
    crawl.add_events(decode_event_page(body), open_only=False)
    return crawl.listing("recorded", at)


def markets_listing(body: bytes, at: datetime) -> Listing:
    """A recorded array of markets."""
    crawl = Crawl()
    crawl.add_markets(decode_market_page(body))
    return crawl.listing("recorded", at)


def recorded_captures(folder: Path) -> Sequence[Capture]:
    """The recordings of a folder in their order, numbered from 1."""
    listings = [events_listing(path.read_bytes(), _time(path)) for path in sorted(folder.glob("*.json"))]
    return [
        Capture(number, listing.captured_at, listing.events, listing.markets)
        for number, listing in enumerate(listings, start=1)
    ]


def _time(path: Path) -> datetime:
    return datetime.strptime(path.stem, "%Y-%m-%dT%H-%M-%SZ").replace(tzinfo=UTC)


def recorded_book(path: Path) -> OrderBook:
    """A recorded answer of the order book service."""
    answer = json.loads(path.read_bytes())
    return OrderBook(answer["asset_id"], bids=_levels(answer["bids"]), asks=_levels(answer["asks"]))


def _levels(offers: Sequence[dict[str, str]]) -> tuple[Level, ...]:
    return tuple(Level(D(offer["price"]), D(offer["size"])) for offer in offers)
