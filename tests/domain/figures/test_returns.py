"""Returns and risk of a daily equity: worked by hand, and as an independent library sees them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate
from math import isfinite

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.figures.returns import (
    Returns,
    daily_returns,
    distribution,
    drawdowns,
    returns,
    rolling_sharpe,
    worst_falls,
)
from tests.builders import D

CLOSE = {"abs": 1e-9, "rel": 1e-9}
YEARLY = ("cagr", "volatility", "sharpe", "sortino", "calmar")


def growing(*rates: str) -> list[Decimal]:
    """The equity of 10,000 USD with these daily returns."""
    return list(accumulate(rates, lambda equity, rate: equity * (1 + D(rate)), initial=D(10_000)))  # type: ignore[misc]


def equities(*amounts: float) -> list[Decimal]:
    return [D(amount) for amount in amounts]


def test_thirty_alternating_days_are_the_worked_example() -> None:
    figures = returns(growing(*["0.01", "-0.005"] * 15))
    assert figures.days == 30
    assert figures.total_return == pytest.approx(0.0768787768, abs=1e-10)
    assert figures.cagr == pytest.approx(1.4624246581, abs=1e-10)
    assert figures.volatility == pytest.approx(0.1457368318, abs=1e-10)
    assert figures.sharpe == pytest.approx(6.2612861062, abs=1e-10)
    assert figures.sortino == pytest.approx(13.5092560861, abs=1e-10)
    assert figures.max_drawdown == pytest.approx(-0.005, abs=1e-12)
    assert figures.calmar == pytest.approx(1.4624246581 / 0.005, abs=1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_an_independent_library_agrees(seed: int) -> None:
    dice = np.random.default_rng(seed)
    rates = dice.normal(0.001, 0.03, 30 + 9 * seed)
    equity = [D(10_000), *(D(round(each, 6)) for each in 10_000 * np.cumprod(1 + rates))]
    figures, daily = returns(equity), np.array(daily_returns(equity))
    theirs = {
        "total_return": empyrical.cum_returns_final(daily),
        "cagr": empyrical.cagr(daily, annualization=365),
        "volatility": empyrical.annual_volatility(daily, annualization=365),
        "sharpe": empyrical.sharpe_ratio(daily, annualization=365),
        "sortino": empyrical.sortino_ratio(daily, annualization=365),
        "calmar": empyrical.calmar_ratio(daily, annualization=365),
        "max_drawdown": empyrical.max_drawdown(daily),
    }
    assert {name: getattr(figures, name) for name in theirs} == pytest.approx(theirs, **CLOSE)


def test_under_thirty_days_no_yearly_figure_is_told() -> None:
    figures = returns(growing(*["0.01", "-0.005"] * 14, "0.01"))
    assert figures.days == 29
    assert [getattr(figures, name) for name in YEARLY] == [None] * 5
    assert figures.max_drawdown == pytest.approx(-0.005)


def test_before_the_first_day_there_is_nothing_to_tell() -> None:
    assert returns(equities(1_000)) == Returns(0, 0.0, None, None, None, None, None, 0.0, 0)


def test_one_day_has_a_return_and_a_drawdown() -> None:
    assert returns(equities(1_000, 900)) == Returns(1, -0.1, None, None, None, None, None, -0.1, 1)


def test_who_never_trades_has_no_ratio_at_all() -> None:
    figures = returns(equities(*[1_000] * 40))
    assert (figures.total_return, figures.cagr, figures.volatility) == (0, 0, 0)
    assert (figures.sharpe, figures.sortino, figures.calmar) == (None, None, None)


def test_equal_growth_has_no_deviation_and_so_no_sharpe() -> None:
    figures = returns(growing(*["0.01"] * 30))
    assert (figures.volatility, figures.sharpe, figures.sortino, figures.calmar) == (0, None, None, None)
    assert figures.cagr == pytest.approx(1.01**365 - 1, **CLOSE)


def test_who_has_lost_everything_has_a_growth_of_minus_one() -> None:
    figures = returns(equities(1_000, *[500] * 29, 0))
    assert (figures.total_return, figures.cagr, figures.max_drawdown) == (-1, -1, -1)
    assert figures.volatility is not None


def test_debts_or_a_day_that_begins_with_nothing_leave_the_daily_figures_empty() -> None:
    """A correction may take back more than there is."""
    risen, indebted = returns(equities(1_000, 0, *[500] * 30)), returns(equities(1_000, *[500] * 30, -10))
    assert (risen.volatility, risen.sharpe, risen.sortino) == (None, None, None)
    assert risen.cagr == pytest.approx(0.5 ** (365 / 31) - 1, **CLOSE)
    assert (indebted.cagr, indebted.calmar, indebted.max_drawdown) == (None, None, -1.01)


@pytest.mark.parametrize(
    ("amounts", "depth", "days"),
    [
        ((100, 110, 120), 0, 0),
        ((100, 90, 100, 95), -0.1, 2),  # from the initial balance to the day it is reached again
        ((100, 100, 100, 90, 110), -0.1, 2),  # from the last day at the peak
        ((100, 200, 150, 160, 199), -0.25, 3),  # not recovered: to the last day
        ((100, 90, 110, 99, 110), -0.1, 2),  # of two equal ones the first
        ((100, 99, 80, 99, 120, 119, 118, 117, 116), -0.2, 4),  # the deepest, not the longest
    ],
)
def test_the_maximum_drawdown_has_a_depth_and_a_length(amounts: Sequence[float], depth: float, days: int) -> None:
    figures = returns(equities(*amounts))
    assert (figures.max_drawdown, figures.max_drawdown_days) == (pytest.approx(depth), days)


def test_a_drawdown_is_the_distance_to_the_highest_so_far() -> None:
    assert drawdowns(equities(100, 80, 200, 150)) == pytest.approx([0, -0.2, 0, -0.25])


AMOUNTS = st.decimals(min_value=-1_000, max_value=10**12, places=6, allow_nan=False)


@given(initial=st.decimals(min_value=1, max_value=10**9, places=6), days=st.lists(AMOUNTS, max_size=60))
def test_every_figure_is_a_number_or_none(initial: Decimal, days: list[Decimal]) -> None:
    figures = returns([initial, *days])
    told = [getattr(figures, name) for name in Returns.__slots__]
    assert all(isfinite(value) for value in told if value is not None)
    assert figures.max_drawdown <= 0
    assert 0 <= figures.max_drawdown_days <= figures.days


def test_the_figures_do_not_depend_on_the_unit() -> None:
    def scaled(factor: int) -> Iterable[Decimal]:
        return (factor * amount for amount in growing(*["0.02", "-0.01", "0.003"] * 12))

    assert returns(list(scaled(1))) == returns(list(scaled(1_000)))


EQUITIES = st.lists(st.integers(1, 3_000), min_size=1, max_size=90).map(lambda days: [D(1_000), *map(D, days)])


@given(EQUITIES)
def test_the_worst_drawdown_of_the_list_is_the_maximum_drawdown(equity: list[Decimal]) -> None:
    falls, told = worst_falls(equity), returns(equity)
    assert len(falls) <= 5
    assert [fall.depth for fall in falls] == sorted(fall.depth for fall in falls)
    assert (falls[0].depth if falls else 0) == told.max_drawdown
    if falls:
        last = falls[0].recovered
        assert (len(equity) - 1 if last is None else last) - falls[0].peak == told.max_drawdown_days
    for fall in falls:
        inside = equity[fall.peak + 1 : fall.recovered]
        assert all(each < equity[fall.peak] for each in inside)
        assert equity[fall.bottom] == min(inside)
        assert fall.recovered is None or equity[fall.recovered] >= equity[fall.peak]


@given(EQUITIES)
def test_a_rolling_sharpe_is_that_of_the_days_it_covers(equity: list[Decimal]) -> None:
    found = rolling_sharpe(equity)
    assert len(found) == len(equity) - 1
    for number, each in enumerate(found, start=1):
        covered = equity[max(number - 30, 0) : number + 1]
        assert each == (returns(covered).sharpe if number >= 30 else None)


@given(st.lists(st.floats(-0.5, 0.5), max_size=200))
def test_a_distribution_counts_every_rate_once_and_no_stretch_holds_gains_and_losses(rates: list[float]) -> None:
    found = distribution(rates)
    if not found:
        assert max(rates, default=0) - min(rates, default=0) < 1e-9
        return
    assert sum(count for _, _, count in found) == len(rates)
    assert len(found) <= 24
    assert not [each for each in found if each[0] < -1e-12 and each[1] > 1e-12]
