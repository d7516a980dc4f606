"""How the sets of an event are told: the conditions as the search for sets has them."""

from typing import Any

import numpy as np
import pytest

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.markets import Capture
from strategy_assets.arbitrage.exclusive_groups import exclusive_groups
from strategy_assets.arbitrage.legs import event_legs
from strategy_assets.arbitrage.nested import nested_pairs
from strategy_assets.arbitrage.sets import paying_sets
from strategy_assets.arbitrage.ways import Way, ways
from tests.builders import a_capture, a_closed_market, a_market
from tests.strategies import probes

SHARED = {"event_id": "race", "neg_risk": True}
RAIN = ("Will it rain by June 30, 2026?", "Will it rain by July 31, 2026?")


def a_leg(market_id: str, ask: float, **columns: Any) -> dict[str, Any]:
    """An outcome of a race asked at this price, a cent above its bid."""
    bid = round(ask - 0.01, 6)
    return a_market(market_id, round(ask - 0.005, 6), **({"bid": bid, "ask": ask} | SHARED | columns))


def a_race(*asks: float, **columns: Any) -> list[dict[str, Any]]:
    listed = {"event_market_count": len(asks)}
    return [a_leg(f"{number}", ask, **(listed | columns)) for number, ask in enumerate(asks, start=1)]


def way(kind: BundleKind, *markets: dict[str, Any], market_id: str = "1") -> Way:
    capture = a_capture(*markets)
    row = capture.row_of[market_id]
    found = {each.kind: each for each in ways(capture, row, nested=True)}
    return found[kind]


def failed(told: Way) -> list[str]:
    return [step.rule for step in told.steps if not step.passed]


def value(told: Way, rule: str) -> Any:
    (step,) = (step for step in told.steps if step.rule == rule)
    return step.value


def test_a_whole_set_that_costs_less_than_one_fails_nothing() -> None:
    told = way(BundleKind.YES_SET, *a_race(0.50, 0.30, 0.12))
    assert failed(told) == []
    assert value(told, "costs less than it pays") == pytest.approx(0.92)


INCOMPLETE = {
    "no outcome can be added": a_race(0.50, 0.30, 0.12, neg_risk_augmented=True),
    "all of the event is here": a_race(0.50, 0.30, 0.12, event_market_count=4),
    "all that can still win have an ask": [*a_race(0.50, 0.30, event_market_count=3), a_leg("3", 0.1, tradable=False)],
    "outcomes exclude each other": a_race(0.50, 0.30, 0.12, neg_risk=False),
    "costs less than it pays": a_race(0.50, 0.38, 0.12),
}


@pytest.mark.parametrize("rule", INCOMPLETE)
def test_what_is_wrong_with_a_yes_set_is_told(rule: str) -> None:
    assert rule in failed(way(BundleKind.YES_SET, *INCOMPLETE[rule]))


def test_a_lost_leg_needs_no_ask() -> None:
    lost = a_closed_market("3", 0.0, **SHARED, event_market_count=3)
    told = way(BundleKind.YES_SET, *a_race(0.50, 0.38, event_market_count=3), lost)
    assert failed(told) == []
    assert value(told, "all that can still win have an ask") == 2


def test_a_race_that_is_won_is_no_set() -> None:
    won = a_closed_market("3", 1.0, **SHARED, event_market_count=3)
    told = way(BundleKind.YES_SET, *a_race(0.50, 0.38, event_market_count=3), won)
    assert told.steps[0].note == "an outcome has happened"


def test_a_leg_that_would_not_improve_a_no_set_is_not_in_it() -> None:
    markets = a_race(0.50, 0.60, 0.04, neg_risk_augmented=True)
    assert failed(way(BundleKind.NO_SET, *markets)) == []
    assert failed(way(BundleKind.NO_SET, *markets, market_id="3")) == ["is a leg"]


def test_a_pair_is_told_with_its_partner_also_where_it_loses() -> None:
    questions = [
        a_market(f"{number}", 0.5, event_id="nest", question=question, ask=0.51)
        for number, question in enumerate(RAIN, start=1)
    ]
    told = way(BundleKind.NESTED, *questions)
    assert value(told, "another market contains it or is contained") == "2"
    assert failed(told) == ["costs less than it pays"]
    assert value(told, "costs less than it pays") == pytest.approx(1.02)


def test_a_question_that_nests_nowhere_is_told_so() -> None:
    assert "question can contain another" in failed(way(BundleKind.NESTED, a_market("1", 0.5)))


def test_in_a_venue_all_conditions_hold_exactly_where_a_set_is_found() -> None:
    for capture in probes.probes():
        found = _found(capture)
        assert found
        some = {row for row, _ in found} | set(range(0, len(capture.markets), 50))
        assert {(row, each.kind) for row in some for each in _fulfilled(capture, row)} == found


def _fulfilled(capture: Capture, row: int) -> list[Way]:
    if not capture.columns["tradable"][row]:
        return []
    return [each for each in ways(capture, row, nested=True) if all(step.passed for step in each.steps)]


def _found(capture: Capture) -> set[tuple[int, BundleKind]]:
    every_market = np.arange(len(capture.markets))
    found = [
        *paying_sets(exclusive_groups(capture, every_market), 0.0),
        *nested_pairs(event_legs(capture, every_market), 0.0),
    ]
    return {(row, each.kind) for each in found for row in each.rows}
