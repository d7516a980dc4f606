"""Which positions are told, and how they ended."""

from datetime import timedelta

import pytest

from prescient_dagster.domain.figures.position_histories import End, Remark, notable, story
from prescient_dagster.domain.figures.round_trips import PricedTrade, RoundTrip, round_trips
from tests.builders import NO, D
from tests.track_records import a_buy, a_payment, a_reversal, a_sale


def only(*trades: PricedTrade) -> RoundTrip:
    (found,) = round_trips(trades)
    return found


def closed(market: str, profit: float) -> list[PricedTrade]:
    """100 shares at 0.50 that come back with so much more."""
    return [a_buy(100, 0.5, market_id=market), a_sale(100, 0.5 + profit / 100, released=50, market_id=market)]


def test_the_most_extreme_come_first_and_what_came_out_even_is_neither() -> None:
    results = {"a": 5, "b": -3, "c": 0, "d": 12, "e": -20, "f": 1}
    trips = round_trips(each for market, profit in results.items() for each in closed(market, profit))
    found = notable(trips, most=2)
    assert [trip.profit for trip in found.best] == [12, 5]
    assert [trip.profit for trip in found.worst] == [-20, -3]
    assert [trip.profit for trip in notable(trips).worst] == [-20, -3]
    assert [trip.profit for trip in notable(trips).best] == [12, 5, 1]


def test_of_equals_the_earlier_one_is_told_and_open_ones_are_not() -> None:
    trips = round_trips([*closed("a", 5), *closed("b", 5), a_buy(1, 0.9, market_id="c")])
    assert notable(trips, most=1).best == [trips[0]]


@pytest.mark.parametrize(
    ("end", "exits"),
    [
        (End.SOLD, [a_sale(100, 0.6, released=50)]),
        (End.WON, [a_payment(100, 1, 50)]),
        (End.LOST, [a_payment(100, 0, 50)]),
        (End.REFUNDED, [a_payment(100, 0.5, 50)]),
        (End.WON, [a_sale(40, 0.6, released=20), a_payment(60, 1, 30)]),
        (End.LOST, [a_payment(100, 1, 50), a_reversal(100, 1, 50), a_payment(100, 0, 50, number=2)]),
    ],
)
def test_how_a_position_ended(end: End, exits: list[PricedTrade]) -> None:
    assert story(only(a_buy(100, 0.5), *exits), {}).end is end


def test_a_set_whose_legs_ended_differently_is_partly_paid() -> None:
    legs = [a_buy(10, 0.4, market_id="1", bundle="b"), a_buy(10, 0.5, market_id="2", side=NO, bundle="b")]
    paid = [
        a_payment(10, 0, 4, market_id="1", bundle="b"),
        a_payment(10, 1, 5, market_id="2", side=NO, bundle="b"),
    ]
    told = story(only(*legs, *paid), {})
    assert (told.end, told.markets, told.cost, told.profit) == (End.PARTLY, 2, 9, 1)


def test_a_story_has_cost_return_time_and_the_remarks_on_its_fills() -> None:
    trip = only(a_buy(100, 0.5, fee=2, source_ref="signal:1"), a_sale(100, 0.6, released=52, day=2))
    told = story(trip, {"signal:1": Remark("it will", touch=D("0.49"))})
    assert (told.cost, told.profit, told.held) == (52, 8, timedelta(days=2))
    assert told.return_on_cost == pytest.approx(8 / 52)
    assert [told.remark(each).reason for each in (*told.entries, *told.exits)] == ["it will", ""]
