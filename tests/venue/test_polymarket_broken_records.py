"""Whatever a record holds, it is read or rejected with a reason; nothing else ever comes of it."""

import json
from contextlib import suppress
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.errors import VenueAnswerInvalid
from prescient_dagster.domain.market.markets import Listing, check_events, check_markets
from prescient_dagster.domain.market.plausibility import out_of_range
from tests.venue.gamma import a_market, an_event, listed, on_the_wire, read

SCHEDULE = {"rate": 0.05, "exponent": 1}
MARKET_FIELDS = [*a_market(), "umaResolutionStatus", "feesEnabled", "feeSchedule", "negRisk", "volume24hr", "volumeNum"]
EVENT_FIELDS = [*an_event(), "negRisk", "negRiskAugmented"]

odd_numbers = st.floats() | st.integers(-(10**30), 10**30) | st.sampled_from([-1, 0, 1, 0.5, 1e308, -0.0])
odd_texts = st.text(st.characters(), max_size=12) | st.sampled_from(
    [
        "",
        "NaN",
        "1e999",
        "0.5",
        "-1",
        "now",
        "[]",
        "[1]",
        '["0.5"]',
        '["a", "b"]',
        '["0.1", "0.9"]',
        "[[",
        "\0",
        "\ud800",
    ]
)
odd_values = st.recursive(
    st.none() | st.booleans() | odd_numbers | odd_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_texts, inner, max_size=3),
    max_leaves=5,
)


def check(listing: Listing) -> None:
    check_events(listing.events)
    check_markets(listing.markets)
    assert not out_of_range(listing.markets).any()
    for rejection in listing.rejections:
        assert rejection.reason.isprintable()
        assert rejection.record_id == rejection.record_id.encode().decode().replace("\0", "")
    for frame in (listing.events, listing.markets):
        for name in frame.select_dtypes("float64"):
            assert not frame[name].isin([float("inf"), -float("inf")]).any()


changed_markets = st.dictionaries(st.sampled_from(MARKET_FIELDS), odd_values, min_size=1, max_size=3)
changed_events = st.dictionaries(st.sampled_from(EVENT_FIELDS), odd_values, min_size=1, max_size=3)


@settings(max_examples=60)
@given(st.lists(changed_markets, min_size=1, max_size=8))
def test_a_changed_market_is_read_or_rejected_and_the_others_are_read(changes: list[dict[str, Any]]) -> None:
    changed = [a_market(f"changed-{n}", feeSchedule=SCHEDULE) | change for n, change in enumerate(changes)]
    listing = listed(an_event("e1", a_market("first"), *changed, a_market("last")))
    check(listing)
    assert {"first", "last"} <= set(listing.markets["market_id"])
    distinct = len({str(market["id"]) for market in changed})
    assert distinct <= len(listing.markets) - 2 + len(listing.rejections) <= len(changed)
    assert listing.events["market_count"].tolist() == [len(changed) + 2]


@settings(max_examples=40)
@given(st.lists(changed_events, min_size=1, max_size=8))
def test_a_changed_event_is_read_or_rejected_and_the_others_are_read(changes: list[dict[str, Any]]) -> None:
    changed = [an_event(f"e{n}") | change for n, change in enumerate(changes)]
    listing = listed(an_event("first", a_market("1")), *changed, an_event("last", a_market("2")))
    check(listing)
    assert {"first", "last"} <= set(listing.events["event_id"])
    assert {"1", "2"} <= set(listing.markets["market_id"])


@settings(max_examples=80)
@given(odd_values)
def test_any_json_is_a_page_or_no_page(document: Any) -> None:
    _page_or_no_page(json.dumps(document).encode())


@settings(max_examples=100)
@given(st.data())
def test_damaged_bytes_are_a_page_or_no_page(data: st.DataObject) -> None:
    body = bytearray(on_the_wire(an_event("e1", a_market("1"), a_market("2")), cursor="c1"))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    _page_or_no_page(bytes(body[: data.draw(st.integers(0, len(body)))]) if data.draw(st.booleans()) else bytes(body))


def _page_or_no_page(body: bytes) -> None:
    with suppress(VenueAnswerInvalid):
        check(read(body))


def test_a_checked_listing_can_be_written_as_parquet(tmp_path: Any) -> None:
    listing = listed(an_event("e1", a_market("1", question="\ud800"), a_market("2", question="日本")))
    listing.markets.to_parquet(tmp_path / "markets.parquet")
    assert pd.read_parquet(tmp_path / "markets.parquet")["question"].tolist() == ["日本"]
