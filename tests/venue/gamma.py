"""Small builders for records as Polymarket sends them, and the server that sends recorded ones."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.venue.polymarket.answers import decode_event_page
from prescient_dagster.venue.polymarket.crawl import Crawl
from prescient_dagster.venue.polymarket.pacing import RetryPolicy
from prescient_dagster.venue.polymarket.venue import PolymarketVenue

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
IMPATIENT = RetryPolicy(attempts=2, first_wait_seconds=0.01)
Record = dict[str, Any]


def a_market(market_id: str = "1", **fields: Any) -> Record:
    """An open, tradable market on the wire; a field given as `...` is left out."""
    record: Record = {
        "id": market_id,
        "question": f"Will {market_id} happen?",
        "slug": f"will-{market_id}-happen",
        "conditionId": f"0x{market_id}",
        "description": "This market resolves to Yes if it happens by June 30, 2026, 11:59 PM ET.",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.62", "0.38"]',
        "clobTokenIds": f'["{market_id}1", "{market_id}2"]',
        "bestBid": 0.61,
        "bestAsk": 0.63,
        "lastTradePrice": 0.6,
        "liquidity": "20000.5",
        "volume": "100000.25",
        "startDate": "2026-02-01T08:00:00.123Z",
        "endDate": "2026-06-30T12:00:00Z",
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "active": True,
        "closed": False,
        "archived": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "umaResolutionStatuses": "[]",
    }
    return {name: value for name, value in (record | fields).items() if value is not ...}


def an_event(event_id: str = "e1", *markets: Record, **fields: Any) -> Record:
    """An open event on the wire, with one market if none are given."""
    record: Record = {
        "id": event_id,
        "title": f"Event {event_id}",
        "slug": f"event-{event_id}",
        "liquidity": 50000.5,
        "volume": 200000,
        "volume24hr": 1000,
        "startDate": "2026-02-01T08:00:00Z",
        "endDate": "2026-06-30T12:00:00Z",
        "closed": False,
        "markets": list(markets) or [a_market(f"{event_id}-1")],
    }
    return {name: value for name, value in (record | fields).items() if value is not ...}


def on_the_wire(*events: Any, cursor: str | None = None) -> bytes:
    """A page of `/events/keyset`."""
    return json.dumps({"events": events} | ({"next_cursor": cursor} if cursor else {})).encode()


def listed(*events: Any) -> Listing:
    """What becomes of these events, however many of them cannot be read."""
    return read(on_the_wire(*events))


def read(body: bytes) -> Listing:
    """What becomes of one page."""
    crawl = Crawl()
    crawl.add_events(decode_event_page(body), open_only=False)
    return crawl.listing("polymarket", NOON)


def row_of(**fields: Any) -> Any:
    """The row of one market with these fields on the wire."""
    listing = listed(an_event("e1", a_market("1", **fields)))
    assert listing.rejections == ()
    return listing.markets.iloc[0]


def reason_for(**fields: Any) -> str:
    """Why a market with these fields on the wire is rejected."""
    listing = listed(an_event("e1", a_market("1", **fields), a_market("2")))
    assert listing.markets["market_id"].tolist() == ["2"]
    (rejection,) = listing.rejections
    return rejection.reason


@contextmanager
def serving(shared_data: Path, recordings: list[Path], *options: str) -> Iterator[str]:
    """The address of a server that answers with these recordings."""
    server = shared_data.parents[1] / "tools" / "gamma_server.py"
    command = [sys.executable, str(server), "--port", "0", *options, *map(str, recordings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()  # it has nothing to lose, and may have inherited deafness to politer signals


def a_venue(address: str, retry: RetryPolicy = IMPATIENT) -> PolymarketVenue:
    """Polymarket at this address, at noon."""
    return PolymarketVenue(address, address, clock=lambda: NOON, retry=retry)


def requests_to(address: str) -> list[str]:
    """The paths asked for so far, with their parameters."""
    paths: list[str] = httpx.get(f"{address}/_control/log").json()
    return paths
