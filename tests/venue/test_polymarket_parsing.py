"""What Polymarket's records mean, and which of them are left out."""

import json
import math
from typing import Any

import pandas as pd
import pytest

from prescient_dagster.domain.errors import VenueAnswerInvalid, VenueError
from prescient_dagster.domain.market.markets import check_events, check_markets
from prescient_dagster.venue.polymarket.answers import decode_event_page, decode_market_page
from prescient_dagster.venue.polymarket.crawl import Crawl, require_whole
from prescient_dagster.venue.polymarket.rules import rules_hashes
from tests.venue.gamma import NOON, a_market, an_event, listed, on_the_wire, read, reason_for, row_of


def test_a_listing_has_the_columns_of_a_capture() -> None:
    listing = listed(an_event("e2", a_market("10"), a_market("9")), an_event("e1"))
    check_events(listing.events)
    check_markets(listing.markets)
    assert listing.markets["market_id"].tolist() == ["10", "9", "e1-1"]


def test_no_page_at_all_gives_an_empty_listing_of_the_right_types() -> None:
    listing = Crawl().listing("polymarket", NOON)
    check_events(listing.events)
    check_markets(listing.markets)


def test_the_first_outcome_is_yes_whatever_its_label() -> None:
    row = row_of(outcomes='["Down", "Up"]', outcomePrices='["0.3", "0.7"]')
    assert (row.yes_label, row.yes_price, row.yes_token_id) == ("Down", 0.3, "11")
    assert (row.no_label, row.no_price, row.no_token_id) == ("Up", 0.7, "12")
    assert row.conviction == 0.4


def test_numbers_may_come_as_int_float_or_text_and_are_rounded_to_six_decimals() -> None:
    row = row_of(bestBid="0.6100004", bestAsk=0.6300006, volume=7, outcomePrices="[0.5, 0.5]")
    assert (row.best_bid, row.best_ask, row.volume, row.yes_price) == (0.61, 0.630001, 7.0, 0.5)


def test_lists_may_come_bare_instead_of_inside_a_text() -> None:
    row = row_of(outcomes=["A", "B"], outcomePrices=["0.1", "0.9"], clobTokenIds=["7", "8"])
    assert (row.yes_label, row.no_price, row.no_token_id, row.tradable) == ("A", 0.9, "8", True)


def test_an_id_may_come_as_a_number() -> None:
    listing = listed(an_event("e1", a_market() | {"id": 507884}) | {"id": 12})
    assert (listing.markets.loc[0, "market_id"], listing.markets.loc[0, "event_id"]) == ("507884", "12")


@pytest.mark.parametrize("bid", [..., None, 0, "0", 1, 0.0000001])
def test_nobody_bids_where_the_bid_is_missing_or_no_price_an_order_can_have(bid: Any) -> None:
    assert math.isnan(row_of(bestBid=bid).best_bid)


@pytest.mark.parametrize("ask", [..., None, 1, "1", 0, 0.99999999])
def test_nobody_asks_where_the_ask_is_missing_or_no_price_an_order_can_have(ask: Any) -> None:
    row = row_of(bestAsk=ask)
    assert math.isnan(row.best_ask)
    assert math.isnan(row.spread)


def test_a_last_price_of_zero_means_never_traded() -> None:
    assert math.isnan(row_of(lastTradePrice=0).last_price)


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("volume24hr", "volume_24hr"),
        ("oneHourPriceChange", "price_change_1h"),
        ("oneDayPriceChange", "price_change_24h"),
    ],
)
def test_what_an_open_market_leaves_out_is_zero_and_what_a_closed_one_leaves_out_is_unknown(
    field: str, column: str
) -> None:
    assert row_of(**{field: ...})[column] == 0
    assert math.isnan(row_of(**{field: ..., "closed": True})[column])


