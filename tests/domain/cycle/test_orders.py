"""What becomes of one entry: how it fills, and every reason for which it does not."""

import pytest

from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.cycle.order_books import NoBook
from prescient_dagster.domain.cycle.orders import tokens_needed
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from tests.builders import (
    NO,
    YES,
    D,
    a_book,
    a_capture,
    a_config,
    a_market,
    a_wish,
    an_account,
    execute,
    filled,
    filled_knowing,
    refused,
)

AT_80_CENTS = a_market(yes=0.795, bid=0.79, ask=0.80)


def test_the_worked_example_100_usd_at_80_cents_buy_125_shares() -> None:
    outcome, account = filled(a_wish(amount=100), a_capture(AT_80_CENTS))
    assert outcome.status is SignalStatus.EXECUTED
    assert account.positions["1", YES].shares == 125
    assert (account.balance, account.positions["1", YES].cost) == (D(9_900), D(100))


def test_a_purchase_with_a_fee_of_five_percent_costs_99_999() -> None:
    market = a_market(yes=0.495, bid=0.49, ask=0.50, fee_rate=0.05)
    _, account = filled(a_wish(amount=100), a_capture(market))
    assert (account.balance, account.fees_paid) == (D("9900.001"), D("2.439"))
    assert account.positions["1", YES].shares == D("195.12")


def test_the_no_side_is_bought_at_one_minus_the_bid() -> None:
    outcome, _ = filled(a_wish(side=NO, amount=21), a_capture(AT_80_CENTS))
    assert outcome.trade is not None
    assert (outcome.trade.price, outcome.trade.shares) == (D("0.21"), D(100))


def test_with_a_book_the_order_walks_it_and_the_trade_is_real() -> None:
    outcome, _ = filled(
        a_wish(), a_capture(AT_80_CENTS), None, a_book(asks="1000@.90 100@.82 50@.80"), fill_model="book"
    )
    assert outcome.trade is not None
    assert (outcome.trade.cash_delta, outcome.trade.synthetic) == (D("-99.9994"), False)
    assert outcome.trade.details == {
        "fill_model": "book",
        "touch": "0.8",
        "levels": [["0.80", "50.00", "0.00000"], ["0.82", "73.17", "0.00000"]],
    }


def test_without_a_book_the_order_fills_at_the_touch_and_the_trade_is_synthetic() -> None:
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS), fill_model="book")
    assert outcome.trade is not None
    assert (outcome.trade.shares, outcome.trade.synthetic) == (D(125), True)


@pytest.mark.parametrize("reason", [RejectReason.NO_BOOK, RejectReason.BOOK_UNUSABLE, RejectReason.VENUE_UNAVAILABLE])
def test_a_book_that_is_not_to_be_had_is_no_price(reason: RejectReason) -> None:
    books = {"1-yes": NoBook(reason)}
    outcome, account = filled_knowing(books, a_wish(), a_capture(AT_80_CENTS), fill_model="book")
    assert refused(outcome) == reason
    assert account == opened(D(10_000))


@pytest.mark.parametrize("reason", [RejectReason.NO_BOOK, RejectReason.BOOK_UNUSABLE, RejectReason.VENUE_UNAVAILABLE])
def test_who_needs_no_book_does_not_miss_one(reason: RejectReason) -> None:
    books = {"1-yes": NoBook(reason), "1-no": NoBook(reason)}
    at_touch, _ = filled_knowing(books, a_wish(), a_capture(AT_80_CENTS), fill_model="touch")
    assert at_touch.status is SignalStatus.EXECUTED
    other_side, _ = filled_knowing(
        {"1-no": NoBook(reason), "1-yes": a_book(asks="500@.80")}, a_wish(), a_capture(AT_80_CENTS), fill_model="book"
    )
    assert other_side.status is SignalStatus.EXECUTED


def test_the_books_limit_is_counted_from_the_captures_touch() -> None:
    book = a_book(asks="1000@.85")
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS), None, book, fill_model="book", max_slippage=0.0625)
    assert outcome.status is SignalStatus.EXECUTED


def test_more_than_two_percent_of_the_liquidity_is_not_to_be_had_at_the_touch() -> None:
    outcome, account = filled(a_wish(), a_capture(AT_80_CENTS | {"liquidity": 2_000}))
    assert outcome.status is SignalStatus.PARTIALLY_EXECUTED
    assert account.positions["1", YES].cost == 40


def test_at_mid_the_whole_amount_fills_at_the_target_price_without_a_fee() -> None:
    market = a_market(yes=0.80, fee_rate=0.05, liquidity=0)
    outcome, account = filled(a_wish(target_price=D("0.80")), a_capture(market), fill_model="mid")
    assert outcome.status is SignalStatus.EXECUTED
    assert (account.balance, account.fees_paid, account.positions["1", YES].shares) == (D(9_900), D(0), D(125))


def test_at_mid_a_price_nobody_may_quote_has_no_liquidity() -> None:
    outcome, _ = filled(a_wish(target_price=D(0)), a_capture(AT_80_CENTS), fill_model="mid")
    assert refused(outcome) == RejectReason.NO_LIQUIDITY


def test_a_market_that_takes_no_orders_is_not_tradable() -> None:
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS | {"tradable": False}))
    assert refused(outcome) == RejectReason.NOT_TRADABLE


def test_a_market_that_is_not_listed_is_not_tradable() -> None:
    outcome, _ = filled(a_wish("2"), a_capture(AT_80_CENTS))
    assert refused(outcome) == RejectReason.NOT_TRADABLE


