"""The recorded answers of Polymarket, read by us and looked up by hand in the raw JSON."""

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prescient_dagster.domain.market.markets import Listing, check_events, check_markets
from prescient_dagster.venue.polymarket.answers import decode_market_page
from prescient_dagster.venue.polymarket.crawl import Crawl
from tests.venue.gamma import NOON, read

EVENTS = ("2025-06-11T02-28-00Z", "2025-06-13T20-30-00Z", "2025-06-16T00-12-00Z")
FIRST, RESOLVED = f"events/{EVENTS[0]}.json", "resolved/events-2026-03-02T12-00-00Z.json"
AUGMENTED = "augmented/events-2026-03-24T12-00-00Z.json"
FLAT = "markets/open-and-closed-2026-02-07T12-49-00Z.json"


def markets_of(*bodies: bytes) -> Listing:
    crawl = Crawl()
    for body in bodies:
        crawl.add_markets(decode_market_page(body))
    return crawl.listing("polymarket", NOON)


@pytest.mark.parametrize("name", [*(f"events/{time}.json" for time in EVENTS), RESOLVED, AUGMENTED])
def test_every_recorded_event_can_be_read(shared_data: Path, name: str) -> None:
    raw = json.loads((shared_data / name).read_bytes())
    listing = read((shared_data / name).read_bytes())
    check_events(listing.events)
    check_markets(listing.markets)
    assert listing.rejections == ()
    assert len(listing.events) == len(raw)
    assert set(listing.markets["market_id"]) == {market["id"] for event in raw for market in event["markets"]}


@pytest.mark.parametrize("time", EVENTS)
def test_the_three_recordings_have_100_events_and_343_markets(shared_data: Path, time: str) -> None:
    listing = read((shared_data / f"events/{time}.json").read_bytes())
    assert (len(listing.events), len(listing.markets), listing.tradable_markets) == (100, 343, 213)
    assert (listing.events["neg_risk"].sum(), listing.events["neg_risk_augmented"].sum()) == (15, 7)


@pytest.mark.parametrize("market_id", ["507884", "516978", "507869", "509095"])
def test_the_fields_of_a_market_are_those_of_the_raw_record(shared_data: Path, market_id: str) -> None:
    event, market = _raw(shared_data / FIRST, market_id)
    markets = read((shared_data / FIRST).read_bytes()).markets.set_index("market_id")
    row = markets.loc[market_id]
    yes, no = (float(price) for price in json.loads(market["outcomePrices"]))
    assert [row.yes_token_id, row.no_token_id] == json.loads(market["clobTokenIds"])
    assert (row.yes_price, row.no_price) == (yes, no)
    assert row.conviction == round(abs(yes - no), 6)
    assert row.best_ask == market["bestAsk"]
    assert row.best_bid == market["bestBid"] if "bestBid" in market else pd.isna(row.best_bid)
    assert row.volume == pytest.approx(float(market["volume"]), abs=1e-6)
    assert row.question == market["question"]
    assert row.end_date == pd.Timestamp(market["endDate"])
    assert row.closed == market["closed"]
    assert row.tradable == (not market["closed"])
    assert (row.event_id, row.event_title, row.event_market_count) == (
        event["id"],
        event["title"],
        len(event["markets"]),
    )
    assert row.event_liquidity == pytest.approx(event["liquidity"], abs=1e-6)
    assert row.event_end_date == pd.Timestamp(event["endDate"])


def test_507884_is_what_one_reads_in_the_file(shared_data: Path) -> None:
    row = read((shared_data / FIRST).read_bytes()).markets.set_index("market_id").loc["507884"]
    assert row.question == "Will the Oklahoma City Thunder win the 2025 NBA Finals?"
    assert (row.yes_price, row.no_price, row.best_bid, row.best_ask, row.last_price) == (0.825, 0.175, 0.82, 0.83, 0.82)
    assert (row.conviction, row.spread, row.liquidity, row.volume) == (0.65, 0.01, 1064677.2359, 11743984.223533)
    assert (row.volume_24hr, row.price_change_1h, row.price_change_24h) == (26406.449103, 0, 0)
    assert (row.tick_size, row.min_order_size, row.fee_rate, row.fee_exponent) == (0.01, 5, 0, 1)
    assert (row.neg_risk, row.neg_risk_augmented, row.tradable, row.closed) == (True, False, True, False)
    assert row.event_market_count == 30


def test_resolved_events_have_settled_and_disputed_markets(shared_data: Path) -> None:
    listing = read((shared_data / RESOLVED).read_bytes())
    closed = listing.markets[listing.markets["closed"]]
    assert (len(listing.events), int(listing.events["closed"].sum()), len(closed)) == (34, 24, 219)
    assert set(closed["yes_price"]) == {0.0, 1.0}
    assert (closed["resolution_status"] == "resolved").all()
    assert not closed["tradable"].any()
    assert (listing.markets["resolution_status"] == "disputed").sum() == 4


def test_placeholders_of_augmented_events_are_there_and_not_tradable(shared_data: Path) -> None:
    markets = read((shared_data / AUGMENTED).read_bytes()).markets
    assert markets["neg_risk_augmented"].all()
    assert (len(markets), int(markets["tradable"].sum()), int(markets["yes_price"].isna().sum())) == (38, 9, 29)


def test_markets_listed_on_their_own_can_be_read_and_duplicates_are_dropped(shared_data: Path) -> None:
    listing = markets_of((shared_data / FLAT).read_bytes())
    check_markets(listing.markets)
    assert (len(listing.markets), listing.tradable_markets, listing.rejections) == (596, 300, ())
    assert (listing.markets["event_id"] == "").sum() == 1
    assert int(listing.markets["fee_rate"].isna().sum()) == 12  # feesEnabled, and no schedule


def test_the_fee_is_the_schedules_rate_and_not_the_misleading_base_fee(shared_data: Path) -> None:
    markets = markets_of((shared_data / "fees/markets-2026-06-21.json").read_bytes()).markets
    assert markets["fee_rate"].tolist() == [0.05] * 5
    assert markets["fee_exponent"].tolist() == [1.0] * 5


def test_five_minute_markets_settle_up_or_down(shared_data: Path) -> None:
    with gzip.open(shared_data / "resolved/btc-5m-2026-06-08.jsonl.gz") as lines:
        raw = [json.loads(line)["raw"] for line in lines]
    listing = markets_of(json.dumps(raw).encode())
    assert (len(listing.markets), listing.tradable_markets, listing.rejections) == (292, 0, ())
    assert set(zip(listing.markets["yes_label"], listing.markets["no_label"], strict=True)) == {("Up", "Down")}
    assert set(listing.markets["fee_rate"]) == {0.07}


@pytest.mark.parametrize(
    ("name", "yes", "no", "status"),
    [
        ("binary_accepting_false", 0, 1, "resolved"),
        ("binary_accepting_true", 1, 0, ""),
        ("nonbinary_legacy", 0.584331, 0.415669, ""),
        ("zero_zero_legacy", 0, 0, ""),
    ],
)
def test_closed_markets_are_never_tradable(shared_data: Path, name: str, yes: float, no: float, status: str) -> None:
    body = (shared_data / f"resolved/gamma_market_closed_{name}.json").read_bytes()
    (row,) = markets_of(b"[" + body + b"]").markets.itertuples()
    assert (row.closed, row.tradable) == (True, False)
    assert (row.yes_price, row.no_price, row.resolution_status) == (yes, no, status)


def _raw(path: Path, market_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    events = json.loads(path.read_bytes())
    ((event, market),) = [(e, m) for e in events for m in e["markets"] if m["id"] == market_id]
    return event, market
