"""A whole venue to measure on: 10,000 events and 50,000 markets of the simulated venue, in the wire format."""

from datetime import UTC, datetime
from pathlib import Path

import httpx

from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.venue.polymarket.answers import decode_event_page
from prescient_dagster.venue.polymarket.client import EVENTS_PER_PAGE
from prescient_dagster.venue.polymarket.crawl import Crawl
from prescient_dagster.venue.simulation.transport import SimulatedTransport
from prescient_dagster.venue.simulation.world import SimulatedWorld

EVENTS = 10_000
STARTED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def write_pages(folder: Path, events: int = EVENTS, seconds: int = 3_600) -> list[Path]:
    """The pages of one crawl, one file each, so many seconds after the start of the simulation."""
    transport = SimulatedTransport(SimulatedWorld(7, events, STARTED_AT), lambda: seconds)
    paths: list[Path] = []
    parameters: dict[str, str | int] = {"closed": "false", "limit": EVENTS_PER_PAGE}
    with httpx.Client(transport=transport, base_url="http://gamma.invalid") as client:
        while True:
            answer = client.get("/events/keyset", params=parameters)
            paths.append(folder / f"{len(paths):04}.json")
            paths[-1].write_bytes(answer.content)
            cursor = answer.json().get("next_cursor")
            if cursor is None:
                return paths
            parameters["after_cursor"] = cursor


def crawled(paths: list[Path], captured_at: datetime = STARTED_AT) -> Listing:
    """The listing of these pages, read one at a time as from the network."""
    crawl = Crawl()
    for path in paths:
        crawl.add_events(decode_event_page(path.read_bytes()), open_only=True)
    return crawl.listing("simulated", captured_at)
