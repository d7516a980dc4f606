"""Forecasts: the side whose probability exceeds its cost."""

from datetime import timedelta
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.cycle.engine import Selections, decide
from prescient_dagster.domain.cycle.limits import Circumstances
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.domain.past.explanation import explain
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import Signal
from strategy_assets.forecasts import STRATEGY
from tests.builders import NOON, D, a_capture, a_market

HOUR = timedelta(hours=1)


def said(market_id: str, probability: float, hours_ago: float = 1, source: str = "model") -> Forecast:
    return Forecast(source, market_id, "", probability, NOON - hours_ago * HOUR)


def circumstances(market: dict[str, Any], *known: Forecast, **settings: Any) -> Circumstances:
    config = validated(STRATEGY.config, settings)
    moment = Moment(a_capture(market), forecasts=Forecasts(lambda: known))
    return Circumstances(Player(STRATEGY, config, D(1_000)), opened(D(1_000)), moment)


def wish(market: dict[str, Any], *known: Forecast, **settings: Any) -> Signal | None:
    at = circumstances(market, *known, **settings)
    signals = decide(at.player, at.account, at.moment, Selections()).signals
    return signals[0] if signals else None


def bought(market: dict[str, Any], *known: Forecast, **settings: Any) -> tuple[str, float, float] | None:
    signal = wish(market, *known, **settings)
    return None if signal is None else (str(signal.action), float(signal.probability or 0), float(signal.confidence))


# Worked by hand in docs/forecasts.md: YES asks 0.51, so NO asks 1 - 0.49 = 0.51.
EVEN = a_market("1", 0.50, bid=0.49, ask=0.51)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0.56, ("buy_yes", 0.56, 0.05)),
        (0.559999, None),
        (0.44, ("buy_no", 0.56, 0.05)),
        (0.50, None),
        (1.0, ("buy_yes", 1.0, 0.49)),
        (0.0, ("buy_no", 1.0, 0.49)),
    ],
)
def test_the_side_is_bought_that_costs_less_than_it_is_worth(
    probability: float, expected: tuple[str, float, float] | None
) -> None:
    assert bought(EVEN, said("1", probability)) == expected


def test_the_fee_is_part_of_the_cost() -> None:
    """0.51 and a fee of 0.04 × 0.51 × 0.49 = 0.009996 cost 0.519996; 0.57 is 0.050004 more, 0.569 is not enough."""
    with_fee = {**EVEN, "fee_rate": 0.04}
    assert bought(with_fee, said("1", 0.57)) == ("buy_yes", 0.57, 0.050004)
    assert bought(with_fee, said("1", 0.569)) is None


def test_an_edge_of_nothing_is_none_even_where_none_is_asked_for() -> None:
    assert bought(EVEN, said("1", 0.51), min_edge=0) is None
    assert bought(EVEN, said("1", 0.510001), min_edge=0) == ("buy_yes", 0.510001, 0.000001)


def test_a_forecast_counts_up_to_its_age() -> None:
    assert bought(EVEN, said("1", 0.9, hours_ago=24)) is not None
    assert bought(EVEN, said("1", 0.9, hours_ago=24.001)) is None
    assert bought(EVEN, said("1", 0.9, hours_ago=24.001), max_age_hours=25) is not None


def test_only_the_sources_that_are_asked_for_count() -> None:
    known = (said("1", 0.9, source="a"), said("1", 0.1, source="b", hours_ago=0))
    assert bought(EVEN, *known) == ("buy_no", 0.9, 0.39)
    assert bought(EVEN, *known, sources=["a"]) == ("buy_yes", 0.9, 0.39)
    assert bought(EVEN, *known, sources=["c"]) is None


@pytest.mark.parametrize("quotes", [{"bid": None, "ask": None}, {"fee_rate": None}])
def test_nothing_is_bought_whose_cost_is_unknown(quotes: dict[str, Any]) -> None:
    assert bought({**EVEN, **a_market("1", 0.50, **quotes)}, said("1", 0.99)) is None


def test_the_reason_tells_who_said_what_and_when() -> None:
    signal = wish(EVEN, said("1", 0.44, source="desk-2"))
    assert signal is not None
    assert signal.reason == "desk-2 gives NO 0.56, 1.0 hours ago; it costs 0.51 with its fee"


def test_kelly_sizes_by_the_forecast() -> None:
    """A quarter of (0.60 - 0.50) / (1 - 0.50) = 0.20 of 1,000 USD."""
    signal = wish(a_market("1", 0.49, bid=0.48, ask=0.50), said("1", 0.60), sizing="kelly")
    assert signal is not None
    assert signal.amount == D(50)


def test_an_explanation_shows_the_forecast_its_age_and_its_edge() -> None:
    told = explain(circumstances(EVEN, said("1", 0.55, hours_ago=2)), "1")
    steps = {step.rule: (step.passed, step.threshold, step.value) for step in told.steps}
    assert steps["forecast"] == (True, 0, 0.55)
    assert steps["max_age_hours"] == (True, 24, 2.0)
    assert steps["min_edge"] == (False, 0.05, 0.04)
    nothing = explain(circumstances(EVEN), "1").refusal
    assert nothing is not None
    assert (nothing.rule, nothing.value) == ("forecast", None)
