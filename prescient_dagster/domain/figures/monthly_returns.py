"""The return of each calendar month and year (UTC): equity at its end / equity at the end of the one before - 1.

The first one starts at the initial balance, the last one ends at the last day. A month without a snapshot carries the
value over, so its return is 0.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from prescient_dagster.domain.figures.daily_series import DailySeries, Day

MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class YearOfReturns:
    """A year by its months; rates are fractions.

    Attributes:
        months: twelve; None where the portfolio was not there, or where it began the month with nothing or with debts.
        total: of the whole year, or None for the same reason.
    """

    year: int
    months: Sequence[float | None]
    total: float | None


def monthly_returns(series: DailySeries) -> list[YearOfReturns]:
    """Every year of the series, oldest first; none where nothing has been valued yet."""
    base, years = series.initial_balance, []
    for year, days in _grouped(series.days, lambda day: day.date.year).items():
        months = _grouped(days, lambda day: day.date.month)
        rates, before = {}, base
        for month, its_days in months.items():
            rates[month] = _growth(before, its_days[-1].equity)
            before = its_days[-1].equity
        years.append(YearOfReturns(year, [rates.get(month) for month in MONTHS], _growth(base, before)))
        base = before
    return years


def _grouped(days: Iterable[Day], key: Callable[[Day], int]) -> dict[int, list[Day]]:
    found: dict[int, list[Day]] = {}
    for day in days:
        found.setdefault(key(day), []).append(day)
    return found


def _growth(before: Decimal, after: Decimal) -> float | None:
    return float(after / before - 1) if before > 0 else None