def test_a_market_that_does_not_say_which_fees_it_takes_is_refused() -> None:
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS | {"fee_rate": None}))
    assert refused(outcome) == RejectReason.UNKNOWN_FEE


def test_a_market_where_nobody_asks_has_no_liquidity() -> None:
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS | {"best_ask": None}))
    assert refused(outcome) == RejectReason.NO_LIQUIDITY


def test_a_market_without_liquidity_has_none_at_the_touch_either() -> None:
    for liquidity in (0, None):
        outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS | {"liquidity": liquidity}))
        assert refused(outcome) == RejectReason.NO_LIQUIDITY


def test_an_empty_book_has_no_liquidity() -> None:
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS), None, a_book(bids="5@.79"), fill_model="book")
    assert refused(outcome) == RejectReason.NO_LIQUIDITY


def test_a_book_whose_offers_are_all_beyond_the_limit_is_slippage() -> None:
    outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS), None, a_book(asks="1000@.8401"), fill_model="book")
    assert refused(outcome) == RejectReason.SLIPPAGE


def test_the_smallest_order_that_rests_in_the_book_does_not_bind_one_that_takes_from_it() -> None:
    """5 shares here; 3.50 USD at 0.80 buy 4.37, and of 2 that are offered both are bought."""
    market = AT_80_CENTS | {"min_order_size": 5}
    outcome, account = filled(a_wish(amount=3.50), a_capture(market))
    assert (outcome.status, account.positions["1", YES].shares) == (SignalStatus.EXECUTED, D("4.37"))
    outcome, account = filled(a_wish(), a_capture(market), None, a_book(asks="2@.80"), fill_model="book")
    assert (outcome.status, account.positions["1", YES].cost) == (SignalStatus.PARTIALLY_EXECUTED, D("1.6"))


def test_a_fill_of_less_than_a_dollar_is_below_the_minimum() -> None:
    assert refused(filled(a_wish(amount=1), a_capture(a_market(ask=0.9)))[0]) == RejectReason.BELOW_MINIMUM  # 1.11 × .9
    assert filled(a_wish(amount=1), a_capture(AT_80_CENTS))[0].status is SignalStatus.EXECUTED  # 1.25 × .8


def test_a_fill_under_a_dollar_for_want_of_depth_is_below_the_minimum_also_where_cash_is_short() -> None:
    market = AT_80_CENTS | {"liquidity": 40}
    for balance in (10_000, 50):
        outcome, _ = filled(a_wish(), a_capture(market), an_account(balance))
        assert refused(outcome) == RejectReason.BELOW_MINIMUM


def test_less_cash_than_wished_buys_what_it_can() -> None:
    outcome, account = filled(a_wish(), a_capture(AT_80_CENTS), opened(D("50.30")))
    assert outcome.status is SignalStatus.PARTIALLY_EXECUTED
    assert (account.balance, account.positions["1", YES].shares) == (D("0.004"), D("62.87"))


def test_cash_that_does_not_reach_for_the_least_order_is_insufficient() -> None:
    for balance in ("0.99", "0.003", "0", "-100"):
        outcome, _ = filled(a_wish(), a_capture(AT_80_CENTS), an_account(D(balance)))
        assert refused(outcome) == RejectReason.INSUFFICIENT_CASH


def test_a_purchase_that_the_stop_would_sell_at_once_is_not_made() -> None:
    capture = a_capture(a_market(yes=0.78, bid=0.76, ask=0.80))
    assert refused(filled(a_wish(), capture, stop_loss=0.05)[0]) == RejectReason.SPREAD_EXCEEDS_STOP
    assert filled(a_wish(), capture, stop_loss=0.051)[0].status is SignalStatus.EXECUTED


def test_the_fees_of_both_ways_count_against_the_stop() -> None:
    capture = a_capture(a_market(yes=0.795, bid=0.79, ask=0.80, fee_rate=0.04))
    outcome, _ = filled(a_wish(), capture, stop_loss=0.02)
    assert refused(outcome) == RejectReason.SPREAD_EXCEEDS_STOP


def test_with_a_stop_a_market_where_nobody_bids_is_not_entered() -> None:
    capture = a_capture(AT_80_CENTS | {"best_bid": None})
    assert refused(filled(a_wish(), capture, stop_loss=0.5)[0]) == RejectReason.SPREAD_EXCEEDS_STOP
    assert filled(a_wish(), capture)[0].status is SignalStatus.EXECUTED


def test_each_order_sees_the_cash_that_the_ones_before_it_left() -> None:
    capture = a_capture(AT_80_CENTS, AT_80_CENTS | {"market_id": "2"}, AT_80_CENTS | {"market_id": "3"})
    outcomes, account = execute([a_wish("1"), a_wish("2"), a_wish("3")], opened(D(150)), capture, a_config(), {})
    assert [outcome.status for outcome in outcomes] == ["executed", "partially_executed", "rejected"]
    assert outcomes[2].reject_reason == RejectReason.INSUFFICIENT_CASH
    assert account.balance == 0


def test_the_books_that_are_needed_are_those_of_the_sides_to_be_traded() -> None:
    wishes = [a_wish("1", YES), a_wish("2", NO), a_wish("3")]
    capture = a_capture(a_market("1"), a_market("2"))
    assert tokens_needed(wishes, capture, a_config(fill_model="book")) == {"1-yes", "2-no"}
    assert tokens_needed(wishes, capture, a_config(fill_model="touch")) == set()
