"""The return of each month, worked by hand."""

from datetime import date

import pytest

from prescient_dagster.domain.figures.daily_series import DailySeries, Day
from prescient_dagster.domain.figures.monthly_returns import monthly_returns
from prescient_dagster.domain.figures.returns import returns
from tests.builders import D


def a_series(initial: float, **equity: float) -> DailySeries:
    """Days by their names, `d20260131=1_100`."""
    days = [date.fromisoformat(name[1:]) for name in equity]
    return DailySeries(
        D(initial), [Day(day, D(each), D(0), D(0)) for day, each in zip(days, equity.values(), strict=True)]
    )


def test_a_month_goes_from_the_last_day_before_to_its_own_last_day() -> None:
    series = a_series(1_000, d20251230=1_050, d20251231=1_100, d20260101=990, d20260131=1_155, d20260201=1_155)
    (old, new) = monthly_returns(series)
    assert (old.year, new.year) == (2025, 2026)
    assert old.months[11] == pytest.approx(0.1)
    assert new.months[:2] == [pytest.approx(0.05), 0]
    assert (old.total, new.total) == (pytest.approx(0.1), pytest.approx(0.05))


def test_months_without_the_portfolio_are_empty() -> None:
    (year,) = monthly_returns(a_series(1_000, d20260331=1_000))
    assert [rate is None for rate in year.months] == [month != 3 for month in range(1, 13)]


def test_the_months_multiply_to_the_total_return() -> None:
    series = a_series(1_000, d20251130=950, d20251231=1_210, d20260131=1_300, d20260228=700)
    growth = 1.0
    for year in monthly_returns(series):
        for rate in year.months:
            growth *= 1 + (rate or 0)
    assert growth - 1 == pytest.approx(returns(series.equity).total_return, abs=1e-12)


def test_nothing_grows_from_nothing() -> None:
    (year,) = monthly_returns(a_series(1_000, d20260131=0, d20260228=50))
    assert year.months[:2] == [-1, None]
    assert year.total == pytest.approx(-0.95)


def test_a_portfolio_that_was_never_valued_has_no_year() -> None:
    assert monthly_returns(a_series(1_000)) == []
