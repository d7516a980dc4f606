"""The figures of a portfolio or strategy as the page shows them, each empty one with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prescient_dagster.domain.figures.performance import Performance
from prescient_dagster.domain.figures.undefined import why_undefined
from prescient_dagster.report import formats

READ: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("initial_balance", "equity", "equity_at_mid", "fees_paid"), formats.usd),
    **dict.fromkeys(("total_profit_loss", "realized_profit_loss", "unrealized_profit_loss"), formats.signed_usd),
    **dict.fromkeys(("spread", "fees", "price_move", "settlement", "expectancy"), formats.signed_usd),
    **dict.fromkeys(("total_return", "cagr", "max_drawdown"), formats.signed_percent),
    **dict.fromkeys(("volatility", "win_rate", "hit_rate", "exposure", "synthetic_share"), formats.percent),
    **dict.fromkeys(("hit_rate_low", "hit_rate_high"), formats.percent),
    **dict.fromkeys(("sharpe", "sortino", "calmar", "profit_factor", "turnover", "holding_days"), formats.ratio),
    **dict.fromkeys(("days", "max_drawdown_days", "fills", "open_positions", "closed_positions"), formats.count),
    **dict.fromkeys(("entries", "events"), formats.count),
    "mean_price": formats.price,
    "brier": formats.fine,
    "edge": formats.signed_fine,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A figure as it is read; `why` tells the reason where it is a dash, `sign` is its class."""

    text: str
    why: str = ""
    sign: str = ""


def figures(performance: Performance) -> Mapping[str, Told]:
    """All figures by their names, profit split and calibration among them."""
    found = performance.figures()
    values = {**found.pop("calibration"), **found.pop("profit"), **found}
    return {name: _told(name, values[name], performance) for name in READ}


def _told(name: str, value: Any, performance: Performance) -> Told:
    if value is None:
        return Told(formats.MISSING, why_undefined(name, performance))
    return Told(READ[name](value), sign=formats.sign(value))
