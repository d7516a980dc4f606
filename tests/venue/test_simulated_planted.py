"""True mispricings of the simulated venue: the planted ones are there, and there are no others.

The search here reads the wire alone and knows nothing of what is planted.
"""

import re
from collections.abc import Iterator
from itertools import combinations

import pytest

from prescient_dagster.venue.simulation.profiles import Plant
from tests.venue.simulations import EVENTS, HOUR, SEED, Planted, Record, is_traded, open_events, planted, yes_price

HOURS = range(0, 200, 5)
NUMBER_OR_DATE = re.compile(
    r"(January|February|March|April|May|June|July|August|September|October|November|December)|[\d,]+"
)

Found = tuple[str, str, frozenset[str]]


def yes_sets(event: Record) -> Iterator[tuple[str, list[Record], float]]:
    """The complete YES sets of an event, once the legs closed with a final NO are dropped: their margins."""
    for group in groups(event):
        legs = [market for market in group if not (market["closed"] and market["outcomePrices"] == '["0", "1"]')]
        if not event["negRiskAugmented"] and all(is_traded(leg) for leg in legs):
            cost = sum(leg["bestAsk"] for leg in legs)
            yield "yes", legs, 1 / cost - 1


def no_sets(event: Record) -> Iterator[tuple[str, list[Record], float]]:
    """The NO sets of an event that pay most over their cost."""
    for group in groups(event):
        legs = [market for market in group if is_traded(market) and "bestBid" in market]
        if len(legs) > 1:
            legs.sort(key=lambda leg: -leg["bestBid"])
            margins = [(n - 1) / (n - sum(leg["bestBid"] for leg in legs[:n])) - 1 for n in range(2, len(legs) + 1)]
            yield "no", legs, max(margins)


def groups(event: Record) -> list[list[Record]]:
    """The markets that exclude each other, by the name they have in common."""
    found: dict[str, list[Record]] = {}
    for market in event["markets"]:
        if market.get("negRisk"):
            found.setdefault(market["negRiskMarketID"], []).append(market)
    return list(found.values())


def nested_pairs(event: Record) -> Iterator[tuple[str, list[Record], float]]:
    """Wider YES and narrower NO of questions that are equal but for a date or a number; the wider is listed second."""
    legs = [market for market in event["markets"] if is_traded(market) and not market.get("negRisk")]
    for narrow, wide in combinations(legs, 2):
        if NUMBER_OR_DATE.sub("#", narrow["question"]) == NUMBER_OR_DATE.sub("#", wide["question"]):
            cost = wide["bestAsk"] + 1 - narrow.get("bestBid", 0)
            yield "nested", [narrow, wide], 1 / cost - 1


def mispricings(second: int, least_margin: float = 1e-9) -> dict[str, tuple[str, float]]:
    """Every event with a mispricing: of which sort, and the best margin."""
    found = {}
    for event in open_events(second):
        for search in (yes_sets, no_sets, nested_pairs):
            for sort, _, margin in search(event):
                if margin > least_margin:
                    found[event["id"]] = (sort, margin)
    return found


SORTS = {
    Plant.YES_SET: "yes",
    Plant.SURVIVORS: "yes",
    Plant.NO_SET: "no",
    Plant.NESTED_DATES: "nested",
    Plant.NESTED_THRESHOLDS: "nested",
}


def live(second: int) -> list[Planted]:
    return planted(SEED, EVENTS, second)


@pytest.mark.parametrize("hour", HOURS)
def test_exactly_the_planted_mispricings_are_there_and_pay(hour: int) -> None:
    found = mispricings(hour * HOUR)
    assert {event: sort for event, (sort, _) in found.items()} == {
        one.event_id: SORTS[one.kind] for one in live(hour * HOUR)
    }
    assert all(0.07 < margin < 0.13 for _, margin in found.values())


def test_each_sort_shows_within_some_days_and_one_of_a_set_within_every_few_captures() -> None:
    by_hour = [{one.kind for one in live(hour * HOUR)} for hour in range(200)]
    assert set().union(*by_hour) == set(Plant) - {Plant.NONE}
    sets = {Plant.YES_SET, Plant.SURVIVORS, Plant.NO_SET}
    assert all(sets & set().union(*by_hour[hour : hour + 8]) for hour in range(0, 200, 8))


def test_mispricings_come_and_go() -> None:
    seen = [{one.event_id for one in live(hour * HOUR)} for hour in range(60)]
    always = set.intersection(*seen)
    assert not always
    assert max(len(now) for now in seen) <= 8


@pytest.mark.parametrize("hour", HOURS[::5])
def test_planted_events_pass_the_default_filters_of_arbitrage_without_fees(hour: int) -> None:
    events = {event["id"]: event for event in open_events(hour * HOUR)}
    for one in live(hour * HOUR):
        event = events[one.event_id]
        assert event["liquidity"] >= 500_000
        assert event["volume"] >= 1_000_000
        legs = [market for market in event["markets"] if market["id"] in one.market_ids]
        liquid = [leg for leg in legs if leg["liquidityNum"] >= 100_000 and leg["volumeNum"] >= 200_000]
        assert len(liquid) >= 2
        assert all(is_traded(leg) and not leg.get("feesEnabled") and "umaResolutionStatus" not in leg for leg in legs)
        assert all(0.02 < yes_price(leg) < 0.98 for leg in legs)


def test_the_survivors_set_is_complete_only_without_its_dead_legs() -> None:
    second = next(hour * HOUR for hour in range(200) if any(one.kind is Plant.SURVIVORS for one in live(hour * HOUR)))
    one = next(one for one in live(second) if one.kind is Plant.SURVIVORS)
    event = next(event for event in open_events(second) if event["id"] == one.event_id)
    dead = [market for market in event["markets"] if market["id"] not in one.market_ids]
    assert dead
    assert all(market["closed"] and market["outcomePrices"] == '["0", "1"]' for market in dead)


def test_a_planted_yes_set_costs_92_cents() -> None:
    for hour in range(0, 200, 9):
        events = {event["id"]: event for event in open_events(hour * HOUR)}
        for one in live(hour * HOUR):
            if one.kind in (Plant.YES_SET, Plant.SURVIVORS):
                asks = [
                    market["bestAsk"] for market in events[one.event_id]["markets"] if market["id"] in one.market_ids
                ]
                assert sum(asks) == pytest.approx(0.92, abs=0.003)


def test_nested_thresholds_say_or_lower_and_nested_dates_name_the_year() -> None:
    shown = {one.kind: (hour * HOUR, one) for hour in range(0, 100, 3) for one in live(hour * HOUR)}
    for kind, pattern in [
        (Plant.NESTED_THRESHOLDS, r"Will the .* gauge read \d+ or lower\?"),
        (Plant.NESTED_DATES, r"Will the .* be signed by [A-Z][a-z]+ \d{1,2}, \d{4}\?"),
    ]:
        second, one = shown[kind]
        event = next(event for event in open_events(second) if event["id"] == one.event_id)
        narrow, wide = event["markets"]
        assert re.fullmatch(pattern, narrow["question"])
        assert NUMBER_OR_DATE.sub("#", narrow["description"]) == NUMBER_OR_DATE.sub("#", wide["description"])
        assert wide["startDate"] <= narrow["startDate"]
        assert narrow["question"] != wide["question"]