def test_liquidity_is_the_exact_text_and_the_number_where_there_is_no_text() -> None:
    assert row_of(liquidity="4.601742", liquidityNum=4.6).liquidity == 4.601742
    assert row_of(liquidity=..., liquidityNum=4.6).liquidity == 4.6


def test_the_fee_is_the_schedules_and_none_where_fees_are_off_and_unknown_where_nothing_tells_it() -> None:
    schedule = {"rate": 0.25, "exponent": 2, "takerOnly": True}
    row = row_of(feesEnabled=True, feeSchedule=schedule, takerBaseFee=1000)
    assert (row.fee_rate, row.fee_exponent) == (0.25, 2)
    assert row_of(feesEnabled=False, feeSchedule=schedule).fee_rate == 0
    assert row_of(feeSchedule=schedule).fee_rate == 0
    assert math.isnan(row_of(feesEnabled=True, takerBaseFee=1000).fee_rate)
    assert math.isnan(row_of(feesEnabled=True, feeSchedule={"rate": 0.25}).fee_rate)


def test_tick_and_minimum_have_the_venues_defaults() -> None:
    row = row_of(orderPriceMinTickSize=..., orderMinSize=...)
    assert (row.tick_size, row.min_order_size) == (0.01, 5)


def test_the_oracles_last_word_counts_and_else_the_end_of_its_history() -> None:
    assert row_of(umaResolutionStatus="Resolved", umaResolutionStatuses='["proposed"]').resolution_status == "resolved"
    assert row_of(umaResolutionStatuses='["proposed", "disputed"]').resolution_status == "disputed"
    assert row_of(umaResolutionStatuses=...).resolution_status == ""


def test_a_markets_own_word_counts_and_its_events_only_where_it_has_none() -> None:
    listing = listed(
        an_event("e1", a_market("1"), a_market("2", negRisk=False), negRisk=True, negRiskAugmented=True),
        an_event("e2", a_market("3", negRisk=True), a_market("4"), a_market("5", negRisk=None)),
        an_event("e3", a_market("6", negRisk=True), a_market("7"), negRisk=False),
    )
    assert listing.markets["neg_risk"].tolist() == [True, False, True, False, False, True, False]
    assert listing.markets["neg_risk_augmented"].tolist() == [True] * 2 + [False] * 5
    assert listing.events["neg_risk"].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"active": False}, "inactive"),
        ({"active": ...}, "inactive"),
        ({"closed": True}, "closed"),
        ({"closed": True, "archived": True, "active": False, "acceptingOrders": False}, "closed"),
        ({"archived": True, "active": False}, "archived"),
        ({"acceptingOrders": False}, "not_accepting_orders"),
        ({"acceptingOrders": ...}, "not_accepting_orders"),
        ({"enableOrderBook": False, "acceptingOrders": False}, "no_order_book"),
        ({"enableOrderBook": ...}, "no_order_book"),
        ({"outcomePrices": ...}, "no_prices"),
        ({"outcomePrices": "[]"}, "no_prices"),
        ({"outcomePrices": '["0.5"]'}, "no_prices"),
        ({"outcomes": '["A", "B", "C"]', "outcomePrices": '["0.2", "0.3", "0.5"]'}, "not_binary"),
        ({"outcomes": '["A", "B", "C"]'}, "not_binary"),
        ({"outcomes": ...}, "not_binary"),
        ({"clobTokenIds": ...}, "no_tokens"),
        ({"clobTokenIds": '["17"]'}, "no_tokens"),
        ({"clobTokenIds": '["17", ""]'}, "no_tokens"),
        ({"clobTokenIds": '["17", "17"]'}, "no_tokens"),
        ({"clobTokenIds": '["17", "18", "19"]'}, "no_tokens"),
        ({"version": "v2"}, "unknown_version"),
        ({"version": 2}, "unknown_version"),
        ({"version": {"major": 1}}, "unknown_version"),
    ],
)
def test_what_cannot_be_traded_stays_in_the_listing_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    row = row_of(**fields)
    assert (row.tradable, row.untradable) == (False, reason)


