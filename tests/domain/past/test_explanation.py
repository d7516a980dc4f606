"""Explanations: every rule in order with the market's value, and the first that refuses."""

from collections.abc import Sequence
from typing import Any

import pytest

from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle.engine import Selections, decide
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.explanation import Explanation, explain
from prescient_dagster.domain.strategy.rules import Step
from tests.builders import (
    NO,
    NOON,
    D,
    a_bundle,
    a_capture,
    a_closed_market,
    a_config,
    a_market,
    a_position,
    a_strategy,
    a_wish,
    an_account,
    decided,
    execute,
    later,
)
from tests.explanations import explained, names, refusal, step
from tests.strategies import probes

# The listing and the shared filters


def test_a_market_that_is_not_listed_is_refused_by_that_alone() -> None:
    told = explained(a_strategy(), a_capture(a_market("2")))
    assert names(told.steps) == ["in the capture"]
    assert refusal(told) == "in the capture"


def test_a_closed_market_is_not_tradable() -> None:
    told = explained(a_strategy(), a_capture(a_closed_market("1")))
    assert (refusal(told), step(told, "tradable").note) == ("tradable", "it is closed")


def test_filters_stand_in_the_order_of_the_funnel_with_bound_and_value() -> None:
    bounds = {"market_min_liquidity": 500.0, "event_min_volume": 100.0, "event_max_days_until_end": 5.0}
    capture = a_capture(a_market("1", liquidity=400, event_volume=100))
    told = explained(a_strategy(), capture, **bounds)
    funnel = [name for name, _ in decided(a_strategy(), capture, opened(D(1)), a_config(**bounds)).selection.funnel]
    assert names(told.steps)[1:6] == funnel
    assert step(told, "event_min_volume") == Step("event_min_volume", True, "≥", 100.0, 100.0, part="strategy")
    assert step(told, "event_max_days_until_end").value == 10.0
    assert step(told, "market_min_liquidity").value == 400.0
    assert refusal(told) == "event_max_days_until_end"


def test_a_missing_number_counts_as_nothing_and_a_missing_end_has_no_value() -> None:
    market = a_market("1", liquidity=None, event_end_date=None)
    told = explained(a_strategy(), a_capture(market), market_min_liquidity=1, event_min_days_until_end=1)
    assert (step(told, "market_min_liquidity").value, step(told, "event_min_days_until_end").value) == (0.0, None)


# The strategy


def test_a_strategy_without_rules_tells_only_whether_it_wished() -> None:
    capture = a_capture(a_market("1"), a_market("2"))
    told = explained(a_strategy(a_wish("1")), capture)
    assert (refusal(told), step(told, "wished for").note) == (None, "the strategy does not tell its rules")
    assert refusal(explained(a_strategy(a_wish("2")), capture)) == "wished for"


# What the portfolio makes of it


def two_wishes(**settings: Any) -> Explanation:
    """What becomes of the weaker of two wishes, which is for market 1."""
    wishes = a_wish("1", confidence=D("0.2")), a_wish("2", confidence=D("0.3"))
    account = settings.pop("account", None)
    shared = {"event_id": "both"} if settings.pop("one_event", False) else {}
    capture = a_capture(a_market("1", **shared), a_market("2", **shared))
    wishes = tuple(a_wish(wish.market_id, confidence=wish.confidence, **shared) for wish in wishes)
    return explained(a_strategy(*wishes), capture, account, **settings)


def test_the_rank_among_all_wishes_is_told() -> None:
    told = two_wishes()
    assert (told.rank, told.matches, refusal(told)) == (2, 2, None)


def test_the_cap_refuses_who_ranks_behind_it() -> None:
    told = two_wishes(max_positions=1)
    assert refusal(told) == "max_positions"
    assert step(told, "max_positions").note == "0 stay open, 1 come before it"


def test_a_better_wish_that_is_held_already_takes_no_place() -> None:
    held = an_account(1_000, a_position("2"))
    assert step(two_wishes(max_positions=2, account=held), "max_positions").note == "1 stay open, 0 come before it"
    assert refusal(two_wishes(max_positions=2, account=held)) is None


def test_an_event_has_a_cap_of_its_own() -> None:
    told = two_wishes(max_positions_per_event=1, one_event=True)
    assert (refusal(told), step(told, "max_positions_per_event").value) == ("max_positions_per_event", 2)


def test_an_exit_makes_room() -> None:
    lost = an_account(1_000, a_position("3", cost=120))
    wish, capture = a_strategy(a_wish("1")), a_capture(a_market("1"), a_market("3"))
    assert refusal(explained(wish, capture, lost, max_positions=1)) == "max_positions"
    assert refusal(explained(wish, capture, lost, max_positions=1, stop_loss=0.04)) is None


def test_what_is_held_is_not_entered_again() -> None:
    told = explained(a_strategy(a_wish("1")), a_capture(a_market("1")), an_account(1_000, a_position("1", NO)))
    assert refusal(told) == "not held"


def stopped_at_noon() -> Account:
    held = an_account(1_000, a_position("1", cost=120))
    capture, config = a_capture(a_market("1")), a_config(stop_loss=0.04)
    return execute(decided(a_strategy(), capture, held, config).signals, held, capture, config, {})[1]


@pytest.mark.parametrize(("hours", "refused"), [(23.5, "reentry_hours"), (24, None)])
def test_a_stop_bars_its_market_for_a_while(hours: float, refused: str | None) -> None:
    capture = a_capture(a_market("1"), **later(2, hours=hours))
    told = explained(a_strategy(a_wish("1")), capture, stopped_at_noon())
    assert (refusal(told), step(told, "reentry_hours").value) == (refused, hours)


