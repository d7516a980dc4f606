"""What every strategy tells of its own rules, and which of them it names where it does not want a market."""

from typing import Any

import pytest

from prescient_dagster.domain.strategy.rules import Step
from strategy_assets import arbitrage, hybrid, mean_reversion, momentum, scalping
from tests.builders import D, a_capture, a_market
from tests.explanations import explained, names, refusal, step

ARBITRAGE = {"event_min_liquidity": None, "event_min_volume": None, "market_min_volume": None}


def test_momentum_tells_the_favourites_price_and_its_least_one() -> None:
    capture = a_capture(a_market("1", 0.74, event_volume=1e6))
    told = explained(momentum.STRATEGY, capture, market_min_conviction=None)
    assert step(told, "favourite price") == Step("favourite price", True, ">", 0.5, 0.74, part="strategy")
    assert (refusal(told), step(told, "min_confidence").threshold) == ("min_confidence", 0.75)


def test_a_rule_that_is_not_set_is_not_told() -> None:
    told = explained(momentum.STRATEGY, a_capture(a_market("1", 0.76)), min_confidence=None)
    assert "min_confidence" not in names(told.steps)
    assert refusal(told) is None


def test_a_coin_toss_has_no_favourite() -> None:
    settings = {"market_min_conviction": None, "min_confidence": None}
    assert refusal(explained(momentum.STRATEGY, a_capture(a_market("1", 0.5)), **settings)) == "favourite price"


def test_mean_reversion_asks_for_a_stretched_favourite() -> None:
    settings = {"market_min_conviction": None, "min_confidence": None}
    told = explained(mean_reversion.STRATEGY, a_capture(a_market("1", 0.70)), **settings)
    assert (refusal(told), step(told, "favourite price").threshold) == ("favourite price", 0.70)


DIPS: dict[str, dict[str, Any]] = {
    "dip": {"price_change_1h": 0},
    "min_dip": {"price_change_1h": -0.005},
    "max_dip": {"price_change_1h": -0.11},
    "profit_target": {"price_change_1h": -0.015},
    "stop_loss": {"price_change_1h": -0.06, "bid": 0.48, "ask": 0.50},
}


@pytest.mark.parametrize("rule", DIPS)
def test_scalping_tells_which_of_its_conditions_refused(rule: str) -> None:
    market = a_market("1", 0.495, **({"bid": 0.49, "ask": 0.50} | DIPS[rule]))
    assert refusal(explained(scalping.STRATEGY, a_capture(market))) == rule


def test_scalping_tells_what_the_rebound_and_the_spread_would_bring() -> None:
    told = explained(scalping.STRATEGY, a_capture(a_market("1", 0.495, bid=0.49, ask=0.50, price_change_1h=-0.03)))
    assert refusal(told) is None
    assert step(told, "profit_target").value == pytest.approx(0.52 / 0.50 - 1)
    assert step(told, "stop_loss").value == pytest.approx(0.49 / 0.50 - 1)


def a_race(*asks: float, **columns: Any) -> list[dict[str, Any]]:
    shared = {"event_id": "race", "neg_risk": True, "event_market_count": len(asks)} | columns
    return [
        a_market(f"{number}", ask, bid=round(ask - 0.01, 6), ask=ask, **shared)
        for number, ask in enumerate(asks, start=1)
    ]


def test_a_leg_that_fails_a_filter_is_not_refused_where_its_set_is_judged() -> None:
    small, *others = a_race(0.50, 0.30, 0.12)
    told = explained(arbitrage.STRATEGY, a_capture(small | {"liquidity": 5_000}, *others), **ARBITRAGE)
    assert step(told, "market_min_liquidity").value == 5_000
    assert step(told, "market_min_liquidity").note == "2 of its set pass, 2 must"
    assert refusal(told) is None
    assert [signal.market_id for signal in told.wish] == ["1", "2", "3"]


