"""How the positions ended that are closed: how often they won, how much, and after how long.

The profit of a position is what came back less what was paid, fees included; what a void refunded counts like any other
payment. A figure that would be divided by zero is None.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from statistics import fmean

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.figure import Section, Unit, figure
from prescient_dagster.domain.figures.round_trips import RoundTrip

ONE_DAY = timedelta(days=1)


def _why(figures: "ClosedPositions", _equity: object) -> str:
    return "no loss yet" if figures.closed_positions else "no position has closed"


@dataclass(frozen=True, slots=True)
class ClosedPositions:
    """Figures of closed positions, a bundle being one.

    Attributes:
        closed_positions: n, how many there are.
        win_rate: the share of them with a profit above 0.
        profit_factor: Σ profits / Σ losses; None without a loss.
        expectancy: the mean profit, USD.
        holding_days: the mean time from the entry to nothing held, in days.
    """

    closed_positions: int = field(metadata=figure(Unit.COUNT, Section.CLOSED))
    win_rate: float | None = field(metadata=figure(Unit.SHARE, Section.CLOSED, "Win rate", _why))
    profit_factor: float | None = field(metadata=figure(Unit.RATIO, Section.CLOSED, "Profit factor", _why))
    expectancy: float | None = field(metadata=figure(Unit.PROFIT, Section.CLOSED, "Expectancy", _why))
    holding_days: float | None = field(metadata=figure(Unit.RATIO, Section.CLOSED, "Holding time", _why))


def closed_positions(trips: Iterable[RoundTrip]) -> ClosedPositions:
    """The figures of those of these positions that are closed."""
    closed = [trip for trip in trips if trip.is_closed]
    profits = [trip.profit for trip in closed]
    days = [(trip.closed_at - trip.opened_at) / ONE_DAY for trip in closed]
    return ClosedPositions(
        closed_positions=len(closed),
        win_rate=win_rate(profits),
        profit_factor=profit_factor(profits),
        expectancy=expectancy(profits),
        holding_days=fmean(days) if days else None,
    )


def win_rate(profits: list[Decimal]) -> float | None:
    """The share of the profits that are above 0."""
    return sum(profit > 0 for profit in profits) / len(profits) if profits else None


def profit_factor(profits: list[Decimal]) -> float | None:
    """What was won per dollar that was lost."""
    won = sum((profit for profit in profits if profit > 0), money.ZERO)
    lost = -sum((profit for profit in profits if profit < 0), money.ZERO)
    return float(won / lost) if lost else None


def expectancy(profits: list[Decimal]) -> float | None:
    """The mean profit in USD."""
    return float(sum(profits, money.ZERO) / len(profits)) if profits else None
