"""Many configs, ranked with the doubt that is due to the best of many."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.figures import bootstrap
from prescient_dagster.domain.figures.bootstrap import best_by_chance
from prescient_dagster.domain.past.sweep import Record, Tried, WithoutEvents, combinations, ranked
from prescient_dagster.domain.strategy import candidates
from prescient_dagster.domain.strategy.strategies import View
from tests.builders import D, a_capture, a_market
from tests.track_records import a_buy, a_payment


def a_record(profits: dict[str, float] | None = None, initial: float = 1_000) -> Record:
    record = Record(D(initial))
    for event, profit in (profits or {}).items():
        bought, paid = a_buy(100, 0.5, event_id=event), a_payment(100, 1, 50, event_id=event)
        record.add([bought.trade, replace(paid.trade, cash_delta=D(50 + profit))], None)
    return record


def a_try(first: dict[str, float], rest: dict[str, float], **overrides: Any) -> Tried:
    return Tried(overrides, a_record(first), a_record(rest))


def test_a_grid_is_every_combination_of_its_values() -> None:
    assert combinations({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_a_record_counts_profit_by_event_fills_and_the_deepest_fall() -> None:
    record = a_record({"10": 50, "11": -20})
    for equity in (1_050, 1_100, 990, 1_030):
        record.add([], D(equity))
    assert (record.profits, record.fills, record.entered) == ({"10": D(50), "11": D(-20)}, 2, {"10", "11"})
    assert record.total_return == pytest.approx(0.03)
    assert record.max_drawdown == pytest.approx(990 / 1_100 - 1)


def test_an_equity_that_only_falls_falls_from_the_initial_balance() -> None:
    record = a_record()
    record.add([], D(950))
    assert record.max_drawdown == pytest.approx(-0.05)


def test_the_first_part_ranks_and_the_rest_does_not() -> None:
    swept = ranked([a_try({"1": 5}, {"2": 50}, n=1), a_try({"1": 10}, {"2": -50}, n=2), a_try({"1": 10}, {}, n=3)])
    assert [each.overrides["n"] for each in swept.tried] == [2, 3, 1]


def test_the_best_of_many_without_skill_is_doubted() -> None:
    random = np.random.default_rng(11)
    profits = random.normal(0, 10, size=(200, 40))
    swept = ranked(a_try({str(e): float(p) for e, p in enumerate(row)}, {"x": 1}, n=n) for n, row in enumerate(profits))
    assert swept.chance is not None
    assert swept.chance > 0.05
    assert "of 200 configs without skill" in swept.doubts[0]


def test_one_that_earns_on_every_event_is_not_doubted() -> None:
    skilled = {str(event): 10.0 + event % 3 for event in range(40)}
    swept = ranked([a_try(skilled, {"x": 20}, n=1), a_try({"1": 1}, {"x": 1}, n=2)])
    assert swept.doubts == []
    assert swept.best.overrides == {"n": 1}


@pytest.mark.parametrize(
    ("rest", "doubt"),
    [({}, "entered nothing in the rest"), ({"x": -5}, "no profit in the rest"), ({"x": 1}, "among the worse half")],
)
def test_what_the_rest_does_not_confirm_is_told(rest: dict[str, float], doubt: str) -> None:
    skilled = {str(event): 10.0 for event in range(40)}
    swept = ranked([a_try(skilled, rest, n=1), *(a_try({"1": 1}, {"x": 30}, n=n) for n in range(2, 5))])
    assert doubt in "; ".join(swept.doubts)


def test_where_nobody_entered_anything_there_is_nothing_to_rank() -> None:
    swept = ranked([a_try({}, {}, n=1)])
    assert (swept.chance, len(swept.doubts)) == (None, 1)


def test_chance_counts_how_many_were_tried() -> None:
    """The same winner among more losers is more likely luck."""
    random = np.random.default_rng(2)
    rows = random.normal(0, 1, size=(50, 60))
    rows[0] = random.normal(0.25, 1, size=60)
    assert best_by_chance(rows[:1]) < best_by_chance(rows)


def test_chance_needs_no_more_memory_for_more_configs_and_comes_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    profits = np.random.default_rng(6).normal(0.1, 1, size=(70, 30))
    whole = best_by_chance(profits, resamples=2_000)
    monkeypatch.setattr(bootstrap, "DRAWS_AT_ONCE", 7)
    monkeypatch.setattr(bootstrap, "CONFIGS_AT_ONCE", 3)
    assert best_by_chance(profits, resamples=2_000) == whole


def test_chance_is_fair_where_there_is_no_skill() -> None:
    """Of many worlds without skill, about one in ten has a chance below a tenth."""
    random = np.random.default_rng(4)
    found = [best_by_chance(random.normal(0, 1, size=(5, 40)), resamples=500) for _ in range(300)]
    assert 0.04 < np.mean(np.array(found) < 0.1) < 0.18


def test_without_some_events_a_strategy_wishes_for_all_else_in_the_same_order() -> None:
    strategy = load_strategy("mean_reversion")
    capture = a_capture(*(a_market(str(n), event_id=str(n % 3), yes=0.80 + n / 100) for n in range(1, 9)))
    config = strategy.config()
    view = View(capture, np.arange(8), ())
    every = list(strategy.wishes(view, config))
    assert {signal.event_id for signal in every} == {"0", "1", "2"}
    elsewhere = WithoutEvents.of(strategy, {"1"})
    assert list(elsewhere.wishes(view, config)) == [signal for signal in every if signal.event_id != "1"]
    assert elsewhere.select is candidates.select
