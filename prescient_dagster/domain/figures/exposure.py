"""How much of the equity was at work, day by day."""

from prescient_dagster.domain.figures.daily_series import DailySeries


def daily_exposure(series: DailySeries) -> list[float | None]:
    """Market value / equity of each day, a fraction; None on a day that ends with nothing or with debts."""
    return [float(day.market_value / day.equity) if day.equity > 0 else None for day in series.days]
