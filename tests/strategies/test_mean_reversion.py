"""Mean reversion: bet against an overstretched favourite."""

from typing import Any

import pytest

from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import Action, Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.mean_reversion import STRATEGY, MeanReversionConfig
from tests.builders import D, a_capture, a_market
from tests.pasts import hourly

NO_LIMITS = dict.fromkeys(("market_min_conviction", "market_max_conviction", "min_confidence"))


def wishes(*markets: dict[str, Any], **settings: Any) -> list[Signal]:
    config, capture = validated(MeanReversionConfig, settings), a_capture(*markets)
    return list(STRATEGY.decide(View(capture, STRATEGY.select(capture, config).rows), config))


def test_it_buys_the_underdog() -> None:
    (wish,) = wishes(a_market("1", yes=0.90))
    assert (wish.action, wish.target_price, wish.confidence) == (Action.BUY_NO, D("0.10"), D("0.40"))
    assert wish.reason == "underdog against a favourite at 0.9"


def test_it_buys_yes_where_no_is_the_favourite() -> None:
    (wish,) = wishes(a_market("1", yes=0.10))
    assert (wish.action, wish.target_price) == (Action.BUY_YES, D("0.10"))


@pytest.mark.parametrize(("yes", "wished"), [(0.849, 0), (0.85, 1), (0.975, 1), (0.976, 0), (0.025, 1), (0.15, 1)])
def test_by_default_it_bets_against_favourites_of_85_to_97_5_cents(yes: float, wished: int) -> None:
    assert len(wishes(a_market("1", yes=yes))) == wished


def test_a_favourite_at_70_cents_or_less_is_not_overstretched() -> None:
    assert wishes(a_market("1", yes=0.70), **NO_LIMITS) == []
    assert len(wishes(a_market("1", yes=0.701), **NO_LIMITS)) == 1


def test_the_least_price_of_the_favourite_is_inclusive() -> None:
    settings = NO_LIMITS | {"min_confidence": 0.9}
    assert [len(wishes(a_market("1", yes=yes), **settings)) for yes in (0.9, 0.899)] == [1, 0]


def test_the_stronger_the_conviction_the_stronger_the_wish() -> None:
    ranked = wishes(a_market("1", yes=0.86), a_market("2", yes=0.04), a_market("3", yes=0.90))
    assert [wish.market_id for wish in ranked] == ["2", "3", "1"]


def stretched(yes: float, *path: float | None, **settings: Any) -> list[str]:
    """What it buys of a market at this price after an hourly path, at 2 standard deviations or more."""
    asked = {"lookback_hours": len(path), "min_z_score": 2, "min_points": 2}
    config, capture = validated(MeanReversionConfig, NO_LIMITS | asked | settings), a_capture(a_market("1", yes=yes))
    view = View(capture, STRATEGY.select(capture, config).rows, history=hourly(*path))
    return [f"{wish.action} {wish.reason}" for wish in STRATEGY.decide(view, config)]


def test_the_z_score_of_a_path() -> None:
    """Mean 0.80, standard deviation 0.02 with ddof 1: 0.84 is two of them above, 0.839999 is less."""
    told = "underdog against a favourite at 0.84, 2.00 deviations above its mean of 3 hours"
    assert stretched(0.84, 0.78, 0.80, 0.82) == [f"buy_no {told}"]
    assert stretched(0.839999, 0.78, 0.80, 0.82) == []


def test_a_favourite_that_is_stretched_downwards_is_left_alone() -> None:
    assert stretched(0.76, 0.78, 0.80, 0.82) == []


def test_the_favourite_of_the_no_side_is_stretched_where_yes_fell() -> None:
    assert [told.split()[0] for told in stretched(0.16, 0.22, 0.20, 0.18)] == ["buy_yes"]
    assert stretched(0.24, 0.22, 0.20, 0.18) == []


def test_what_is_missing_of_a_path_is_left_out_and_enough_has_to_be_there() -> None:
    assert stretched(0.84, 0.78, None, 0.80, 0.82, min_points=3) != []
    assert stretched(0.84, 0.78, None, 0.80, 0.82, min_points=4) == []


def test_half_of_the_path_is_enough_where_nothing_is_said() -> None:
    assert stretched(0.9, 0.78, None, 0.80, None, min_points=None) != []
    assert stretched(0.9, 0.78, None, None, None, min_points=None) == []


def test_a_price_that_never_moved_has_no_deviation() -> None:
    assert stretched(0.9, 0.8, 0.8, 0.8) == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"min_z_score": 2}, "min_z_score 2 has no prices to go by: set lookback_hours as well"),
        ({"min_points": 5}, "min_points 5 has no prices to go by"),
        ({"min_z_score": 2, "lookback_hours": 1.5}, "lookback_hours 1.5 is too short"),
        ({"min_z_score": 2, "lookback_hours": 24, "min_points": 25}, "min_points 25 is more than the 24 hours"),
    ],
)
def test_a_path_that_cannot_be_judged_is_refused(settings: dict[str, float], told: str) -> None:
    with pytest.raises(InvalidConfig, match=told):
        validated(MeanReversionConfig, settings)


def test_looking_back_for_nothing_is_doubted() -> None:
    assert "does nothing without min_z_score" in "".join(MeanReversionConfig(lookback_hours=24).doubtful())
