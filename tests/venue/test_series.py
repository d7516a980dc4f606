"""Series of prices become listings, with nothing of the future in them."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.markets import Capture, Listing, check_events, check_markets
from prescient_dagster.venue.series.listings import Assumptions, imported, quotes
from prescient_dagster.venue.series.reading import read
from strategy_assets.arbitrage.exclusive_groups import exclusive_groups
from strategy_assets.arbitrage.sets import paying_sets

HEADING = "ingested_at,market_id,title,close_date,volume,liquidity,yes_price,no_price"


def a_csv(folder: Path, *rows: str, name: str = "prices.csv") -> Path:
    path = folder / name
    content = "\n".join([HEADING, *rows]) + "\n"
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return path


def a_row(time: str, market: str = "0xa", price: float = 0.4, volume: float = 1_000) -> str:
    return f"2026-06-05 {time}+00:00,{market},Will it rain? ,2026-07-20T00:00:00Z,{volume},5000.5,{price},{1 - price}"


def a_set(folder: Path, *histories: list[tuple[int, float]]) -> Path:
    markets = [
        {"question": f"Who? {number}", "history": [{"timestamp": at, "probability": share} for at, share in history]}
        for number, history in enumerate(histories)
    ]
    path = folder / "set.json"
    path.write_text(json.dumps({"title": "Who?", "markets": markets}))
    return path


def listed(path: Path, **assumptions: Any) -> list[Listing]:
    return list(imported(read(path), Assumptions(**assumptions)).listings())


def test_what_was_seen_within_a_minute_is_one_capture(tmp_path: Path) -> None:
    times = ("10:00:00.5", "10:00:30", "10:01:25", "10:02:25", "10:04:00")
    path = a_csv(tmp_path, *(a_row(time, f"0x{number}") for number, time in enumerate(times)))
    listings = listed(path)
    assert [len(listing.markets) for listing in listings] == [3, 1, 1]
    assert [f"{listing.captured_at:%H:%M:%S}" for listing in listings] == ["10:00:00", "10:02:25", "10:04:00"]


def test_every_listing_is_one_of_a_capture(tmp_path: Path) -> None:
    path = a_csv(tmp_path, *(a_row("10:00:00", market) for market in ("0xb", "0xa", "0xc")), name="prices.csv.gz")
    (listing,) = listed(path)
    check_markets(listing.markets)
    check_events(listing.events)
    assert list(listing.markets["market_id"]) == ["0xa", "0xb", "0xc"]
    assert list(listing.events["event_id"]) == ["0xa", "0xb", "0xc"]
    row = listing.markets.iloc[0]
    assert (row["question"], row["liquidity"], row["volume"], row["event_liquidity"]) == (
        "Will it rain?",
        5_000.5,
        1_000,
        5_000.5,
    )
    assert row["event_end_date"] == pd.Timestamp("2026-07-20", tz="UTC")


def test_of_a_market_seen_twice_in_a_capture_the_last_counts_and_is_told(tmp_path: Path) -> None:
    path = a_csv(tmp_path, a_row("10:00:00", price=0.4), a_row("10:00:40", price=0.5), a_row("10:00:10", "0xb"))
    found = imported(read(path), Assumptions())
    (listing,) = found.listings()
    assert (found.captures, found.repeated, found.incomplete) == (1, 1, 0)
    assert listing.markets["yes_price"].tolist() == [0.5, 0.4]


def test_changes_come_from_what_was_known_by_then(tmp_path: Path) -> None:
    rows = [("10:00:00", 0.40, 1_000), ("10:50:00", 0.45, 1_100), ("11:00:00", 0.50, 1_150), ("11:30:00", 0.47, 1_400)]
    listings = listed(a_csv(tmp_path, *(a_row(time, "0xa", price, volume) for time, price, volume in rows)))
    told = [listing.markets.iloc[0] for listing in listings]
    assert [round(row["price_change_1h"], 6) for row in told] == [0, 0.05, 0.10, 0.07]
    assert [row["volume_24hr"] for row in told] == [0, 100, 150, 400]


def test_a_listing_does_not_change_by_what_comes_later(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    rows = [
        a_row(f"{hour:02}:{minute:02}:00", market, round(random.uniform(0.1, 0.9), 3), 1_000 + 10 * hour)
        for hour in range(6)
        for minute in (0, 15, 30, 45)
        for market in ("0xa", "0xb")
    ]
    whole = listed(a_csv(tmp_path, *rows))
    for cut in (2, 14, 30):
        for early, late in zip(listed(a_csv(tmp_path, *rows[:cut], name="cut.csv")), whole, strict=False):
            pd.testing.assert_frame_equal(early.markets, late.markets)


START = 1_771_901_400
LATE = ([(START, 20.0), (START + 600, 20.0), (START + 1_200, 20.0)], [(START + 10, 30.0), (START + 1_200, 30.0)])
LATER = [(START + 1_200, 50.0)]
"""Two markets that together cost little, one of them missing for a while, and the third that comes late."""


def test_an_event_has_the_markets_that_were_seen_by_then(tmp_path: Path) -> None:
    listings = listed(a_set(tmp_path, *LATE, LATER))
    assert [len(listing.markets) for listing in listings] == [2, 1, 3]
    assert [set(listing.markets["event_market_count"]) for listing in listings] == [{2}, {2}, {3}]
    assert [listing.events["market_count"].tolist() for listing in listings] == [[2], [2], [3]]


def test_a_late_market_changes_nothing_before_it(tmp_path: Path) -> None:
    with_it, without = (listed(a_set(tmp_path, *histories)) for histories in ((*LATE, LATER), LATE))
    for early, late in zip(without[:2], with_it, strict=False):
        pd.testing.assert_frame_equal(early.markets, late.markets)
        pd.testing.assert_frame_equal(early.events, late.events)


def test_a_complete_set_is_not_bought_while_one_of_its_markets_is_still_to_come(tmp_path: Path) -> None:
    """Without the third, at 0.45, the first two cost 0.51 and would seem to pay 1."""
    listings = listed(a_set(tmp_path, *LATE, [(START + 1_200, 45.0)]), complete_set=True)
    assert [set(listing.markets["event_market_count"]) for listing in listings] == [{3}, {3}, {3}]
    assert [yes_sets_of(listing) for listing in listings] == [[], [], [3]]


def yes_sets_of(listing: Listing) -> list[int]:
    """How many legs each set has of which one pays, and that costs less."""
    capture = Capture(1, listing.captured_at, listing.events, listing.markets)
    legs = exclusive_groups(capture, np.arange(len(listing.markets)))
    return [len(found.rows) for found in paying_sets(legs, 0.0) if found.kind is BundleKind.YES_SET]


def test_a_set_is_one_event_that_stays_incomplete_where_a_market_is_missing(tmp_path: Path) -> None:
    start = 1_771_901_400
    path = a_set(tmp_path, [(start, 40.5), (start + 600, 41.5)], [(start + 10, 59.0)])
    found = imported(read(path), Assumptions(complete_set=True, ends=None))
    whole, part = found.listings()
    assert found.incomplete == 1
    assert whole.markets["yes_price"].tolist() == [0.405, 0.59]
    assert whole.markets["neg_risk"].all()
    assert (len(part.markets), part.markets["event_market_count"].tolist()) == (1, [2])
    assert part.events["title"].tolist() == ["Who?"]


def test_what_the_file_does_not_tell_is_assumed_and_said(tmp_path: Path) -> None:
    series = read(a_set(tmp_path, [(1_771_901_400, 40.0)]))
    told = "; ".join(Assumptions(liquidity=7_000).told(series.lacks))
    assert "liquidity of each market: 7,000 USD" in told
    assert "end of the event: unknown" in told
    assert "do not exclude one another" in told
    (listing,) = imported(series, Assumptions(liquidity=7_000)).listings()
    assert listing.markets["liquidity"].tolist() == [7_000]
    assert listing.markets["event_end_date"].isna().all()


@pytest.mark.parametrize(
    ("mid", "bid", "ask"),
    [
        (0.405, 0.40, 0.41),
        (0.4055, 0.40, 0.411),
        (0.0055, np.nan, 0.011),
        (0.006, 0.001, 0.011),
        (0.9945, 0.989, np.nan),
    ],
)
def test_quotes_stand_on_ticks_outward_of_the_price(mid: float, bid: float, ask: float) -> None:
    found = quotes(np.array([mid]), Assumptions(half_spread=0.005, tick=0.001))
    assert [float(side[0]) for side in found] == pytest.approx([bid, ask], nan_ok=True)
