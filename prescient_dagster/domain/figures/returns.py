"""What the daily equity E₀, E₁ … Eₙ says: return, risk, and how deep and long it was under water.

r = Eᵢ/Eᵢ₋₁ - 1, 365 periods a year, sample deviation (ddof 1), risk-free rate 0. What a short series cannot say is
None, as is everything that would be divided by zero: never NaN, never infinite. Rates are fractions, 0.05 is 5 %.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from math import floor, log10, sqrt
from statistics import fmean, mean, stdev

from prescient_dagster.domain.figures.figure import Section, Unit, Why, figure

PERIODS = 365  # a year; markets are open every day
LEAST_SPAN = 1e-9  # of daily returns; what differs by less does not differ
LEAST_DAYS = 30  # under which yearly figures say nothing


def _yearly(otherwise: str) -> Why:
    """Why a yearly figure is empty: `otherwise` where there were days enough, and no debts."""

    def why(figures: "Returns", equity: Sequence[Decimal]) -> str:
        if figures.days < LEAST_DAYS:
            return f"under {LEAST_DAYS} days"
        return "equity was 0 or less" if any(each <= 0 for each in equity) else otherwise

    return why


@dataclass(frozen=True, slots=True)
class Returns:
    """Figures of a daily equity.

    Attributes:
        days: n, how many daily returns there are.
        total_return: Eₙ/E₀ - 1.
        cagr: (Eₙ/E₀)^(365/n) - 1.
        volatility: of the daily returns, per year.
        sharpe: mean / deviation × √365.
        sortino: mean / √(Σ min(r, 0)² / n) × √365.
        calmar: CAGR / -maximum drawdown.
        max_drawdown: the lowest of Eᵢ / highest so far - 1; 0 where it never fell.
        max_drawdown_days: from that peak's last day to the first that reaches it again, or to the last day.
    """

    days: int = field(metadata=figure(Unit.COUNT, Section.RETURNS, place=0))
    total_return: float = field(metadata=figure(Unit.RETURN, Section.RETURNS, "Return"))
    cagr: float | None = field(
        metadata=figure(Unit.CHANGE, Section.RETURNS, "Return per year (CAGR)", _yearly("not defined"))
    )
    volatility: float | None = field(
        metadata=figure(Unit.SHARE, Section.RISK, "Volatility per year", _yearly("not defined"))
    )
    sharpe: float | None = field(
        metadata=figure(Unit.RATIO, Section.RISK, "Sharpe", _yearly("the daily returns do not differ"))
    )
    sortino: float | None = field(metadata=figure(Unit.RATIO, Section.RISK, "Sortino", _yearly("no day with a loss")))
    calmar: float | None = field(metadata=figure(Unit.RATIO, Section.RISK, "Calmar", _yearly("equity never fell")))
    max_drawdown: float = field(metadata=figure(Unit.CHANGE, Section.RISK, "Maximum drawdown", place=0))
    max_drawdown_days: int = field(metadata=figure(Unit.COUNT, Section.RISK, place=0))


def returns(equity: Sequence[Decimal]) -> Returns:
    """The figures of E₀ … Eₙ, USD; E₀ is above 0."""
    days = len(equity) - 1
    daily = daily_returns(equity) if days >= LEAST_DAYS else []
    yearly_growth = _cagr(equity) if days >= LEAST_DAYS else None
    depth, length = _deepest(equity)
    return Returns(
        days=days,
        total_return=float(equity[-1] / equity[0] - 1),
        cagr=yearly_growth,
        volatility=stdev(daily) * sqrt(PERIODS) if daily else None,
        sharpe=_sharpe(daily),
        sortino=_sortino(daily),
        calmar=None if yearly_growth is None or not depth else yearly_growth / -depth,
        max_drawdown=depth,
        max_drawdown_days=length,
    )


def daily_returns(equity: Sequence[Decimal]) -> list[float]:
    """r₁ … rₙ; none at all where a day began with nothing or with debts, since growth means nothing there."""
    if any(before <= 0 for before in equity[:-1]):
        return []
    # Divided as decimals: equal growth must give equal returns, or their deviation would be noise instead of 0.
    return [float(after / before - 1) for before, after in pairwise(equity)]


def _cagr(equity: Sequence[Decimal]) -> float | None:
    growth = float(equity[-1] / equity[0])
    return None if growth < 0 else growth ** (PERIODS / (len(equity) - 1)) - 1


def _sharpe(daily: Sequence[float]) -> float | None:
    deviation = stdev(daily) if daily else 0
    return mean(daily) / deviation * sqrt(PERIODS) if deviation else None


def _sortino(daily: Sequence[float]) -> float | None:
    downside = sqrt(fmean(min(each, 0) ** 2 for each in daily)) if daily else 0
    return mean(daily) / downside * sqrt(PERIODS) if downside else None


def drawdowns(equity: Sequence[Decimal]) -> list[float]:
    """How far each of E₀ … Eₙ is below the highest so far: 0 at a peak, -0.1 ten per cent below it."""
    highest, depths = equity[0], []
    for each in equity:
        highest = max(highest, each)
        depths.append(float(each / highest - 1))
    return depths


def _deepest(equity: Sequence[Decimal]) -> tuple[float, int]:
    """The maximum drawdown (the first of equals) and its length in days."""
    depths = drawdowns(equity)
    bottom = min(range(len(depths)), key=depths.__getitem__)
    if not depths[bottom]:
        return 0.0, 0
    peak = max(number for number in range(bottom) if not depths[number])
    recovered = (number for number in range(bottom, len(depths)) if equity[number] >= equity[peak])
    return depths[bottom], next(recovered, len(depths) - 1) - peak


@dataclass(frozen=True, slots=True)
class Fall:
    """A drawdown from its peak on: places in E₀ … Eₙ.

    Attributes:
        depth: of its lowest point, below 0.
        recovered: where the peak was reached again; None: not yet.
    """

    peak: int
    bottom: int
    recovered: int | None
    depth: float


def worst_falls(equity: Sequence[Decimal], most: int = 5) -> list[Fall]:
    """The deepest drawdowns, the deepest first; of equals the earlier one."""
    depths = drawdowns(equity)
    peaks = [number for number, depth in enumerate(depths) if not depth]
    ends: list[int | None] = [*peaks[1:], None]
    spans = ((peak, end) for peak, end in zip(peaks, ends, strict=True) if (end or len(depths)) - peak > 1)
    found = [_fall(depths, peak, end) for peak, end in spans]
    return sorted(found, key=lambda fall: fall.depth)[:most]


def _fall(depths: Sequence[float], peak: int, end: int | None) -> Fall:
    bottom = min(range(peak + 1, end or len(depths)), key=depths.__getitem__)
    return Fall(peak, bottom, end, depths[bottom])


def rolling_sharpe(equity: Sequence[Decimal], window: int = LEAST_DAYS) -> list[float | None]:
    """Of each of E₁ … Eₙ, the Sharpe ratio of the `window` daily returns up to it; None where there are fewer."""
    daily = daily_returns(equity)
    if not daily:
        return [None] * (len(equity) - 1)
    ends = range(1, len(daily) + 1)
    return [_sharpe(daily[end - window : end]) if end >= window else None for end in ends]


def distribution(rates: Sequence[float], most: int = 24) -> list[tuple[float, float, int]]:
    """How many of these rates lie in each of some stretches of one width, from low up to below high; 0 is a bound."""
    span = max(rates, default=0) - min(rates, default=0)
    if span < LEAST_SPAN:
        return []
    power = 10.0 ** floor(log10(span / most))
    width = next(size * power for size in (1, 2, 5, 10, 20) if span / (size * power) <= most - 2)
    counted = Counter(floor(rate / width) for rate in rates)
    return [(number * width, (number + 1) * width, counted[number]) for number in range(min(counted), max(counted) + 1)]