@pytest.mark.parametrize("version", [..., None, "", "v1"])
def test_a_market_of_a_version_that_is_known_is_tradable(version: Any) -> None:
    row = row_of(version=version)
    assert (row.tradable, row.untradable) == (True, "")


def test_the_quotes_of_a_listing_are_the_listings() -> None:
    assert row_of().quote_source == "listing"


def test_the_group_of_a_market_is_what_the_venue_says_even_where_it_contradicts_itself() -> None:
    listing = listed(
        an_event("e1", a_market("1", negRiskMarketID="0xa"), a_market("2", negRiskMarketID=""), negRisk=True),
        an_event("e2", a_market("3", negRiskMarketID=None), a_market("4", negRisk=False, negRiskMarketID="0xb")),
    )
    assert listing.markets["exclusive_group"].tolist() == ["0xa", "", "", "0xb"]


def test_the_ordinary_market_is_tradable() -> None:
    assert row_of().tradable


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ...}, "missing required field `id`"),
        ({"id": ""}, "length >= 1"),
        ({"id": None}, "got `null`"),
        ({"id": "a\0b"}, "id has a NUL character"),
        ({"question": 5}, "$.question"),
        ({"question": "what\0"}, "question has a NUL character"),
        ({"question": "\ud800"}, "a text that is not Unicode"),
        ({"outcomePrices": '["1.2", "-0.2"]'}, "outcomePrices is '1.2', not a number from 0 to 1"),
        ({"outcomePrices": '["0.5", "NaN"]'}, "outcomePrices is 'NaN'"),
        ({"outcomePrices": '["0.5", "abc"]'}, "outcomePrices is 'abc'"),
        ({"outcomePrices": '["0.5", null]'}, "outcomePrices is"),
        ({"outcomePrices": '["0.5", '}, "not a list"),
        ({"outcomePrices": '{"yes": 1}'}, "not a list"),
        ({"outcomes": "Yes, No"}, "outcomes is 'Yes, No', not a list"),
        ({"outcomes": '["\\ud800", "No"]'}, "outcomes is"),
        ({"outcomes": '["\\u0000", "No"]'}, "outcomes has a NUL character"),
        ({"clobTokenIds": "[1, 2]"}, "clobTokenIds is"),
        ({"umaResolutionStatuses": "proposed"}, "umaResolutionStatuses is"),
        ({"bestBid": -0.1}, "bestBid is -0.1"),
        ({"bestAsk": 1.5}, "bestAsk is 1.5"),
        ({"bestAsk": float("nan")}, "bestAsk is nan"),
        ({"lastTradePrice": float("inf")}, "lastTradePrice is inf"),
        ({"bestAsk": [0.5]}, "$.bestAsk"),
        ({"liquidity": "-1"}, "liquidity is '-1'"),
        ({"liquidity": "lots"}, "liquidity is 'lots'"),
        ({"volume": 1e300}, "volume is 1e+300"),
        ({"volume24hr": -5}, "volume24hr is -5"),
        ({"oneHourPriceChange": 3}, "oneHourPriceChange is 3"),
        ({"orderPriceMinTickSize": 0}, "orderPriceMinTickSize is 0"),
        ({"orderMinSize": -1}, "orderMinSize is -1"),
        ({"feesEnabled": "yes"}, "$.feesEnabled"),
        ({"feeSchedule": {"rate": -1, "exponent": 1}}, "feeSchedule.rate is -1"),
        ({"endDate": "soon"}, "endDate is 'soon', not a time"),
        ({"endDate": "now"}, "endDate is 'now', not a time"),
        ({"startDate": "2026-02-31T00:00:00Z"}, "startDate is"),
        ({"active": "true"}, "$.active"),
        ({"negRiskMarketID": 5}, "$.negRiskMarketID"),
        ({"negRisk": True, "negRiskMarketID": "a\0"}, "negRiskMarketID has a NUL character"),
    ],
)
def test_a_market_that_cannot_be_read_is_rejected_alone_with_the_reason(fields: dict[str, Any], reason: str) -> None:
    assert reason in reason_for(**fields)


