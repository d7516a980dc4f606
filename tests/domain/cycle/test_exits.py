"""When and how positions are sold."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Account, Position
from prescient_dagster.domain.cycle.bundles import BundleKind, bundle_id
from prescient_dagster.domain.cycle.exits import exits, is_dust, return_on_cost, rule_steps, sellable
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.signals import Action, RejectReason, Signal, SignalStatus
from tests.builders import (
    NO,
    NOON,
    YES,
    D,
    a_book,
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


def bid_at(bid: float | None, **columns: Any) -> Capture:
    return a_capture(a_market("1", yes=0.85, bid=bid, ask=0.99, **columns), **later(2, days=2))


def rules(
    capture: Capture, *positions: Position, closing: bool = False, **settings: Any
) -> list[tuple[str, ExitRule | None]]:
    account = an_account(1_000, *(positions or (a_position(),)))
    return [(sale.market_id, sale.exit) for sale in exits(account, capture, a_config(**settings), closing=closing)]


STOP, TARGET, DAYS, CLOSING = (
    [("1", rule)] for rule in (ExitRule.STOP_LOSS, ExitRule.PROFIT_TARGET, ExitRule.MAX_HOLDING_DAYS, ExitRule.CLOSING)
)


@pytest.mark.parametrize(("bid", "sold"), [(0.816, TARGET), (0.815, []), (0.9, TARGET)])
def test_125_shares_at_80_cents_take_a_target_of_two_percent_at_81_6(bid: float, sold: list[Any]) -> None:
    assert rules(bid_at(bid), profit_target=0.02) == sold


@pytest.mark.parametrize(("bid", "sold"), [(0.768, STOP), (0.769, []), (0.5, STOP)])
def test_125_shares_at_80_cents_are_stopped_at_four_percent_at_76_8(bid: float, sold: list[Any]) -> None:
    assert rules(bid_at(bid), stop_loss=0.04) == sold


@pytest.mark.parametrize(("bid", "of_cost"), [(0.80, "-0.015873"), (0.82, "0.009544"), (0.83, "0.022267")])
def test_the_return_counts_the_fee_at_the_bid(bid: float, of_cost: str) -> None:
    position = a_position(shares=124, cost=99.9936)
    capture = bid_at(bid, fee_rate=0.04)
    just_met, just_missed = abs(D(of_cost)) - D("0.000001"), abs(D(of_cost)) + D("0.000001")
    rule = "stop_loss" if D(of_cost) < 0 else "profit_target"
    met: dict[str, Any] = {rule: float(just_met)}
    missed: dict[str, Any] = {rule: float(just_missed)}
    assert rules(capture, position, **met) != []
    assert rules(capture, position, **missed) == []


@given(data=st.data())
@settings(max_examples=300)
def test_a_rough_look_leaves_no_sale_out_that_money_asks_for(data: st.DataObject) -> None:
    """Bounds are laid on the returns, give or take a millionth: where floats and money could differ."""
    legs = data.draw(st.integers(1, 3))
    prices = [data.draw(st.integers(2, 98)) / 100 for _ in range(legs)]
    rates = [data.draw(st.sampled_from([0.0, 0.02, 0.07])) for _ in range(legs)]
    bundle = bundle_id(BundleKind.YES_SET, legs, "event", NOON) if legs > 1 else None
    held = [
        a_position(
            str(leg),
            shares=data.draw(st.integers(200, 900_000)) / 100,
            cost=data.draw(st.integers(1_000_000, 900_000_000)) / 1_000_000,
            bundle=bundle,
        )
        for leg in range(legs)
    ]
    capture = a_capture(
        *(
            a_market(str(leg), yes=price, bid=price, ask=min(0.99, price + 0.01), fee_rate=rate)
            for leg, (price, rate) in enumerate(zip(prices, rates, strict=True))
        ),
        **later(2, days=2),
    )
    free = a_config(max_holding_days=3)
    offers = sellable(held, capture, free)
    assume(offers)
    bound = float(round(return_on_cost(offers), 6)) + data.draw(st.integers(-2, 2)) / 1_000_000
    assume(bound not in (0.0,) and -1 < bound < 10)
    config = a_config(**({"stop_loss": -bound} if bound < 0 else {"profit_target": bound}))
    asked = any(step.passed for step in rule_steps(offers, capture, config))
    assert bool(exits(an_account(1_000, *held), capture, config)) == asked


def test_a_position_is_sold_after_its_days_to_the_second() -> None:
    two_days_old = a_position()
    assert rules(bid_at(0.8), two_days_old, max_holding_days=2) == DAYS
    assert rules(bid_at(0.8), a_position(opened_at=NOON + timedelta(seconds=1)), max_holding_days=2) == []


def test_the_stop_comes_before_the_target_and_both_before_the_days() -> None:
    every_rule: dict[str, Any] = {"stop_loss": 0.01, "profit_target": 0.01, "max_holding_days": 1}
    assert rules(bid_at(0.7), **every_rule) == STOP
    assert rules(bid_at(0.9), **every_rule) == TARGET
    assert rules(bid_at(0.8), **every_rule) == DAYS


def test_without_rules_a_position_is_held_until_its_market_resolves() -> None:
    assert rules(bid_at(0.01)) == []


@pytest.mark.parametrize(
    "capture",
    [
        bid_at(None),
        bid_at(0.5, tradable=False),
        bid_at(0.5, fee_rate=None),
        a_capture(a_closed_market("1", bid=0.5), **later(2, days=2)),
        a_capture(a_market("2"), **later(2, days=2)),
    ],
    ids=["nobody bids", "not tradable", "unknown fee", "closed, its bid stale", "not listed"],
)
def test_where_there_is_no_real_bid_nothing_is_sold(capture: Capture) -> None:
    assert rules(capture, stop_loss=0.04, profit_target=0.01, max_holding_days=1, closing=True) == []


def test_a_no_position_is_sold_at_one_minus_the_ask() -> None:
    capture = a_capture(a_market("1", yes=0.30, ask=0.31), **later(2))
    (sale,) = exits(an_account(0, a_position(side=NO, cost=60)), capture, a_config(profit_target=0.4))
    assert (sale.action, sale.amount) == (Action.SELL_NO, D("86.25"))


def test_a_sale_tells_its_rule_and_the_return() -> None:
    (sale,) = exits(an_account(0, a_position()), bid_at(0.768), a_config(stop_loss=0.04))
    assert sale.reason == "stop_loss: return -4.00% at the bid after 2.0 days"
    assert (sale.action, sale.shares, sale.amount, sale.target_price) == (Action.SELL_YES, D(125), D(96), D("0.85"))


def test_what_is_worth_less_than_a_dollar_is_dust_and_stays() -> None:
    crumb = a_position(shares=1.2, cost=1)
    assert rules(bid_at(0.8), crumb, stop_loss=0.01, closing=True) == []
    assert is_dust(a_position(shares=1.2, cost=1, mark=D("0.80")))
    assert not is_dust(a_position(shares=1.25, cost=1, mark=D("0.80")))
    assert not is_dust(a_position(mark=None))


def test_a_portfolio_that_is_closed_sells_all_it_can_and_enters_nothing() -> None:
    capture = a_capture(*(a_market(market) for market in "123"), **later(2))
    account = an_account(1_000, a_position("1"), a_position("3", NO, shares=100, cost=19))
    decision = decided(a_strategy(a_wish("2")), capture, account, a_config(), closing=True)
    assert [(sale.market_id, sale.exit) for sale in decision.signals] == [
        ("1", ExitRule.CLOSING),
        ("3", ExitRule.CLOSING),
    ]
    _, account = execute(decision.signals, account, capture, a_config(), {})
    assert account.positions == {}


# In a cycle.


def cycle(
    account: Account, capture: Capture, *wishes: Signal, books: Sequence[Any] = (), **settings: Any
) -> tuple[list[Outcome], Account]:
    config = a_config(**settings)
    signals = decided(a_strategy(*wishes), capture, account, config).signals
    return execute(signals, account, capture, config, {book.token_id: book for book in books})


def ends(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    return [(outcome.signal.market_id, outcome.reject_reason or outcome.status) for outcome in outcomes]


def test_exits_come_first_by_market_id_compared_as_text_then_entries_by_rank() -> None:
    capture = a_capture(*(a_market(market) for market in ("10", "9", "1", "2")), **later(2))
    account = an_account(1_000, a_position("9", cost=50), a_position("10", cost=50))
    outcomes, _ = cycle(account, capture, a_wish("1"), a_wish("2", confidence=D("0.4")), profit_target=0.1)
    assert [market for market, _ in ends(outcomes)] == ["10", "9", "2", "1"]


def test_a_sale_pays_for_the_entry_after_it_and_frees_its_slot() -> None:
    capture = a_capture(a_market("1", bid=0.80), a_market("2", ask=0.80, bid=0.79), **later(2))
    outcomes, account = cycle(
        an_account(0, a_position(cost=90)), capture, a_wish("2"), max_positions=1, profit_target=0.1
    )
    assert ends(outcomes) == [("1", "executed"), ("2", "executed")]
    assert account.positions.keys() == {("2", YES)}
    assert account.realized_profit_loss == 10


def test_a_market_that_is_sold_is_not_entered_again_in_the_same_cycle() -> None:
    outcomes, _ = cycle(
        an_account(1_000, a_position(cost=50)), a_capture(a_market("1")), a_wish("1"), profit_target=0.1
    )
    assert ends(outcomes) == [("1", "executed")]


def test_where_an_exit_fills_in_part_its_slot_is_not_free_and_the_weakest_entry_is_refused() -> None:
    capture = a_capture(a_market("1", bid=0.80, liquidity=2_000), a_market("2"), a_market("3"), **later(2))
    account = an_account(1_000, a_position(cost=50))
    wishes = a_wish("2", confidence=D("0.4")), a_wish("3")
    outcomes, account = cycle(account, capture, *wishes, max_positions=2, profit_target=0.1)
    assert ends(outcomes) == [("1", "partially_executed"), ("2", "executed"), ("3", "no_free_slot")]
    assert account.positions.keys() == {("1", YES), ("2", YES)}


def test_where_an_exit_fails_its_event_is_still_crowded() -> None:
    event: dict[str, Any] = {"event_id": "event"}
    capture = a_capture(a_market("1", bid=0.80, **event), a_market("2", **event), **later(2))
    account = an_account(1_000, a_position(cost=50, **event))
    settings = {"profit_target": 0.1, "max_positions_per_event": 1, "fill_model": "book"}
    outcomes, _ = cycle(account, capture, a_wish("2", **event), books=[a_book(bids="500@.70")], **settings)
    assert ends(outcomes) == [("1", "slippage"), ("2", "no_free_slot")]


def test_a_rejected_entry_does_not_hand_its_slot_down() -> None:
    capture = a_capture(a_market("2", ask=None, bid=0.7), a_market("3"))
    wishes = a_wish("2", confidence=D("0.4")), a_wish("3")
    config = a_config(max_positions=1)
    outcomes, _ = execute(wishes, an_account(1_000), capture, config, {})
    assert ends(outcomes) == [("2", "no_liquidity"), ("3", "no_free_slot")]


def test_exits_are_made_where_entries_are_not_due() -> None:
    decision = decided(
        a_strategy(a_wish("2")),
        a_capture(a_market("1"), a_market("2")),
        an_account(0, a_position(cost=50)),
        a_config(profit_target=0.1),
        may_enter=False,
    )
    assert [signal.action for signal in decision.signals] == [Action.SELL_YES]


def test_a_partial_sale_leaves_the_average_cost_of_the_rest_alone() -> None:
    position = a_position(shares=123.17, cost=99.9994)
    capture = a_capture(a_market("1", yes=0.91, bid=0.90), **later(2))
    books = [a_book(bids="1000@.80 20@.88 40@.90")]
    outcomes, account = cycle(an_account(0, position), capture, books=books, fill_model="book", profit_target=0.1)
    trade = outcomes[0].trade
    assert trade is not None
    assert outcomes[0].status is SignalStatus.PARTIALLY_EXECUTED
    assert (trade.shares, trade.cash_delta, trade.cost_delta) == (D(-60), D("53.60"), D("-48.712868"))
    assert account.realized_profit_loss == D("4.887132")
    left = account.positions["1", YES]
    assert (left.shares, left.cost) == (D("63.17"), D("51.286532"))
    capture = a_capture(a_market("1", yes=0.81, bid=0.80), **later(3, hours=1))
    outcomes, account = cycle(account, capture, books=[a_book(bids="1000@.80")], fill_model="book", stop_loss=0.01)
    assert outcomes[0].status is SignalStatus.EXECUTED
    assert account.realized_profit_loss == D("4.1366")
    assert account.positions == {}


def test_a_sale_pays_the_fee_of_each_level() -> None:
    capture = a_capture(a_market("1", yes=0.81, bid=0.80, fee_rate=0.04), **later(2))
    _, account = cycle(an_account(0, a_position(cost=80)), capture, profit_target=0.1)
    assert (account.fees_paid, account.balance) == (D("0.8"), D("99.2"))


def test_at_mid_a_sale_fills_whole_at_the_listed_price_without_a_fee() -> None:
    capture = a_capture(a_market("1", yes=0.85, bid=0.80, fee_rate=0.04, liquidity=0), **later(2))
    _, account = cycle(an_account(0, a_position(cost=80)), capture, profit_target=0.1, fill_model="mid")
    assert (account.balance, account.fees_paid) == (D("106.25"), D(0))


@pytest.mark.parametrize(
    ("market", "books", "reason"),
    [
        (a_market("1", tradable=False), [], RejectReason.NOT_TRADABLE),
        (a_market("2"), [], RejectReason.NOT_TRADABLE),
        (a_market("1", fee_rate=None), [], RejectReason.UNKNOWN_FEE),
        (a_market("1", bid=None), [], RejectReason.NO_LIQUIDITY),
        (a_market("1", liquidity=0), [], RejectReason.NO_LIQUIDITY),
        (a_market("1"), [a_book(asks="5@.9")], RejectReason.NO_LIQUIDITY),
        (a_market("1", bid=0.80), [a_book(bids="500@.75")], RejectReason.SLIPPAGE),
        (a_market("1", bid=0.80), [a_book(bids="1@.80")], RejectReason.BELOW_MINIMUM),
    ],
)
def test_a_sale_that_cannot_be_made_says_why(market: Any, books: list[Any], reason: RejectReason) -> None:
    account = an_account(0, a_position())
    sale = a_wish("1", action=Action.SELL_YES, shares=D(125), exit=ExitRule.STOP_LOSS)
    config = a_config(fill_model="book")
    outcomes, left = execute([sale], account, a_capture(market), config, {book.token_id: book for book in books})
    assert outcomes[0].reject_reason == reason
    assert left == account


def test_a_sale_of_what_has_been_settled_meanwhile_is_refused() -> None:
    sale = a_wish("1", action=Action.SELL_YES, shares=D(125))
    outcomes, _ = execute([sale], an_account(0), a_capture(a_market("1")), a_config(), {})
    assert outcomes[0].reject_reason == RejectReason.NOT_TRADABLE


@pytest.mark.parametrize(("hours", "entered"), [(23.99, False), (24, True)])
def test_a_market_is_not_entered_for_some_hours_after_a_stop(hours: float, entered: bool) -> None:
    market = a_market("1", yes=0.70)
    _, account = cycle(an_account(1_000, a_position()), a_capture(market), stop_loss=0.04)
    assert account.positions == {}
    outcomes, _ = cycle(account, a_capture(market, **later(2, hours=hours)), a_wish("1"), stop_loss=0.04)
    assert bool(outcomes) is entered


def test_after_a_target_a_market_may_be_entered_at_the_next_capture() -> None:
    market = a_market("1", yes=0.90)
    _, account = cycle(an_account(1_000, a_position()), a_capture(market), profit_target=0.04)
    outcomes, _ = cycle(account, a_capture(market, **later(2, minutes=5)), a_wish("1"), profit_target=0.04)
    assert ends(outcomes) == [("1", "executed")]


# Bundles.

SET = bundle_id(BundleKind.YES_SET, 2, "event", NOON)
LEGS = a_position("1", cost=30, shares=100, bundle=SET), a_position("2", cost=60, shares=100, bundle=SET)


def two_bids(first: float | None, second: float | None, **columns: Any) -> Capture:
    return a_capture(
        a_market("1", yes=0.4, bid=first, ask=0.9, **columns), a_market("2", yes=0.6, bid=second, ask=0.9), **later(2)
    )


def test_a_bundle_is_judged_as_one_position() -> None:
    assert rules(two_bids(0.10, 0.89), *LEGS, profit_target=0.10) == [
        ("1", ExitRule.PROFIT_TARGET),
        ("2", ExitRule.PROFIT_TARGET),
    ]
    assert rules(two_bids(0.10, 0.88), *LEGS, profit_target=0.10) == []
    assert rules(two_bids(0.10, 0.79), *LEGS, stop_loss=0.02) == []


def test_a_bundle_is_sold_whole() -> None:
    outcomes, account = cycle(an_account(0, *LEGS), two_bids(0.40, 0.70), profit_target=0.1)
    assert [outcome.status for outcome in outcomes] == [SignalStatus.EXECUTED] * 2
    assert account.positions == {}
    assert account.balance == 110


@pytest.mark.parametrize("capture", [two_bids(None, 0.95), two_bids(0.40, 0.70, tradable=False), two_bids(0.005, 0.99)])
def test_a_bundle_with_a_leg_that_cannot_be_sold_stays(capture: Capture) -> None:
    assert rules(capture, *LEGS, closing=True, profit_target=0.001) == []


def test_a_bundle_is_never_left_half_sold() -> None:
    capture = two_bids(0.40, 0.70, liquidity=1_000)  # 2 % of it buy 50 of the 100 shares
    outcomes, account = cycle(an_account(0, *LEGS), capture, profit_target=0.1)
    assert [outcome.reject_reason for outcome in outcomes] == [RejectReason.BUNDLE_INCOMPLETE] * 2
    assert account == an_account(0, *LEGS)


def test_a_bundle_of_which_a_leg_has_settled_is_not_sold() -> None:
    assert rules(two_bids(0.40, 0.70), LEGS[0], closing=True, profit_target=0.1) == []
    sale = a_wish("1", action=Action.SELL_YES, shares=D(100), bundle=SET)
    outcomes, _ = execute([sale], an_account(0, LEGS[0]), two_bids(0.40, 0.70), a_config(), {})
    assert [outcome.reject_reason for outcome in outcomes] == [RejectReason.BUNDLE_INCOMPLETE]


def test_a_bundle_is_sold_where_its_first_leg_stands() -> None:
    capture = a_capture(*(a_market(market, yes=0.9) for market in "1234"), **later(2))
    legs = a_position("1", bundle=SET), a_position("3", bundle=SET)
    account = an_account(0, a_position("4"), *legs, a_position("2"))
    sales = exits(account, capture, a_config(profit_target=0.01))
    assert [sale.market_id for sale in sales] == ["1", "3", "2", "4"]