def test_a_set_is_not_judged_where_only_one_market_passes() -> None:
    small = [leg | {"liquidity": 5_000} for leg in a_race(0.50, 0.30)]
    told = explained(arbitrage.STRATEGY, a_capture(*small, *a_race(0, 0, 0.12)[2:]), market_id="3", **ARBITRAGE)
    assert (refusal(told), step(told, "market_min_liquidity").value) == ("market_min_liquidity", 1_000_000)


def test_arbitrage_tells_of_every_kind_of_set_what_was_missing() -> None:
    told = explained(arbitrage.STRATEGY, a_capture(*a_race(0.50, 0.30, 0.12, neg_risk_augmented=True)), **ARBITRAGE)
    assert refusal(told) == "in a set that pays"
    assert step(told, "in a set that pays").note == (
        "YES set: no outcome can be added; NO set: costs less than it pays"
    )
    assert not step(told, "no outcome can be added", "YES set").decides


def test_a_margin_that_is_too_small_is_told_exactly() -> None:
    told = explained(arbitrage.STRATEGY, a_capture(*a_race(0.50, 0.30, 0.18)), **ARBITRAGE)
    margin = step(told, "min_profit_margin", "YES set")
    assert (margin.passed, margin.threshold, margin.value) == (False, 0.05, 1 / D("0.98") - 1)
    assert step(told, "in a set that pays").note.startswith("YES set: min_profit_margin")


def test_nested_pairs_are_told_where_they_are_looked_for() -> None:
    settings = ARBITRAGE | {"market_min_liquidity": None}
    capture = a_capture(a_market("1"))
    assert "nested pair" not in {each.part for each in explained(arbitrage.STRATEGY, capture, **settings).steps}
    told = explained(arbitrage.STRATEGY, capture, include_nested=True, **settings)
    assert not step(told, "question can contain another", "nested pair").passed


def test_hybrid_tells_every_members_rules_and_the_score() -> None:
    told = explained(hybrid.STRATEGY, a_capture(a_market("1", 0.80)), min_confidence=0.2)
    assert step(told, "market_min_conviction", "momentum").passed
    assert not step(told, "market_min_conviction", "mean_reversion").passed
    assert (refusal(told), step(told, "min_confidence", "strategy").value) == ("min_confidence", 0.15)
    assert "momentum +0.3 with weight 1" in step(told, "score").note


def test_hybrid_names_what_refused_each_member_where_no_member_looks() -> None:
    told = explained(hybrid.STRATEGY, a_capture(a_market("1", 0.60)))
    assert refusal(told) == "candidate of a member"
    assert step(told, "candidate of a member").note == (
        "mean_reversion: market_min_conviction; momentum: market_min_conviction"
    )


def test_opposite_members_cancel() -> None:
    band = {"market_min_conviction": None, "market_max_conviction": None}
    told = explained(
        hybrid.STRATEGY, a_capture(a_market("1", 0.80)), configs={"momentum": band, "mean_reversion": band}
    )
    assert (refusal(told), step(told, "score").value) == ("score", 0.0)


def test_agreement_is_told() -> None:
    told = explained(
        hybrid.STRATEGY, a_capture(a_market("1", 0.80)), weights={"momentum": 1, "scalping": 1}, min_agreement=2
    )
    assert (refusal(told), step(told, "min_agreement").value) == ("min_agreement", 1)


def test_a_bundle_of_a_member_needs_no_score() -> None:
    settings = {"weights": {"arbitrage": 1.0}, "configs": {"arbitrage": ARBITRAGE}}
    told = explained(hybrid.STRATEGY, a_capture(*a_race(0.50, 0.30, 0.12)), **settings)
    assert refusal(told) is None
    assert step(told, "costs less than it pays", "arbitrage, YES set").passed


def test_a_wish_of_a_strategy_is_told_with_its_side_and_reason() -> None:
    told = explained(momentum.STRATEGY, a_capture(a_market("1", 0.22)), trade_amount=50)
    (signal,) = told.wish
    assert (signal.action, signal.amount, signal.reason) == ("buy_no", D(50), "favourite at 0.78")