def test_a_number_of_thousands_of_digits_costs_its_market_only() -> None:
    body = on_the_wire(an_event("e1", a_market("1", volume=123456789), a_market("2")))
    listing = read(body.replace(b"123456789", b"1" * 5000))
    assert [rejection.reason for rejection in listing.rejections] == ["volume is inf, not a number from 0 to 1e+12"]
    assert listing.markets["market_id"].tolist() == ["2"]


def test_bytes_that_are_no_utf8_cost_their_market_only() -> None:
    listing = read(
        on_the_wire(an_event("e1", a_market("1", question="what?"), a_market("2"))).replace(b"what?", b"\xff")
    )
    assert [(rejection.record_id, rejection.reason) for rejection in listing.rejections] == [
        ("1", "a text that is not Unicode")
    ]


@pytest.mark.parametrize("record", [None, 5, "market", [], True])
def test_a_market_that_is_no_object_is_rejected(record: Any) -> None:
    listing = listed(an_event("e1", a_market("1"), record))
    assert [(rejection.kind, rejection.record_id) for rejection in listing.rejections] == [("market", "")]
    assert len(listing.markets) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"id": ""},
        {"id": ...},
        {"id": [1]},
        {"title": 5},
        {"title": "a\0b"},
        {"liquidity": -1},
        {"volume": "much"},
        {"volume24hr": float("inf")},
        {"endDate": "soon"},
        {"closed": "no"},
    ],
)
def test_an_event_that_cannot_be_read_takes_its_markets_with_it_each_counted(fields: dict[str, Any]) -> None:
    broken = an_event("e1", a_market("1"), a_market("2")) | fields
    listing = listed({name: value for name, value in broken.items() if value is not ...}, an_event("e2", a_market("3")))
    assert listing.events["event_id"].tolist() == ["e2"]
    assert listing.markets["market_id"].tolist() == ["3"]
    assert [rejection.kind for rejection in listing.rejections] == ["event", "market", "market"]
    assert [rejection.record_id for rejection in listing.rejections[1:]] == ["1", "2"]
    assert all(rejection.reason.startswith("its event cannot be read: ") for rejection in listing.rejections[1:])


@pytest.mark.parametrize("markets", ["none", 5, {"1": {}}])
def test_an_event_whose_markets_are_no_list_is_rejected(markets: Any) -> None:
    listing = listed(an_event("e1", markets=markets), an_event("e2"))
    assert [(rejection.kind, rejection.record_id) for rejection in listing.rejections] == [("event", "e1")]


@pytest.mark.parametrize("markets", [..., None, []])
def test_an_event_without_markets_stays(markets: Any) -> None:
    listing = listed(an_event("e1", markets=markets))
    assert listing.events["market_count"].tolist() == [0]
    assert listing.rejections == ()


def test_the_market_count_is_what_the_venue_listed_rejected_markets_included() -> None:
    listing = listed(an_event("e1", a_market("1"), a_market("2", bestBid=-1), a_market("3", question=5)))
    assert listing.events["market_count"].tolist() == [3]
    assert listing.markets["event_market_count"].tolist() == [3]


def test_of_duplicates_the_first_counts_and_none_is_a_rejection() -> None:
    listing = listed(
        an_event("e1", a_market("1", bestBid=0.1), a_market("1", bestBid=0.2)),
        an_event("e1", a_market("1"), a_market("2"), title="again"),
        an_event("e2", a_market("1", bestBid=0.3)),
    )
    assert listing.events["title"].tolist() == ["Event e1", "Event e2"]
    assert listing.markets[["market_id", "event_id", "best_bid"]].to_numpy().tolist() == [["1", "e1", 0.1]]
    assert listing.rejections == ()


