"""One portfolio acting on one capture."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.books.snapshots import valued
from prescient_dagster.domain.cycle.engine import Selections
from prescient_dagster.domain.cycle.limits import frequency_allows
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.configs import StrategyConfig, TradeFrequency
from prescient_dagster.domain.strategy.signals import Action, RejectReason, Signal
from tests.builders import (
    NO,
    NOON,
    YES,
    D,
    a_capture,
    a_config,
    a_market,
    a_position,
    a_strategy,
    a_wish,
    an_account,
    decided,
    execute,
)

FIVE_MARKETS = a_capture(*(a_market(str(number), yes=0.795, bid=0.79, ask=0.80) for number in range(1, 6)))


def chosen(*wishes: Signal, account: Account | None = None, **settings: Any) -> list[str]:
    account = account or opened(D(10_000))
    signals = decided(a_strategy(*wishes), FIVE_MARKETS, account, a_config(**settings)).signals
    return [signal.market_id for signal in signals]


def test_the_strongest_are_found_before_the_cap_is_applied() -> None:
    weak = [a_wish(market, confidence=D("0.1")) for market in "123"]
    assert chosen(*weak, a_wish("5", confidence=D("0.2")), max_positions=2) == ["5", "1"]


def test_open_positions_take_slots() -> None:
    account = an_account(10_000, a_position("1"))
    assert chosen(a_wish("2"), a_wish("3"), account=account, max_positions=2) == ["2"]


def test_a_held_market_is_not_entered_again_on_either_side() -> None:
    account = an_account(10_000, a_position("1", NO))
    assert chosen(a_wish("1"), a_wish("2"), account=account) == ["2"]


def test_a_market_that_is_wished_for_twice_is_entered_once_by_the_stronger_wish() -> None:
    wishes = a_wish("1", YES, confidence=D("0.1")), a_wish("1", NO, confidence=D("0.2"))
    (signal,) = decided(a_strategy(*wishes), FIVE_MARKETS, opened(D(100)), a_config()).signals
    assert signal.action is Action.BUY_NO


def test_at_most_so_many_positions_in_one_event_and_the_next_event_is_still_served() -> None:
    wishes = [a_wish(market, event_id="a") for market in "123"] + [a_wish("4", event_id="b", confidence=D("0.1"))]
    account = an_account(10_000, a_position("5", event_id="a"))
    assert chosen(*wishes, account=account, max_positions_per_event=2) == ["1", "4"]


def test_matches_are_counted_before_what_is_held_and_the_caps() -> None:
    account = an_account(10_000, a_position("1"))
    decision = decided(
        a_strategy(*(a_wish(market) for market in "1234")), FIVE_MARKETS, account, a_config(max_positions=2)
    )
    assert (decision.matches, len(decision.signals)) == (4, 1)


def test_where_entries_are_not_due_there_are_none() -> None:
    decision = decided(a_strategy(a_wish("1")), FIVE_MARKETS, opened(D(100)), a_config(), may_enter=False)
    assert decision.signals == ()


def test_a_rejected_entry_keeps_its_slot_and_nobody_moves_up() -> None:
    capture = a_capture(a_market("1", bid=0.79, ask=None), a_market("2"))
    wishes = a_strategy(a_wish("1", confidence=D("0.4")), a_wish("2"))
    config = a_config(max_positions=1)
    signals = decided(wishes, capture, opened(D(100)), config).signals
    outcomes, account = execute(signals, opened(D(100)), capture, config, {})
    assert [outcome.reject_reason for outcome in outcomes] == [RejectReason.NO_LIQUIDITY]
    assert account.positions == {}


def test_a_second_cycle_on_the_same_capture_wishes_for_nothing_more() -> None:
    strategy, config = a_strategy(a_wish("1")), a_config()
    first = decided(strategy, FIVE_MARKETS, opened(D(1_000)), config)
    _, account = execute(first.signals, opened(D(1_000)), FIVE_MARKETS, config, {})
    assert decided(strategy, FIVE_MARKETS, account, config).signals == ()


def test_what_was_bought_at_the_ask_is_valued_at_the_bid() -> None:
    strategy, config = a_strategy(a_wish("1")), a_config()
    decision = decided(strategy, FIVE_MARKETS, opened(D(1_000)), config)
    _, account = execute(decision.signals, opened(D(1_000)), FIVE_MARKETS, config, {})
    _, snapshot = valued(account, FIVE_MARKETS, {})
    assert (snapshot.equity, snapshot.unrealized_profit_loss) == (D("998.75"), D("-1.25"))


@pytest.mark.parametrize("config", [a_config(), a_config(max_positions_per_event=1)])
def test_no_wishes_are_no_error(config: StrategyConfig) -> None:
    assert decided(a_strategy(), FIVE_MARKETS, opened(D(100)), config).signals == ()


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "since_the_last", "allowed"),
    [
        (TradeFrequency.HIGH, timedelta(minutes=5), True),
        (TradeFrequency.MEDIUM, timedelta(minutes=5), False),
        (TradeFrequency.MEDIUM, timedelta(minutes=31), True),
        (TradeFrequency.MEDIUM, timedelta(days=1), True),
        (TradeFrequency.LOW, timedelta(hours=11), False),
        (TradeFrequency.LOW, timedelta(hours=13), True),
    ],
)
def test_a_frequency_allows_entries_at_the_first_capture_of_an_hour_or_day(
    frequency: TradeFrequency, since_the_last: timedelta, allowed: bool
) -> None:
    half_past_twelve = NOON + timedelta(minutes=30)
    assert frequency_allows(frequency, half_past_twelve, half_past_twelve - since_the_last) is allowed


@pytest.mark.parametrize("frequency", list(TradeFrequency))
def test_the_first_capture_of_all_is_the_first_of_its_hour_and_day(frequency: TradeFrequency) -> None:
    assert frequency_allows(frequency, NOON, None)


def test_hours_and_days_are_those_of_utc() -> None:
    assert frequency_allows(TradeFrequency.LOW, NEW_YEAR, NEW_YEAR - timedelta(microseconds=1))
    assert not frequency_allows(TradeFrequency.LOW, NEW_YEAR + timedelta(hours=23, minutes=59), NEW_YEAR)


def test_portfolios_share_their_candidates_where_their_filters_are_the_same() -> None:
    capture = a_capture(a_market("1", liquidity=900), a_market("2", liquidity=50))
    selections, strategy = Selections(), a_strategy()

    def found(**settings: Any) -> Selection:
        return selections.of(Player(strategy, a_config(**settings), D(100)), Moment(capture))

    assert found(trade_amount=5) is found(trade_amount=7)
    assert len(found().rows) == 2
    assert len(found(market_min_liquidity=100).rows) == 1
