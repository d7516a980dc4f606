"""Momentum: follow the favourite."""

from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.cycle.engine import Selections, decide
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.past.explanation import explain
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import Action, Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.momentum import STRATEGY, MomentumConfig
from tests.builders import D, a_capture, a_market
from tests.pasts import a_history, hourly

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


def risen(*markets: dict[str, Any], history: PriceHistory, **settings: Any) -> list[str]:
    """The markets that it buys where a rise of 2 cents in 3 hours is asked for."""
    config = validated(MomentumConfig, NO_LIMITS | {"lookback_hours": 3, "min_rise": 0.02} | settings)
    capture = a_capture(*markets)
    view = View(capture, STRATEGY.select(capture, config).rows, history=history)
    return [wish.market_id for wish in STRATEGY.decide(view, config)]


@pytest.mark.parametrize(("now", "wished"), [(0.82, ["1"]), (0.819999, []), (0.75, [])])
def test_it_buys_a_favourite_that_has_risen_by_the_least_rise_or_more(now: float, wished: list[str]) -> None:
    assert risen(a_market("1", yes=now), history=hourly(0.80, 0.99, 0.01)) == wished


def test_the_rise_of_a_no_side_is_the_fall_of_its_yes_side() -> None:
    markets = (a_market("1", yes=0.20), a_market("2", yes=0.20))
    assert risen(*markets, history=a_history({3: {"1": 0.22, "2": 0.19}, 2: {}, 1: {}})) == ["1"]


def test_a_rise_across_a_missing_capture_is_that_since_the_one_before() -> None:
    ago = {hours: {"1": 0.80} for hours in (5, 4, 2, 1)}  # none 3 hours ago: the one an hour older stands for it
    assert risen(a_market("1", yes=0.82), history=a_history(ago)) == ["1"]
    assert risen(a_market("1", yes=0.82), history=a_history({5: {"1": 0.80}, 2: {"1": 0.80}, 1: {"1": 0.80}})) == []


def test_a_market_without_the_price_of_then_is_no_candidate_and_counted() -> None:
    config = validated(MomentumConfig, NO_LIMITS | {"lookback_hours": 3, "min_rise": 0})
    moment = Moment(a_capture(a_market("1"), a_market("2")), history=a_history({3: {"1": 0.7}, 2: {}, 1: {}}))
    player = Player(STRATEGY, config, D(1_000))
    selection = Selections().of(player, moment)
    assert (selection.rows.tolist(), selection.funnel[-1]) == ([0], ("history", 1))
    decision = decide(player, opened(D(1_000)), moment, Selections())
    assert [signal.reason for signal in decision.signals] == ["favourite at 0.8, +0.1 in 3 hours"]
    steps = explain(Circumstances(player, opened(D(1_000)), moment), "2").steps
    assert [(step.rule, step.value) for step in steps if not step.passed] == [("history", None), ("min_rise", None)]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"min_rise": 0.02}, "min_rise 0.02 compares with no price: set lookback_hours as well"),
        ({"min_rise": 1, "lookback_hours": 24}, "min_rise 1 is more than a price can rise by"),
    ],
)
def test_a_rise_that_cannot_be_judged_is_refused(settings: dict[str, float], told: str) -> None:
    with pytest.raises(InvalidConfig, match=told):
        validated(MomentumConfig, settings)


def test_looking_back_for_nothing_is_doubted() -> None:
    assert "lookback_hours 24 does nothing without min_rise" in "".join(MomentumConfig(lookback_hours=24).doubtful())