def test_texts_of_strangers_stay_as_they_are() -> None:
    text = "  <script>alert('x')</script> | **bold** \n\t 50% – 日本 😀 " + "x" * 10_000
    assert row_of(question=text).question == text


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-06-30T12:00:00Z", "2026-06-30T12:00:00"),
        ("2026-06-30T12:00:00.123456789Z", "2026-06-30T12:00:00.123456"),
        ("2026-06-30 12:00:00+00", "2026-06-30T12:00:00"),
        ("2026-06-30T12:00:00-05:00", "2026-06-30T17:00:00"),
        ("2026-06-30T12:00:00", "2026-06-30T12:00:00"),
        ("2026-06-30", "2026-06-30T00:00:00"),
    ],
)
def test_times_are_utc_however_they_are_written(written: str, utc: str) -> None:
    assert row_of(endDate=written).end_date == pd.Timestamp(utc, tz="UTC")


@pytest.mark.parametrize("missing", [..., None, ""])
def test_a_missing_end_is_missing(missing: Any) -> None:
    assert pd.isna(row_of(endDate=missing).end_date)


def test_rules_are_equal_if_only_dates_and_numbers_differ() -> None:
    june = "Resolves Yes if it trades above $100,000 by June 30, 2026."
    same = "Resolves Yes if it trades above $95.5 by December 1, 2025."
    other = "Resolves Yes if it trades below $100,000 by June 30, 2026."
    named = rules_hashes([june, same, other])
    assert named[0] == named[1] != named[2]
    assert rules_hashes(["", None, "stable across versions"]) == ["", "", "261aa57fd1e147fc"]


def test_a_market_listed_on_its_own_carries_its_event() -> None:
    event = {name: value for name, value in an_event("e1", negRisk=True).items() if name != "markets"}
    crawl = Crawl()
    crawl.add_markets(decode_market_page(json.dumps([a_market("1", events=[event]), a_market("2")]).encode()))
    listing = crawl.listing("polymarket", NOON)
    assert listing.markets["event_id"].tolist() == ["e1", ""]
    assert listing.markets["event_title"].tolist() == ["Event e1", ""]
    assert listing.markets["neg_risk"].tolist() == [True, False]
    assert listing.markets["event_market_count"].tolist() == [0, 0]
    assert listing.events["event_id"].tolist() == ["e1"]


@pytest.mark.parametrize("decode", [decode_event_page, decode_market_page])
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "not JSON: it is empty: ''"),
        (
            b"<html><body>Just a moment...</body></html>",
            "not JSON: it is a page of HTML or XML: '<html><body>Just a moment",
        ),
        (b'{"events": [{"id": "1", "mark', "not JSON"),
        (b'{"error": "no"}', "no list of"),
        (b'{"events": {}, "markets": 5}', "no list of"),
        (b"null", "no list of"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_an_answer_that_is_no_page_is_one_line(decode: Any, body: bytes, fault: str) -> None:
    with pytest.raises(VenueAnswerInvalid, match=fault) as raised:
        decode(body)
    assert len(str(raised.value).splitlines()) == 1


def test_two_percent_of_broken_records_are_borne_and_no_more() -> None:
    def venue(broken: int) -> Any:
        markets = [a_market(str(n), bestBid=-1 if n < broken else 0.5) for n in range(99)]
        return listed(an_event("e1", *markets))

    assert len(require_whole(venue(2)).rejections) == 2
    with pytest.raises(
        VenueError, match=r"polymarket: 3 of 100 records cannot be read, more than 2%: market 0: bestBid"
    ):
        require_whole(venue(3))


def test_an_empty_venue_is_an_error() -> None:
    with pytest.raises(VenueError, match="lists no events"):
        require_whole(listed())
