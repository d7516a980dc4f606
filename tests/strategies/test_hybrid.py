"""Hybrid: how members are blended, narrowed and checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.cycle.engine import Selections
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import Signal, ranked
from prescient_dagster.domain.strategy.strategies import Strategy, View
from strategy_assets import arbitrage, mean_reversion, momentum, scalping
from strategy_assets.hybrid import STRATEGY, HybridConfig, member_names
from tests.builders import NO, YES, D, a_capture, a_config, a_market, decided
from tests.pasts import a_history
from tests.recordings import recorded_captures

ONE_SIDED = [momentum.STRATEGY, mean_reversion.STRATEGY, scalping.STRATEGY]
NO_BAND = {"market_min_conviction": 0.0, "market_max_conviction": 1.0, "min_confidence": 0.0}


def wishes(strategy: Strategy[Any], capture: Capture, **settings: Any) -> list[Signal]:
    config = a_config(strategy.config, **settings)
    return ranked(strategy.decide(View(capture, strategy.select(capture, config).rows), config))


def blended(*markets: dict[str, Any], **settings: Any) -> list[Signal]:
    return wishes(STRATEGY, a_capture(*markets), **settings)


def told(signals: Sequence[Signal]) -> list[tuple[str, str]]:
    return [(signal.market_id, str(signal.action)) for signal in signals]


@pytest.fixture(scope="module")
def recordings(shared_data: Path) -> Sequence[Capture]:
    return recorded_captures(shared_data / "events")


@pytest.mark.parametrize("member", ONE_SIDED, ids=lambda member: member.name)
def test_with_one_member_it_buys_that_members_markets_sides_and_order(
    recordings: Sequence[Capture], member: Strategy[Any]
) -> None:
    for capture in recordings:
        alone = wishes(member, capture)
        blend = wishes(STRATEGY, capture, weights={member.name: 1.0}, min_confidence=None)
        assert told(blend) == told(alone)
        assert [signal.confidence for signal in blend] == [signal.confidence for signal in alone]


def test_with_one_member_ties_are_broken_like_the_members(recordings: Sequence[Capture]) -> None:
    blend = wishes(STRATEGY, recordings[2], weights={"momentum": 1.0})
    assert told(blend)[:2] == [("507884", "buy_yes"), ("507868", "buy_no")]


def test_its_defaults_blend_momentum_and_mean_reversion() -> None:
    found = blended(a_market("1", 0.80), a_market("2", 0.90))
    assert told(found) == [("2", "buy_no"), ("1", "buy_yes")]
    assert [signal.confidence for signal in found] == [D("0.20"), D("0.15")]
    assert {signal.amount for signal in found} == {100}


def test_the_reason_lists_the_contributions() -> None:
    (signal,) = blended(a_market("1", 0.80))
    assert signal.reason == "score +0.15 from momentum +0.3 with weight 1"


def test_opposite_views_of_one_market_cancel() -> None:
    both = {"momentum": NO_BAND, "mean_reversion": NO_BAND}
    assert blended(a_market("1", 0.80), configs={"momentum": NO_BAND}, min_confidence=0.01)
    assert not blended(a_market("1", 0.80), configs=both, min_confidence=None)


def test_of_opposite_views_the_heavier_wins() -> None:
    both = {"momentum": NO_BAND, "mean_reversion": NO_BAND}
    (signal,) = blended(a_market("1", 0.80), configs=both, weights={"momentum": 3.0, "mean_reversion": 1.0})
    assert (signal.action.side, signal.confidence) == (YES, D("0.15"))
    assert signal.reason == "score +0.15 from mean_reversion -0.3 with weight 1, momentum +0.3 with weight 3"


def test_a_weak_score_is_not_acted_on() -> None:
    market = a_market("1", 0.80)
    assert blended(market, min_confidence=0.15)
    assert not blended(market, min_confidence=0.16)


def test_members_have_to_agree_as_asked() -> None:
    rising = a_market("1", 0.80, price_change_1h=-0.05)
    settings = {"weights": {"momentum": 1.0, "scalping": 1.0}, "min_agreement": 2}
    (signal,) = blended(rising, **settings)
    assert signal.action.side is YES
    assert not blended(a_market("1", 0.80), **settings)


def test_a_member_decides_under_its_own_settings() -> None:
    market = a_market("1", 0.60)
    assert not blended(market, weights={"momentum": 1.0})
    lenient = {"momentum": {"market_min_conviction": 0.1, "min_confidence": 0.55}}
    assert told(blended(market, weights={"momentum": 1.0}, configs=lenient)) == [("1", "buy_yes")]


def test_a_weight_of_zero_leaves_a_member_out() -> None:
    assert told(
        blended(a_market("1", 0.80), a_market("2", 0.90), weights={"momentum": 1.0, "mean_reversion": 0.0})
    ) == [("1", "buy_yes")]


@pytest.mark.parametrize(("least", "passes"), [(90_000, True), (110_000, True), (130_000, False)])
def test_its_own_filters_narrow_every_members(least: float, passes: bool) -> None:
    market = a_market("1", 0.80, liquidity=120_000)
    assert bool(blended(market, market_min_liquidity=least)) is passes


def test_a_filter_of_its_own_does_not_widen_a_members() -> None:
    assert not blended(a_market("1", 0.80, liquidity=9_000), market_min_liquidity=1.0)


def test_its_candidates_are_those_of_any_member() -> None:
    capture = a_capture(a_market("1", 0.80), a_market("2", 0.90), a_market("3", 0.60), a_market("4", tradable=False))
    selection = STRATEGY.select(capture, a_config(HybridConfig))
    assert [capture.texts["market_id"][row] for row in selection.rows] == ["1", "2"]


def test_the_funnel_has_every_members_own() -> None:
    capture = a_capture(a_market("1", 0.80), a_market("2", 0.90), a_market("3", 0.60), a_market("4", tradable=False))
    funnel = dict(STRATEGY.select(capture, a_config(HybridConfig)).funnel)
    assert (funnel["momentum.tradable"], funnel["momentum.market_max_conviction"]) == (1, 1)
    assert funnel["mean_reversion.market_min_conviction"] == 2


# Bundles


def a_race(*asks: float) -> list[dict[str, Any]]:
    columns = {"event_id": "race", "neg_risk": True, "event_market_count": len(asks), "event_volume": 2_000_000}
    return [
        a_market(f"{number}", round(ask - 0.005, 6), bid=round(ask - 0.01, 6), ask=ask, **columns)
        for number, ask in enumerate(asks, start=1)
    ]


def test_a_bundle_passes_through_whole() -> None:
    alone = wishes(arbitrage.STRATEGY, a_capture(*a_race(0.5, 0.3, 0.12)), trade_amount=100.0)
    assert len(alone) == 3
    assert blended(*a_race(0.5, 0.3, 0.12), weights={"arbitrage": 1.0}) == alone


def test_the_blends_size_and_filters_hold_for_bundles_too() -> None:
    settings = {"weights": {"arbitrage": 1.0}}
    assert {leg.amount for leg in blended(*a_race(0.5, 0.3), **settings, trade_amount=80.0)} == {80}
    assert not blended(*a_race(0.5, 0.3), **settings, event_min_volume=3_000_000.0)


def test_a_bundle_stays_whole_where_a_filter_would_remove_a_leg() -> None:
    first, second, third = a_race(0.5, 0.3, 0.12)
    found = blended(
        first, second, third | {"liquidity": 10}, weights={"arbitrage": 1.0}, market_min_liquidity=200_000.0
    )
    assert len(found) == 3


def test_the_weight_of_a_bundling_member_is_not_in_the_scores() -> None:
    alone = blended(a_market("9", 0.80), weights={"momentum": 1.0})
    assert blended(a_market("9", 0.80), weights={"momentum": 1.0, "arbitrage": 5.0}) == alone


def test_bundles_and_single_markets_are_bought_side_by_side() -> None:
    found = blended(*a_race(0.5, 0.3), a_market("9", 0.80), weights={"momentum": 1.0, "arbitrage": 1.0})
    assert told(found) == [("9", "buy_yes"), ("1", "buy_yes"), ("2", "buy_yes")]


def test_a_bundle_is_judged_at_the_fill_by_its_members_margin() -> None:
    config = a_config(HybridConfig, weights={"arbitrage": 1.0}, configs={"arbitrage": {"min_profit_margin": 0.02}})
    assert config.least_margin() == D("0.02")
    assert a_config(HybridConfig).least_margin() is None


def test_caps_and_what_is_held_are_the_blends_own() -> None:
    capture = a_capture(a_market("1", 0.80), a_market("2", 0.90))
    config = a_config(HybridConfig, max_positions=1, configs={"momentum": {"max_positions": 9}})
    assert told(decided(STRATEGY, capture, opened(D(1_000)), config).signals) == [("2", "buy_no")]


# Its settings


FAULTS = {
    "an unknown member": (
        {"weights": {"momentun": 1.0}},
        ["weights.momentun: unknown strategy; did you mean momentum?"],
    ),
    "itself": (
        {"weights": {"hybrid": 1.0}},
        ["weights.hybrid: unknown strategy; there are " + ", ".join(sorted(member_names()))],
    ),
    "a negative weight": ({"weights": {"momentum": -1.0}}, ["weights.momentum must be 0 or more, got -1.0"]),
    "a weight that is no number": ({"weights": {"momentum": "x"}}, ['weights.momentum must be a number, got "x"']),
    "weights that are none": ({"weights": [1]}, ["weights must be an object of settings, got [1]"]),
    "a mistyped setting of a member": (
        {"configs": {"momentum": {"min_confidnce": 0.8}}},
        ['configs.momentum: unknown setting "min_confidnce"; did you mean min_confidence?'],
    ),
    "several faults of members": (
        {"configs": {"momentum": {"max_positions": 0}, "scalp": {}}},
        [
            "configs.momentum: max_positions must be 1 or more, got 0",
            "configs.scalp: unknown strategy; did you mean scalping?",
        ],
    ),
    "a member that can never trade": (
        {"configs": {"scalping": {"max_dip": 0.0}}},
        ["configs.scalping: this config can never trade: max_dip 0 allows no dip at all"],
    ),
}


@pytest.mark.parametrize(("settings", "errors"), FAULTS.values(), ids=list(FAULTS))
def test_faults_of_members_are_told_under_their_names(settings: dict[str, Any], errors: list[str]) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        validated(HybridConfig, settings)
    assert list(refusal.value.errors) == errors


IMPOSSIBLE = {
    "no member": ({"weights": {}}, "weights has no positive weight"),
    "no positive weight": ({"weights": {"momentum": 0.0}}, "weights has no positive weight"),
    "more agreement than members": ({"min_agreement": 3}, "min_agreement 3 is more than the number of members, 2"),
    "a score that nobody reaches": (
        {"min_confidence": 0.24},
        "min_confidence 0.24 is more than 0.2375, the best score of the members: their confidence reaches "
        "mean_reversion 0.475, momentum 0.325, weighed by weights, the default",
    ),
    "a score beyond a member's dip": (
        {"weights": {"scalping": 1.0}, "min_confidence": 0.2},
        "min_confidence 0.2 is more than 0.1, the best score",
    ),
    "filters that no member survives": (
        {"weights": {"momentum": 1.0}, "market_max_conviction": 0.3},
        "no member can trade under these filters: momentum: market_min_conviction 0.5",
    ),
}


@pytest.mark.parametrize(("settings", "reason"), IMPOSSIBLE.values(), ids=list(IMPOSSIBLE))
def test_a_blend_that_can_never_trade_says_why(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidConfig, match=f"can never trade: {reason}"):
        validated(HybridConfig, settings)


POSSIBLE = {
    "exactly the best case": {"min_confidence": 0.2375},
    "the best case of members that can agree": {
        "weights": {"momentum": 1.0, "scalping": 1.0},
        "min_confidence": 0.2125,
    },
    "a bundling member, whatever the scores": {"weights": {"momentum": 1.0, "arbitrage": 1.0}, "min_confidence": 0.9},
}


@pytest.mark.parametrize("settings", POSSIBLE.values(), ids=list(POSSIBLE))
def test_a_blend_that_can_trade_is_not_refused(settings: dict[str, Any]) -> None:
    validated(HybridConfig, settings)


def test_the_best_case_really_is_reached() -> None:
    (signal,) = blended(a_market("1", 0.975), min_confidence=0.2375)
    assert (signal.action.side, signal.confidence) == (NO, D("0.2375"))


def test_agreement_of_members_that_never_agree_is_doubtful() -> None:
    doubts = list(validated(HybridConfig, {"min_agreement": 2}).doubtful())
    assert "min_agreement 2 is never reached: at most 1 of the members can take one side" in doubts


def test_settings_without_a_weight_are_doubtful() -> None:
    doubts = list(validated(HybridConfig, {"configs": {"scalping": {}}}).doubtful())
    assert "configs of scalping change nothing: there is no weight for them" in doubts


RISEN = {"momentum": NO_BAND | {"lookback_hours": 3, "min_rise": 0}}
KNOWN_ONE = {3: {"1": 0.7}, 2: {}, 1: {}}


def funnel_of(weights: dict[str, float], past: dict[float, dict[str, float]]) -> tuple[list[int], dict[str, int]]:
    """The candidates, and what was removed since nothing is known of the past of it."""
    config = a_config(HybridConfig, configs=RISEN, weights=weights)
    moment = Moment(a_capture(a_market("1"), a_market("2")), history=a_history(past))
    selection = Selections().of(Player(STRATEGY, config, D(1_000)), moment)
    return selection.rows.tolist(), {name: count for name, count in selection.funnel if name.endswith("history")}


def test_what_no_member_knows_the_past_of_is_no_candidate_and_counted() -> None:
    assert funnel_of({"momentum": 1}, KNOWN_ONE) == ([0], {"momentum.history": 1})
    assert funnel_of({"momentum": 1}, {3: {"1": 0.7, "2": 0.7}, 2: {}, 1: {}}) == ([0, 1], {"momentum.history": 0})


def test_what_one_member_knows_too_little_of_another_may_still_look_at() -> None:
    assert funnel_of({"momentum": 1, "scalping": 1}, KNOWN_ONE) == ([0, 1], {"momentum.history": 1})


def test_members_that_ask_for_no_past_count_nothing() -> None:
    assert funnel_of({"scalping": 1}, KNOWN_ONE) == ([0, 1], {})
