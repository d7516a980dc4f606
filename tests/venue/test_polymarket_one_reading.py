"""A market is read the same way wherever its record stands: below its event, in a list, alone, or in a recording."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.venue.polymarket.venue import PolymarketVenue
from prescient_dagster.venue.recorded import RecordedVenue
from tests.venue.gamma import IMPATIENT, NOON, Record, a_market, an_event, listed

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "numbers as text": {"bestBid": "0.6", "liquidity": 20000, "volume24hr": "12"},
    "nobody bids or asks": {"bestBid": 0, "bestAsk": 1},
    "labels of its own": {"outcomes": '["Up", "Down"]'},
    "no prices": {"outcomePrices": ...},
    "with fees": {"feesEnabled": True, "feeSchedule": {"rate": 0.05, "exponent": 1}},
    "closed": {"closed": True, "outcomePrices": '["1", "0"]', "umaResolutionStatuses": '["proposed", "resolved"]'},
    "not active": {"active": False},
    "a game": {"sportsMarketType": "totals", "gameStartTime": "2026-03-01 17:30:00+00"},
    "three outcomes": {"outcomes": '["a", "b", "c"]'},
    "a number too large": {"volume": 1e30},
    "a field of another kind": {"question": 5},
}


def service(*markets: Record) -> tuple[PolymarketVenue, list[str]]:
    """A venue whose lists leave out markets that are not active, and the paths it is asked for."""
    asked: list[str] = []
    event = {name: value for name, value in an_event("e1").items() if name != "markets"}
    known = {market["id"]: market | {"events": [event]} for market in markets}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/markets/keyset":
            closed, ids = request.url.params["closed"] == "true", request.url.params.get_list("id")
            found = [market for market in known.values() if market["id"] in ids and market["active"]]
            return httpx.Response(200, json={"markets": [m for m in found if bool(m["closed"]) == closed]})
        alone = known.get(request.url.path.removeprefix("/markets/"))
        return httpx.Response(200, json=alone) if alone else httpx.Response(404, json={"error": "id not found"})

    transport = httpx.MockTransport(answer)
    venue = PolymarketVenue("http://g", "http://c", transport=transport, clock=lambda: NOON, retry=IMPATIENT)
    return venue, asked


def recorded(folder: Path, *markets: Record) -> Listing:
    (folder / "2026-03-01T12-00-00Z.json").write_text(json.dumps([an_event("e1", *markets)]))
    return RecordedVenue(folder).find_markets(
        [market["id"] for market in markets], datetime(2026, 3, 1, 12, tzinfo=UTC)
    )


def own(listing: Listing) -> pd.DataFrame:
    """What a market's own record tells; how many markets its event has is told by the event alone."""
    return listing.markets.drop(columns="event_market_count")


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_reads_the_same_wherever_it_stands(kind: str, tmp_path: Path) -> None:
    market = a_market("1", **KINDS[kind])
    below = listed(an_event("e1", market))
    for listing in (service(market)[0].find_markets(["1"], NOON), recorded(tmp_path, market)):
        pd.testing.assert_frame_equal(own(listing), own(below))
        assert listing.rejections == below.rejections


def test_only_what_the_lists_leave_out_is_asked_for_alone() -> None:
    idle, broken = a_market("3", active=False), a_market("4", volume=1e30)
    venue, asked = service(a_market("1"), a_market("2", closed=True), idle, broken)
    found = venue.find_markets(["1", "2", "3", "4", "5"], NOON)
    assert found.markets["market_id"].tolist() == ["1", "2", "3"]
    assert [rejection.record_id for rejection in found.rejections] == ["4"]
    assert [path for path in asked if path != "/markets/keyset"] == ["/markets/3", "/markets/5"]


def test_a_market_that_is_paused_keeps_its_price_and_does_not_trade() -> None:
    venue, _ = service(a_market("1", active=False))
    row = venue.find_markets(["1"], NOON).markets.iloc[0]
    assert (row.yes_price, bool(row.tradable), bool(row.closed)) == (0.62, False, False)
