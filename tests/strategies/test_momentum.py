"""Momentum: follow the favourite."""

from typing import Any

import pytest

from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import Action, Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.momentum import STRATEGY, MomentumConfig
from tests.builders import D, a_capture, a_market

NO_LIMITS = dict.fromkeys(("market_min_conviction", "market_max_conviction", "min_confidence"))


def wishes(*markets: dict[str, Any], **settings: Any) -> list[Signal]:
    config, capture = validated(MomentumConfig, settings), a_capture(*markets)
    return list(STRATEGY.decide(View(capture, STRATEGY.select(capture, config).rows), config))


def test_it_buys_the_favourite() -> None:
    (wish,) = wishes(a_market("1", yes=0.80))
    assert (wish.action, wish.target_price, wish.confidence) == (Action.BUY_YES, D("0.80"), D("0.30"))
    assert wish.reason == "favourite at 0.8"


def test_it_buys_no_where_no_is_the_favourite() -> None:
    (wish,) = wishes(a_market("1", yes=0.20))
    assert (wish.action, wish.target_price, wish.confidence) == (Action.BUY_NO, D("0.80"), D("0.30"))


@pytest.mark.parametrize(("yes", "wished"), [(0.749, 0), (0.75, 1), (0.825, 1), (0.826, 0), (0.25, 1), (0.175, 1)])
def test_by_default_it_buys_favourites_of_75_to_82_5_cents(yes: float, wished: int) -> None:
    assert len(wishes(a_market("1", yes=yes))) == wished


def test_a_toss_of_a_coin_has_no_favourite() -> None:
    assert wishes(a_market("1", yes=0.50), **NO_LIMITS) == []
    assert len(wishes(a_market("1", yes=0.501), **NO_LIMITS)) == 1


def test_the_least_price_is_inclusive() -> None:
    settings = NO_LIMITS | {"min_confidence": 0.9}
    assert [len(wishes(a_market("1", yes=yes), **settings)) for yes in (0.9, 0.899)] == [1, 0]


def test_its_wishes_come_ranked() -> None:
    markets = (
        a_market("9", yes=0.80),
        a_market("10", yes=0.80),
        a_market("3", yes=0.82),
        a_market("4", yes=0.20, liquidity=2_000_000),
        a_market("5", yes=0.78, liquidity=9_000_000),
        a_market("6", yes=0.80, liquidity=None),
    )
    assert [wish.market_id for wish in wishes(*markets, market_min_liquidity=None)] == ["3", "4", "10", "9", "6", "5"]


def test_it_wishes_for_its_trade_amount() -> None:
    (wish,) = wishes(a_market("1"), trade_amount=33.33)
    assert wish.amount == D("33.33")
