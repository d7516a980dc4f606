"""From trades to closed positions, and what these say of a portfolio."""

import pytest

from prescient_dagster.domain.figures.closed_positions import (
    ClosedPositions,
    closed_positions,
    expectancy,
    profit_factor,
    win_rate,
)
from prescient_dagster.domain.figures.round_trips import PricedTrade, round_trips
from tests.builders import NO, YES, D
from tests.track_records import a_buy, a_payment, a_reversal, a_sale


def profits(*trades: PricedTrade) -> list[float]:
    """The profits of the closed positions among these trades."""
    return [float(trip.profit) for trip in round_trips(trades) if trip.is_closed]


def test_the_worked_profits() -> None:
    found = [D(profit) for profit in (25, -100, 10, 0, -5, 15)]
    assert win_rate(found) == 0.5
    assert profit_factor(found) == pytest.approx(50 / 105, abs=1e-12)
    assert expectancy(found) == pytest.approx(-55 / 6, abs=1e-12)


def test_without_a_closed_position_every_figure_is_empty() -> None:
    open_only = round_trips([a_buy(125, 0.8)])
    assert closed_positions(open_only) == ClosedPositions(0, None, None, None, None)


def test_all_wins_have_no_profit_factor() -> None:
    trips = round_trips([a_buy(125, 0.8), a_payment(125, 1, released=100, day=4)])
    assert closed_positions(trips) == ClosedPositions(1, 1.0, None, 25.0, 4.0)


def test_all_losses_have_a_profit_factor_of_zero() -> None:
    trips = round_trips([a_buy(125, 0.8), a_payment(125, 0, released=100, day=1.5)])
    assert closed_positions(trips) == ClosedPositions(1, 0.0, 0.0, -100.0, 1.5)


def test_a_position_ends_with_its_last_share() -> None:
    """Vector 3: 123.17 shares in two sales."""
    bought = a_buy(123.17, 0.811881)
    first = a_sale(60, 0.893333, released=48.712868, day=1)
    rest = a_sale(63.17, 0.8, released=51.286532, day=3)
    assert not profits(bought, first)
    (trip,) = round_trips([bought, first, rest])
    assert trip.profit == sum(each.trade.cash_delta for each in (bought, first, rest))
    assert closed_positions([trip]).holding_days == 3


def test_a_void_counts_in_profit() -> None:
    assert profits(
        a_buy(125, 0.8),
        a_payment(125, 0.5, released=100),
        a_buy(200, 0.3, market_id="2", side=NO),
        a_payment(200, 0.5, released=60, market_id="2", side=NO),
    ) == [-37.5, 40]


def test_a_market_entered_again_is_another_position() -> None:
    assert profits(
        a_buy(100, 0.5), a_sale(100, 0.6, released=50), a_buy(100, 0.7), a_sale(100, 0.6, released=70)
    ) == pytest.approx([10, -10])


def test_both_sides_of_a_market_are_two_positions() -> None:
    trades = [a_buy(100, 0.5), a_buy(100, 0.4, side=NO), a_sale(100, 0.6, released=40, side=NO)]
    assert profits(*trades) == [20]


def test_a_bundle_is_one_position_until_its_last_leg_is_paid() -> None:
    """Vector 5: 163.04 shares of each of three legs for 149.9968; the second wins."""
    prices = {"1": 0.5, "2": 0.3, "3": 0.12}
    bought = [a_buy(163.04, price, market_id=market, bundle="b") for market, price in prices.items()]
    paid = [
        a_payment(163.04, int(market == "2"), released=163.04 * price, market_id=market, bundle="b", day=int(market))
        for market, price in prices.items()
    ]
    assert not profits(*bought, *paid[:2])
    (trip,) = round_trips([*bought, *paid])
    assert trip.profit == D("13.0432")
    assert closed_positions([trip]).holding_days == 3


def test_the_legs_of_a_bundle_do_not_close_another_position_in_the_same_market() -> None:
    trades = [a_buy(10, 0.5, bundle="b"), a_buy(10, 0.4, market_id="2", bundle="b"), a_buy(20, 0.6, side=NO)]
    assert profits(*trades, a_sale(20, 0.7, released=12, side=NO)) == pytest.approx([2])


def test_a_correction_changes_the_result_of_the_position_it_concerns() -> None:
    """Vector 6: a win of 25 becomes a loss of 100; there is one position, and it lost."""
    trades = [
        a_buy(125, 0.8),
        a_payment(125, 1, released=100, day=1),
        a_reversal(125, 1, released=100, day=2),
        a_payment(125, 0, released=100, number=2, day=2),
    ]
    assert profits(*trades[:2]) == [25]
    assert profits(*trades) == [-100]
    assert closed_positions(round_trips(trades)).holding_days == 2


def test_a_correction_leaves_a_position_alone_that_was_opened_since() -> None:
    trades = [
        a_buy(125, 0.8),
        a_payment(125, 1, released=100),
        a_buy(10, 0.5),
        a_reversal(125, 1, released=100),
        a_payment(125, 0, released=100, number=2),
        a_payment(10, 0, released=5, number=3),
    ]
    assert profits(*trades) == [-100, -5]


def test_a_corrected_leg_reopens_its_bundle_only() -> None:
    legs = [a_buy(10, 0.5, bundle="b"), a_buy(10, 0.4, market_id="2", bundle="b")]
    paid = [
        a_payment(10, 1, released=5, bundle="b"),
        a_reversal(10, 1, released=5, bundle="b"),
        a_payment(10, 0, released=5, number=2, bundle="b"),
    ]
    assert not profits(*legs, *paid)
    assert profits(*legs, *paid, a_payment(10, 1, released=4, market_id="2", bundle="b")) == [1]


def test_sides_are_told_apart_in_the_shares_that_are_held() -> None:
    (trip,) = round_trips([a_buy(10, 0.5, bundle="b"), a_buy(10, 0.4, side=NO, bundle="b")])
    assert trip.held == {("1", YES): 10, ("1", NO): 10}
