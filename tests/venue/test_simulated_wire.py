"""The simulated service on the wire: what it answers looks, pages and ends like the real one's."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.venue.simulations import (
    DAY,
    HOUR,
    NOON,
    SEED,
    Record,
    a_service,
    is_traded,
    markets_by_id,
    open_events,
    open_markets,
    pages,
    yes_price,
)

SECONDS = (0, 5 * HOUR, 77 * HOUR)


def best(levels: list[dict[str, str]]) -> float | None:
    return float(levels[-1]["price"]) if levels else None


def recorded_types(folder: Path, kind: str) -> dict[str, set[type]]:
    """The JSON types of every field in the recordings; a number counts as a number, whole or not."""
    events = [
        event
        for name in (
            "events/2025-06-16T00-12-00Z",
            "augmented/events-2026-03-24T12-00-00Z",
            "resolved/events-2026-03-02T12-00-00Z",
        )
        for event in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    ]
    markets = [market for event in events for market in event["markets"]]
    markets += json.loads((folder / "fees/markets-2026-06-21.json").read_text(encoding="utf-8"))
    types: dict[str, set[type]] = defaultdict(set)
    for record in events if kind == "event" else markets:
        for name, value in record.items():
            types[name].add(json_type(value))
    return types


def json_type(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


@pytest.mark.parametrize("kind", ["event", "market"])
def test_every_field_is_one_of_the_real_services_with_its_type(shared_data: Path, kind: str) -> None:
    known = recorded_types(shared_data, kind)
    events = open_events(30 * HOUR)
    records = events if kind == "event" else [market for event in events for market in event["markets"]]
    for record in records:
        for name, value in record.items():
            assert json_type(value) in known[name], name


def test_the_same_seed_and_time_give_the_same_bytes() -> None:
    first, second = ([page.content for page in pages(a_service(9 * HOUR))] for _ in range(2))
    assert first == second


def test_another_second_or_seed_gives_other_bytes() -> None:
    now, later, elsewhere = (
        next(pages(a_service(second, seed=seed))).content for second, seed in [(99, SEED), (100, SEED), (99, SEED + 1)]
    )
    assert now not in (later, elsewhere)


@pytest.mark.parametrize("limit", [1, 7, 59, 60, 500, 10_000])
def test_any_page_size_gives_the_same_events(limit: int) -> None:
    assert open_events(3 * HOUR, limit=limit) == open_events(3 * HOUR)


def test_all_pages_of_a_crawl_show_the_instant_at_which_it_began() -> None:
    early, late = a_service(HOUR), a_service(50 * HOUR)
    first = early.get("/events/keyset", params={"closed": "false", "limit": "30"}).json()
    rest = late.get(
        "/events/keyset", params={"closed": "false", "limit": "30", "after_cursor": first["next_cursor"]}
    ).json()
    assert first["events"] + rest["events"] == open_events(HOUR)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/events/keyset", {"offset": "20"}, 422),
        ("/events/keyset", {"after_cursor": "c25"}, 422),
        ("/events/keyset", {"limit": "many"}, 422),
        ("/markets/keyset", {}, 422),
        ("/events", {}, 404),
    ],
)
def test_requests_the_service_does_not_answer_are_refused(path: str, query: dict[str, str], status: int) -> None:
    assert a_service(0).get(path, params=query).status_code == status


def test_more_than_five_hundred_books_at_once_are_refused() -> None:
    assert a_service(0).post("/books", json=[{"token_id": str(token)} for token in range(501)]).status_code == 400


@pytest.mark.parametrize("second", SECONDS)
def test_prices_lie_in_the_middle_of_quotes_on_the_tick(second: int) -> None:
    for market in filter(is_traded, open_markets(second)):
        bid, ask, tick = market.get("bestBid", 0), market["bestAsk"], market["orderPriceMinTickSize"]
        assert 0 <= bid < yes_price(market) < ask <= 1
        assert yes_price(market) == pytest.approx((bid + ask) / 2)
        assert bid / tick == pytest.approx(round(bid / tick))
        assert sum(map(float, json.loads(market["outcomePrices"]))) == pytest.approx(1)


@pytest.mark.parametrize("second", SECONDS)
def test_the_best_of_each_book_is_the_quote(second: int) -> None:
    markets = [market for market in open_markets(second) if is_traded(market)][:250]
    wanted = [{"token_id": token} for market in markets for token in json.loads(market["clobTokenIds"])]
    books = {book["asset_id"]: book for book in a_service(second).post("/books", json=wanted).json()}
    for market in markets:
        yes, no = (books[token] for token in json.loads(market["clobTokenIds"]))
        bid, ask = market.get("bestBid"), None if market["bestAsk"] == 1 else market["bestAsk"]
        assert (best(yes["bids"]), best(yes["asks"])) == (bid, ask)
        assert best(no["bids"]) == (None if ask is None else pytest.approx(1 - ask))
        assert best(no["asks"]) == (None if bid is None else pytest.approx(1 - bid))
        assert {level["size"] for level in yes["bids"]} == {level["size"] for level in no["asks"]}


def test_books_are_as_deep_as_the_market_is_liquid_and_their_best_level_comes_last() -> None:
    market = max(filter(is_traded, open_markets(0)), key=lambda market: market["liquidityNum"])
    token = json.loads(market["clobTokenIds"])[0]
    (book,) = a_service(0).post("/books", json=[{"token_id": token}, {"token_id": "5"}]).json()
    bids, asks = ([(float(level["price"]), float(level["size"])) for level in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids)
    assert asks == sorted(asks, reverse=True)
    assert sum(price * size for price, size in bids) == pytest.approx(market["liquidityNum"] / 2, rel=0.35)


def test_placeholders_closed_and_paused_markets_have_no_books() -> None:
    def is_paused(market: Record) -> bool:
        return bool(market["active"] and not market["closed"] and not market["acceptingOrders"])

    second = next(hour * HOUR for hour in range(0, 200, 6) if any(map(is_paused, open_markets(hour * HOUR))))
    idle = [market for market in open_markets(second) if not is_traded(market)]
    assert {market["active"] for market in idle} == {market["closed"] for market in idle} == {True, False}
    tokens = [{"token_id": token} for market in idle for token in json.loads(market["clobTokenIds"])]
    assert a_service(second).post("/books", json=tokens).json() == []


def test_an_events_money_is_the_sum_of_its_markets_and_volume_only_grows() -> None:
    before = {market["id"]: market["volumeNum"] for market in open_markets(10 * HOUR)}
    for event in open_events(11 * HOUR):
        assert event["volume"] == pytest.approx(sum(market["volumeNum"] for market in event["markets"]))
        assert event["liquidity"] == pytest.approx(sum(market.get("liquidityNum", 0) for market in event["markets"]))
        assert all(market["volumeNum"] >= before.get(market["id"], 0) for market in event["markets"])


def test_changes_and_volumes_of_zero_are_left_out_and_changes_are_those_of_the_price() -> None:
    now, before = open_markets(80 * HOUR), {market["id"]: market for market in open_markets(79 * HOUR)}
    known = [market for market in now if is_traded(market) and market["id"] in before]
    for market in known:
        assert 0 not in (market.get("oneHourPriceChange"), market.get("oneDayPriceChange"), market.get("volume24hr"))
    moved = [
        (market.get("oneHourPriceChange", 0), yes_price(market) - yes_price(before[market["id"]]))
        for market in known
        if not before[market["id"]]["closed"]
    ]
    assert sum(abs(said - seen) <= 0.011 for said, seen in moved) >= 0.9 * len(moved)


def test_the_market_mix_has_all_that_a_parser_has_to_cope_with() -> None:
    events = [event for second in SECONDS for event in open_events(second)]
    markets = [market for event in events for market in event["markets"]]
    labels = {market["outcomes"] for market in markets}
    assert {'["Yes", "No"]', '["Up", "Down"]', '["Over", "Under"]'} < labels
    assert any(event.get("negRiskAugmented") for event in events)
    assert any("negRisk" not in event for event in events)
    groups = [{market["negRiskMarketID"] for market in event["markets"] if market.get("negRisk")} for event in events]
    assert {len(names) for names in groups} == {0, 1, 2}
    assert any(event.get("negRisk") and not market["negRisk"] for event in events for market in event["markets"])
    assert {market.get("feesEnabled") for market in markets} == {True, False, None}
    assert all(market["feeSchedule"]["exponent"] == 1 for market in markets if market.get("feesEnabled"))
    for missing in ("outcomePrices", "bestBid", "volume24hr", "oneDayPriceChange", "liquidity"):
        assert any(missing not in market for market in markets), missing
    assert any(market["endDate"] < NOON.isoformat() and not market["closed"] for market in open_markets(0))


def test_markets_end_by_their_own_fields() -> None:
    ids = [market["id"] for market in open_markets(0) if market["active"]][:100]
    ended = markets_by_id(80 * DAY, ids)
    assert [market["id"] for market in ended] == sorted(ids, key=int)
    for market in ended:
        assert market["closed"]
        assert market["umaResolutionStatus"] == json.loads(market["umaResolutionStatuses"])[-1] == "resolved"
        assert market["outcomePrices"] in ('["0", "1"]', '["1", "0"]', '["0.5", "0.5"]')


def test_between_closing_and_resolution_no_price_is_final() -> None:
    markets = [market for hour in range(0, 100, 4) for market in open_markets(hour * HOUR)]
    pending = [market for market in markets if market["closed"] and market["umaResolutionStatus"] != "resolved"]
    assert pending
    assert all(0.001 < yes_price(market) < 0.999 for market in pending)
    status = {market.get("umaResolutionStatus") for market in markets}
    assert {None, "proposed", "disputed", "resolved"} <= status


def test_about_one_market_in_a_hundred_is_void_and_never_one_of_a_set() -> None:
    service = a_service(20 * DAY, events=200)
    query, ended = {"closed": "true", "limit": "500"}, list[Record]()
    while True:
        page = service.get("/events/keyset", params=query).json()
        ended += page["events"]
        if "next_cursor" not in page:
            break
        query["after_cursor"] = page["next_cursor"]
    assert all(event["closed"] for event in ended)
    traded = [market for event in ended for market in event["markets"] if market["active"]]
    void = [market for market in traded if market["outcomePrices"] == '["0.5", "0.5"]']
    assert 0.005 < len(void) / len(traded) < 0.03
    assert not any(market.get("negRisk") for market in void)


def test_open_and_closed_markets_can_be_asked_for_apart() -> None:
    listed = open_markets(77 * HOUR)
    closed = [market["id"] for market in listed if market["closed"]]
    still_open = [market["id"] for market in listed if market["active"] and not market["closed"]][:50]
    ids = closed[:50] + still_open
    assert {market["id"] for market in markets_by_id(77 * HOUR, ids, closed=True)} == set(closed[:50])
    assert {market["id"] for market in markets_by_id(77 * HOUR, ids, closed=False)} == set(still_open)


def test_a_market_found_by_id_is_the_listed_one_with_its_event() -> None:
    event = next(event for event in open_events(HOUR) if len(event["markets"]) > 3)
    active = [market for market in event["markets"] if market["active"]]
    found = markets_by_id(HOUR, [market["id"] for market in active])
    bare = {name: value for name, value in event.items() if name != "markets"}
    assert found == [market | {"events": [bare]} for market in active]


def test_a_market_that_is_not_active_is_in_neither_list_and_is_answered_alone() -> None:
    idle = next(market for market in open_markets(HOUR) if not market["active"])
    assert markets_by_id(HOUR, [idle["id"]]) == []
    alone = a_service(HOUR).get(f"/markets/{idle['id']}").json()
    assert alone == idle | {"events": alone["events"]}
    assert [a_service(HOUR).get(f"/markets/{stranger}").status_code for stranger in ("1", "x", "")] == [404] * 3
