"""Why a figure is empty, in a few words for whoever reads it."""

from prescient_dagster.domain.figures.performance import Performance
from prescient_dagster.domain.figures.returns import LEAST_DAYS

YEARLY = ("cagr", "volatility", "sharpe", "sortino", "calmar")
NO_RISK = {
    "sharpe": "the daily returns do not differ",
    "sortino": "no day with a loss",
    "calmar": "equity never fell",
}
CLOSED = ("win_rate", "profit_factor", "expectancy", "holding_days")
CALIBRATION = ("mean_price", "hit_rate", "hit_rate_low", "hit_rate_high", "brier", "edge")


def why_undefined(name: str, performance: Performance) -> str:
    """Why the figure of this name is None. What is asked of a figure that is defined has no meaning."""
    if name in YEARLY:
        return _yearly(name, performance)
    if name in CLOSED:
        return "no loss yet" if performance.closed.closed_positions else "no position has closed"
    if name in CALIBRATION:
        return "no market has resolved"
    if name in ("synthetic_share", "cost_rate"):
        return "no fills"
    if name in ("turnover", "exposure"):
        return "equity was 0 or less" if performance.series.days else "nothing has been valued"
    return "not known"


def _yearly(name: str, performance: Performance) -> str:
    if performance.returns.days < LEAST_DAYS:
        return f"under {LEAST_DAYS} days"
    if any(equity <= 0 for equity in performance.series.equity):
        return "equity was 0 or less"
    return NO_RISK.get(name, "not defined")