def test_the_trade_frequency_can_forbid_entries() -> None:
    capture = a_capture(a_market("1"), **later(2, minutes=30))
    told = explained(a_strategy(a_wish("1")), capture, trade_frequency="medium", previous=NOON)
    assert (refusal(told), step(told, "trade_frequency").value) == ("trade_frequency", NOON)
    assert refusal(explained(a_strategy(a_wish("1")), capture, previous=NOON)) is None


@pytest.mark.parametrize("status", [PortfolioStatus.PAUSED, PortfolioStatus.CLOSING, PortfolioStatus.CLOSED])
def test_only_an_active_portfolio_enters(status: PortfolioStatus) -> None:
    told = explained(a_strategy(a_wish("1")), a_capture(a_market("1")), status=status)
    assert (refusal(told), step(told, "active").value) == ("active", status)


def test_a_bundle_is_refused_where_one_of_its_legs_is_held() -> None:
    wishes = a_bundle(("1", NO), ("2", NO))
    capture = a_capture(a_market("1"), a_market("2"))
    told = explained(a_strategy(*wishes), capture, an_account(1_000, a_position("2")))
    assert (refusal(told), step(told, "not held").value) == ("not held", "2")


def test_a_market_enters_one_wish_only() -> None:
    wishes = [*a_bundle(("1", NO), ("2", NO), confidence=D("0.4")), *a_bundle(("2", NO), ("3", NO))]
    capture = a_capture(a_market("1"), a_market("2"), a_market("3"))
    told = explained(a_strategy(*wishes), capture, market_id="3")
    assert (refusal(told), step(told, "not in a better wish").value) == ("not in a better wish", "2")
    assert (told.rank, told.matches) == (2, 2)


def test_of_several_wishes_the_one_that_is_entered_is_told() -> None:
    wishes = [*a_bundle(("1", NO), ("2", NO), confidence=D("0.4")), *a_bundle(("1", NO), ("3", NO))]
    capture = a_capture(a_market("1"), a_market("2"), a_market("3"))
    told = explained(a_strategy(*wishes), capture, an_account(1_000, a_position("2")))
    assert (refusal(told), told.rank) == (None, 2)


# What is held


def test_exit_rules_are_told_with_the_return_at_the_bid() -> None:
    capture = a_capture(a_market("1", 0.79), **later(2, days=2))
    settings = {"stop_loss": 0.05, "profit_target": 0.10, "max_holding_days": 2}
    told = explained(a_strategy(), capture, an_account(1_000, a_position("1")), **settings)
    assert [(each.rule, each.threshold, each.value, each.passed) for each in told.exits] == [
        ("can be sold", None, D("0.78"), True),
        ("stop_loss", -0.05, D("-0.025"), False),
        ("profit_target", 0.10, D("-0.025"), False),
        ("max_holding_days", 2, 2.0, True),
    ]
    assert [sale.exit for sale in told.sales] == ["max_holding_days"]


OBSTACLES = {
    "not in the capture": a_capture(a_market("2")),
    "not tradable": a_capture(a_closed_market("1")),
    "nobody bids": a_capture(a_market("1", bid=None)),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_why_a_position_cannot_be_sold_is_told(obstacle: str) -> None:
    told = explained(a_strategy(), OBSTACLES[obstacle], an_account(1_000, a_position("1")), stop_loss=0.01)
    assert [(each.rule, each.passed, each.note) for each in told.exits] == [("can be sold", False, obstacle)]
    assert told.sales == ()


def test_a_bundle_of_which_a_leg_has_settled_is_not_sold() -> None:
    held = a_position("1", NO, bundle=a_bundle(("1", NO), ("2", NO))[0].bundle)
    told = explained(a_strategy(), a_capture(a_market("1")), an_account(1_000, held), stop_loss=0.01)
    assert [each.note for each in told.exits] == ["a leg of the bundle has settled"]


def test_a_portfolio_that_is_being_closed_sells_without_a_rule() -> None:
    account = an_account(1_000, a_position("1"))
    told = explained(a_strategy(), a_capture(a_market("1")), account, status=PortfolioStatus.CLOSING)
    assert names(told.exits) == ["can be sold", "closing"]
    assert [sale.exit for sale in told.sales] == ["closing"]


# Agreement


@pytest.mark.parametrize("name", strategy_names())
def test_it_never_disagrees_with_what_a_cycle_decides(name: str) -> None:
    strategy, account = load_strategy(name), opened(D(3_000))
    exits = {"stop_loss": 0.02, "profit_target": 0.02, "max_positions": 4, "max_positions_per_event": 1}
    config, seen = a_config(strategy.config, **exits), 0
    for capture in probes.probes():
        player, moment = Player(strategy, config, D(3_000)), Moment(capture, forecasts=probes.forecasters(capture))
        at = Circumstances(player, account, moment)
        signals = decide(player, account, moment, Selections()).signals
        for market_id in _some_markets(capture, account, [signal.market_id for signal in signals]):
            told = explain(at, market_id)
            expected = {signal for signal in signals if signal.market_id == market_id}
            entered = told.wish if told.refusal is None else ()
            assert {signal for signal in (*entered, *told.sales) if signal.market_id == market_id} == expected
            seen += bool(expected)
        _, account = execute(signals, account, capture, config, {})
    assert seen


def _some_markets(capture: Capture, account: Account, traded: Sequence[str]) -> set[str]:
    listed = capture.texts["market_id"]
    return {*traded, *(market_id for market_id, _ in account.positions), *listed[:: max(len(listed) // 30, 1)]}
