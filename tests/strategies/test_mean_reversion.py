"""Mean reversion: bet against an overstretched favourite."""

from typing import Any

import pytest

from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import Action, Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.mean_reversion import STRATEGY, MeanReversionConfig
from tests.builders import D, a_capture, a_market

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
