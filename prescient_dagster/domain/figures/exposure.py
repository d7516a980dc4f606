"""How much of the equity was at work: market value / equity, a fraction, day by day and in the mean."""

from collections.abc import Sequence
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.daily_series import DailySeries, Day


def daily_exposure(series: DailySeries) -> list[float | None]:
    """Of each day; None on a day that ends with nothing or with debts."""
    return [None if share is None else float(share) for share in map(_exposure, series.days)]


def mean_exposure(days: Sequence[Day]) -> float | None:
    """The mean of the days; None without any, or where one ended with nothing or with debts."""
    shares = [share for day in days if (share := _exposure(day)) is not None]
    return float(sum(shares, money.ZERO) / len(days)) if shares and len(shares) == len(days) else None


def _exposure(day: Day) -> Decimal | None:
    return day.market_value / day.equity if day.equity > 0 else None
