"""The books of one portfolio."""

from datetime import timedelta
from typing import Any

import pytest

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Trade, TradeKind, booked, opened, rebuilt, released_cost
from tests.builders import NO, NOON, YES, D, a_position, a_trade

BUY = a_trade(shares=123.17, cash=-99.9994)


def a_sale(shares: float, proceeds: float, released: str, **fields: Any) -> Trade:
    return a_trade(shares=-shares, cash=proceeds, cost_delta=-D(released), kind=TradeKind.SELL, **fields)


def test_a_purchase_moves_cash_into_a_position_at_its_cost() -> None:
    account = booked(opened(D(10_000)), BUY)
    assert account.balance == D("9900.0006")
    assert account.positions["1", YES].cost == account.total_invested == D("99.9994")
    assert account.realized_profit_loss == 0


def test_a_partial_sale_releases_its_part_of_the_cost_and_the_last_one_the_rest() -> None:
    account = booked(opened(D(10_000)), BUY)
    released = released_cost(account.positions["1", YES], D(60))
    assert released == D("48.712868")
    account = booked(account, a_sale(60, 53.60, "48.712868"))
    assert account.realized_profit_loss == D("4.887132")
    left = account.positions["1", YES]
    assert (left.shares, left.cost) == (D("63.17"), D("51.286532"))
    assert released_cost(left, left.shares) == D("51.286532")
    account = booked(account, a_sale(63.17, 50.536, "51.286532"))
    assert account.realized_profit_loss == D("4.887132") + D("-0.750532") == D("4.1366")
    assert account.positions == {}


def test_released_cost_has_six_decimals_and_a_half_goes_to_the_even_digit() -> None:
    assert released_cost(a_position(shares=2, cost=0.000001), D(1)) == 0
    assert released_cost(a_position(shares=2, cost=0.000003), D(1)) == D("0.000002")


def test_the_sides_of_a_market_are_two_positions() -> None:
    account = rebuilt(D(1_000), [a_trade("1", YES), a_trade("1", NO)])
    assert set(account.positions) == {("1", YES), ("1", NO)}


def test_fees_and_trades_are_counted() -> None:
    account = rebuilt(D(1_000), [a_trade("1", fee=D("0.5")), a_trade("2", fee=D("0.25"))])
    assert (account.fees_paid, account.trade_count) == (D("0.75"), 2)


def test_a_position_keeps_the_time_of_its_first_entry() -> None:
    second = a_trade(timestamp=NOON + timedelta(hours=1))
    assert rebuilt(D(1_000), [a_trade(), second]).positions["1", YES].opened_at == NOON


def test_a_sale_of_more_than_is_held_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="market 1 would leave -1 shares"):
        rebuilt(D(1_000), [a_trade(shares=10, cash=-10), a_sale(11, 11, "10")])


def test_the_last_sale_must_release_all_the_cost() -> None:
    with pytest.raises(ValueError, match="would leave 0"):
        rebuilt(D(1_000), [a_trade(shares=10, cash=-10), a_sale(10, 11, "9")])


def test_a_sale_by_a_stop_is_remembered_with_its_time() -> None:
    stopped = a_sale(125, 90, "100", details={"exit": ExitRule.STOP_LOSS}, timestamp=NOON + timedelta(hours=2))
    taken = a_sale(125, 110, "100", market_id="2", details={"exit": ExitRule.PROFIT_TARGET})
    account = rebuilt(D(1_000), [a_trade("1"), a_trade("2"), stopped, taken])
    assert account.stopped == {"1": NOON + timedelta(hours=2)}
