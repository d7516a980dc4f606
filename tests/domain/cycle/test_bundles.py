"""Bundles: equal shares on every leg, all or none."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Account, booked, opened
from prescient_dagster.domain.books.settlement import Ending, Verdict, settlements
from prescient_dagster.domain.cycle import bundles
from prescient_dagster.domain.cycle.bundles import BundleFill, BundleId, BundleKind, Leg
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.fees import NO_FEE, FeeSchedule
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.signals import RejectReason, Signal, SignalStatus
from tests.builders import (
    NO,
    NOON,
    YES,
    D,
    a_book,
    a_bundle,
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

FOUR_PERCENT = FeeSchedule(D("0.04"), D(1))


class MarginConfig(StrategyConfig):
    """A config of a strategy that makes bundles."""

    def least_margin(self) -> Decimal | None:
        return D("0.05")


def a_leg(offers: str, side: Side = YES, fees: FeeSchedule = NO_FEE) -> Leg:
    return Leg("1", side, a_book(asks=offers).asks, fees)


def sized(*legs: Leg, payout: int = 1, budget: float = 150, **limits: Any) -> BundleFill:
    fill = bundles.sized(legs, D(payout), D(budget), **limits)
    assert isinstance(fill, BundleFill)
    return fill


def not_sized(*legs: Leg, payout: int = 1, budget: float = 150, **limits: Any) -> RejectReason:
    reason = bundles.sized(legs, D(payout), D(budget), **limits)
    assert isinstance(reason, RejectReason)
    return reason


def test_150_usd_buy_163_04_shares_of_a_yes_set_at_92_cents() -> None:
    fill = sized(a_leg("1000@.50"), a_leg("1000@.30"), a_leg("1000@.12"))
    assert (fill.shares, fill.cost, money.usd(fill.margin)) == (D("163.04"), D("149.9968"), D("0.086957"))
    assert fill.shares - fill.cost == D("13.0432")
    assert [part.shares for part in fill.fills] == [fill.shares] * 3


def test_with_fees_150_usd_buy_159_13_shares_of_it() -> None:
    fill = sized(*(a_leg(offer, fees=FOUR_PERCENT) for offer in ("1000@.50", "1000@.30", "1000@.12")))
    assert fill.shares == D("159.13")
    assert [part.fee for part in fill.fills] == [D("1.5913"), D("1.33669"), D("0.67217")]
    assert (fill.cost, fill.shares - fill.cost) == (D("149.99976"), D("9.13024"))
    assert money.usd(fill.margin) == D("0.060868")


def test_a_no_set_of_three_legs_pays_two_dollars() -> None:
    fill = sized(*(a_leg(offer, NO) for offer in ("1000@.55", "1000@.60", "1000@.65")), payout=2)
    assert (fill.shares, fill.cost, 2 * fill.shares) == (D("83.33"), D("149.994"), D("166.66"))
    assert 2 * fill.shares - fill.cost == D("16.666")


def test_the_shallowest_leg_sets_the_size() -> None:
    fill = sized(a_leg("1000@.50"), a_leg("40@.30"))
    assert (fill.shares, fill.complete) == (D(40), False)


def test_deeper_offers_are_walked_until_the_budget_is_used() -> None:
    legs = a_leg("100@.50 1000@.52"), a_leg("120@.40 1000@.45")
    fill = sized(*legs, budget=150)
    assert (fill.shares, fill.cost, fill.complete) == (D("162.88"), D("149.9936"), True)
    assert sized(*legs, budget=150.0032).shares == D("162.88")
    assert sized(*legs, budget=150.0033).shares == D("162.89")


def test_a_leg_that_offers_nothing_leaves_the_bundle_incomplete() -> None:
    assert not_sized(a_leg("1000@.50"), a_leg("")) is RejectReason.BUNDLE_INCOMPLETE
    assert not_sized(a_leg("1000@.50"), a_leg("0.009@.30")) is RejectReason.BUNDLE_INCOMPLETE


@pytest.mark.parametrize("thin", [a_leg("3@.30"), a_leg("9.99@.10")])
def test_a_leg_too_short_of_depth_for_the_least_order_leaves_it_incomplete(thin: Leg) -> None:
    assert not_sized(a_leg("1000@.50"), thin) is RejectReason.BUNDLE_INCOMPLETE


def test_a_budget_too_small_for_the_least_order_of_every_leg_is_below_the_minimum() -> None:
    legs = a_leg("1000@.90"), a_leg("1000@.05")
    assert not_sized(*legs, budget=18) is RejectReason.BELOW_MINIMUM
    assert sized(*legs, budget=19).shares == 20
    assert not_sized(*legs, budget=-5) is RejectReason.BELOW_MINIMUM


def test_a_margin_that_depth_has_eaten_is_gone() -> None:
    legs = a_leg("100@.50 1000@.60"), a_leg("1000@.40")  # 160 shares cost 150: a margin of .0667
    assert not_sized(*legs, min_margin=D("0.07")) is RejectReason.MARGIN_GONE
    assert sized(*legs, min_margin=D("0.07"), budget=90).shares == 100


def test_a_margin_of_exactly_the_least_one_is_enough() -> None:
    legs = a_leg("1000@.50"), a_leg("1000@.30")
    assert sized(*legs, min_margin=D("0.25")).margin == D("0.25")
    assert not_sized(*legs, min_margin=D("0.2500001")) is RejectReason.MARGIN_GONE


def test_a_bundles_text_tells_its_kind_its_legs_and_what_it_pays() -> None:
    text = bundles.bundle_id(BundleKind.NO_SET, 3, "event:7", NOON)
    assert text == "no_set:3:event:7:20260301T120000000000"
    bundle = BundleId.parse(text)
    assert (bundle.kind, bundle.legs, bundle.payout, str(bundle)) == (BundleKind.NO_SET, 3, D(2), text)
    assert BundleId.parse(bundles.bundle_id(BundleKind.YES_SET, 3, "7", NOON)).payout == 1
    assert BundleId.parse(bundles.bundle_id(BundleKind.NESTED, 2, "7", NOON)).payout == 1


# In a cycle.

LEGS = ("1", YES), ("2", YES), ("3", YES)


def the_set(**second: Any) -> Capture:
    """A YES set at 92 cents."""
    event: dict[str, Any] = {"event_id": "event", "neg_risk": True}
    return a_capture(
        a_market("1", yes=0.495, ask=0.50, **event),
        a_market("2", yes=0.295, **({"ask": 0.30} | event | second)),
        a_market("3", yes=0.115, ask=0.12, **event),
    )


def traded(
    wishes: Sequence[Signal], capture: Capture, account: Account | None = None, *books: Any, **settings: Any
) -> tuple[list[Outcome], Account]:
    account = opened(D(10_000)) if account is None else account
    config = a_config(MarginConfig, **settings)
    return execute(wishes, account, capture, config, {book.token_id: book for book in books})


def reasons(outcomes: Sequence[Outcome]) -> list[str | None]:
    assert all(outcome.status is SignalStatus.REJECTED and outcome.trade is None for outcome in outcomes)
    return [outcome.reject_reason for outcome in outcomes]


def test_a_bundle_buys_equal_shares_on_all_legs() -> None:
    outcomes, account = traded(a_bundle(*LEGS), the_set())
    assert [outcome.status for outcome in outcomes] == [SignalStatus.EXECUTED] * 3
    assert {position.shares for position in account.positions.values()} == {D("163.04")}
    assert account.balance == D(10_000) - D("149.9968")
    assert len({position.bundle for position in account.positions.values()}) == 1


@pytest.mark.parametrize("winner", ["1", "2", "3"])
def test_whichever_leg_wins_the_profit_is_the_same(winner: str) -> None:
    _, account = traded(a_bundle(*LEGS), the_set())
    for position in list(account.positions.values()):
        ending = Ending.YES if position.market_id == winner else Ending.NO
        for trade in settlements(position, [], Verdict(ending), NOON):
            account = booked(account, trade)
    assert (account.realized_profit_loss, account.balance) == (D("13.0432"), D("10013.0432"))


def test_if_the_second_leg_wins_each_leg_realises_its_own_part() -> None:
    _, account = traded(a_bundle(*LEGS), the_set())
    verdicts = {"1": Verdict(Ending.NO), "2": Verdict(Ending.YES), "3": Verdict(Ending.NO)}
    realised = []
    for position in account.positions.values():
        (trade,) = settlements(position, [], verdicts[position.market_id], NOON)
        realised.append(trade.cash_delta + trade.cost_delta)
    assert realised == [D("-81.52"), D("114.128"), D("-19.5648")]


def test_with_one_leg_short_of_depth_nothing_trades() -> None:
    outcomes, account = traded(a_bundle(*LEGS), the_set(liquidity=40))
    assert reasons(outcomes) == [RejectReason.BUNDLE_INCOMPLETE] * 3
    assert account == opened(D(10_000))


def test_a_leg_of_some_depth_sets_the_size_of_all() -> None:
    outcomes, account = traded(a_bundle(*LEGS), the_set(liquidity=300))
    assert [outcome.status for outcome in outcomes] == [SignalStatus.PARTIALLY_EXECUTED] * 3
    assert {position.shares for position in account.positions.values()} == {D(20)}


def test_with_one_leg_that_nobody_offers_nothing_trades_and_that_leg_tells_why() -> None:
    outcomes, account = traded(a_bundle(*LEGS), the_set(ask=None))
    incomplete = RejectReason.BUNDLE_INCOMPLETE
    assert reasons(outcomes) == [incomplete, RejectReason.NO_LIQUIDITY, incomplete]
    assert account == opened(D(10_000))


def test_a_bundle_without_one_of_its_signals_does_not_trade() -> None:
    outcomes, _ = traded(a_bundle(*LEGS)[:2], the_set())
    assert reasons(outcomes) == [RejectReason.BUNDLE_INCOMPLETE] * 2


def test_the_margin_is_judged_again_at_the_fill() -> None:
    books = [a_book(f"{market}-yes", asks=asks) for market, asks in (("1", "10@.50 900@.52"), ("2", "900@.31"))]
    outcomes, _ = traded(a_bundle(*LEGS), the_set(), None, *books, fill_model="book")
    assert [outcome.status for outcome in outcomes] == [SignalStatus.EXECUTED] * 3
    books[1] = a_book("2-yes", asks="900@.315")
    outcomes, account = traded(a_bundle(*LEGS), the_set(), None, *books, fill_model="book")
    assert reasons(outcomes) == [RejectReason.MARGIN_GONE] * 3
    assert account == opened(D(10_000))


def test_a_bundle_buys_what_cash_there_is_for_all_legs_together() -> None:
    outcomes, account = traded(a_bundle(*LEGS), the_set(), opened(D(46)))
    assert [outcome.status for outcome in outcomes] == [SignalStatus.PARTIALLY_EXECUTED] * 3
    assert {position.shares for position in account.positions.values()} == {D(50)}
    assert account.balance == 0


def test_cash_that_does_not_reach_for_the_least_order_of_every_leg_is_insufficient() -> None:
    for balance in ("5", "0", "-3"):
        outcomes, _ = traded(a_bundle(*LEGS), the_set(), an_account(D(balance)))
        assert reasons(outcomes) == [RejectReason.INSUFFICIENT_CASH] * 3


def test_a_bundle_that_the_stop_would_sell_at_once_is_not_made() -> None:
    outcomes, _ = traded(a_bundle(*LEGS), the_set(), stop_loss=0.03)  # sells at .485 + .285 + .105 = .875
    assert reasons(outcomes) == [RejectReason.SPREAD_EXCEEDS_STOP] * 3


def test_a_bundle_takes_one_slot() -> None:
    wishes = [*a_bundle(*LEGS), a_wish("4"), a_wish("5")]
    capture = a_capture(*(a_market(str(number)) for number in range(1, 6)))
    signals = decided(a_strategy(*wishes), capture, opened(D(1_000)), a_config(max_positions=2)).signals
    assert [signal.market_id for signal in signals] == ["1", "2", "3", "4"]


def test_a_bundle_with_a_leg_in_a_held_market_is_dropped_whole() -> None:
    account = an_account(1_000, a_position("2", NO))
    assert decided(a_strategy(*a_bundle(*LEGS)), the_set(), account, a_config()).signals == ()


def test_a_market_enters_one_bundle_the_best_ranked() -> None:
    better = a_bundle(("2", YES), ("3", YES), confidence=D("0.4"))
    signals = decided(a_strategy(*a_bundle(*LEGS), *better), the_set(), opened(D(1_000)), a_config()).signals
    assert {signal.bundle for signal in signals} == {better[0].bundle}
