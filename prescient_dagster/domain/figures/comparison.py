"""Portfolios side by side on the captures that all of them have seen: who is ahead, how surely, and by which markets.

Rates are fractions of the equity that a portfolio had before the first of those captures, so that portfolios of any
size can be compared. What each made of each market adds up to its profit, exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from statistics import fmean

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.domain.figures.bootstrap import Interval, mean_interval
from prescient_dagster.domain.figures.returns import daily_returns
from prescient_dagster.domain.figures.round_trips import FILLS


@dataclass(frozen=True, slots=True)
class Window:
    """The captures that all portfolios have seen, from the first to the last of them; those of a folder have no id."""

    first_capture_id: int | None
    last_capture_id: int | None
    first: datetime
    last: datetime
    captures: int


@dataclass(frozen=True, slots=True)
class Course:
    """What one portfolio did in a window. Amounts are USD.

    Attributes:
        equity_before: before the window's first capture.
        daily_equity: at the last snapshot of each UTC day of the window.
        value_before: what was held before the first capture, at its marks, by market; `value_after` after the last.
        trades: of the window, in the order in which they were booked.
        questions: of the markets it held or traded; `sides` what it had of each, with the venue's label.
        captures_alone: captures within the window that another portfolio has not seen.
    """

    slug: str
    strategy_type: str
    equity_before: Decimal
    daily_equity: Mapping[date, Decimal]
    value_before: Mapping[str, Decimal]
    value_after: Mapping[str, Decimal]
    trades: Sequence[Trade]
    questions: Mapping[str, str]
    captures_alone: int = 0
    sides: Mapping[str, str] = field(default_factory=dict)

    @property
    def profit(self) -> Decimal:
        """What it made in the window."""
        return sum(self.profits().values(), money.ZERO)

    @property
    def total_return(self) -> float:
        """The profit as a fraction of what there was before."""
        return float(self.profit / self.equity_before)

    def profits(self) -> dict[str, Decimal]:
        """What it made of each market: what came back and what is held, less what was paid and what was held before."""
        made = {market_id: -value for market_id, value in self.value_before.items()}
        for trade in self.trades:
            made[trade.market_id] = made.get(trade.market_id, money.ZERO) + trade.cash_delta
        for market_id, value in self.value_after.items():
            made[market_id] = made.get(market_id, money.ZERO) + value
        return made

    @property
    def entered(self) -> set[str]:
        """The markets it bought in the window."""
        return {trade.market_id for trade in self.trades if trade.kind is TradeKind.BUY}

    @property
    def fills(self) -> int:
        """How many purchases and sales it made in the window."""
        return sum(trade.kind in FILLS for trade in self.trades)


@dataclass(frozen=True, slots=True)
class MarketDifference:
    """What a market was worth to two portfolios.

    Attributes:
        profit: of the portfolio, USD; `baseline_profit` of the one it is compared with.
        difference: between what the two made of it, each as a fraction of its equity before.
        sides: what was held of it, with the venue's label; where the two differ, who held what.
        entered_by: who bought it in the window: `both`, a slug, or nobody, where it was held before.
    """

    market_id: str
    market_question: str
    sides: str
    entered_by: str
    profit: Decimal
    baseline_profit: Decimal
    difference: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A portfolio against another, the baseline.

    Attributes:
        days: UTC days of the window.
        difference: between the total returns.
        mean_daily_difference: between the daily returns of the same day; `interval` is where its mean lies with 95 %,
            None under ten days.
        days_ahead: days on which its return was the higher one; `days_behind` likewise.
        markets: those of which the two did not make the same, the greatest difference first.
    """

    slug: str
    baseline: str
    days: int
    difference: float
    mean_daily_difference: float | None
    interval: Interval | None
    days_ahead: int
    days_behind: int
    markets: Sequence[MarketDifference]

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no doubt which of the two is better."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)

    @property
    def verdict(self) -> str:
        """What may be said of the two in a sentence."""
        if self.interval is None:
            return f"{self.slug} and {self.baseline}: too few days to tell which is better"
        if not self.is_clear:
            return f"{self.slug} and {self.baseline}: the difference may be chance, its interval holds 0"
        better, worse = (self.slug, self.baseline) if self.interval.low > 0 else (self.baseline, self.slug)
        return f"{better} did better than {worse} day by day, and its interval leaves out 0"


def comparison(portfolio: Course, baseline: Course) -> Comparison:
    """A portfolio against a baseline, over the same window."""
    differences = daily_differences(portfolio, baseline)
    return Comparison(
        slug=portfolio.slug,
        baseline=baseline.slug,
        days=len(differences),
        difference=portfolio.total_return - baseline.total_return,
        mean_daily_difference=fmean(differences) if differences else None,
        interval=mean_interval(differences),
        days_ahead=sum(difference > 0 for difference in differences),
        days_behind=sum(difference < 0 for difference in differences),
        markets=market_differences(portfolio, baseline),
    )


def daily_differences(portfolio: Course, baseline: Course) -> list[float]:
    """The differences between the daily returns of the same UTC days, in their order.

    A day on which one of the two was not valued is left out of both: the next one counts for it. There are none where
    one of them had nothing left.
    """
    days = sorted(set(portfolio.daily_equity) & set(baseline.daily_equity))
    ours, theirs = (
        daily_returns([course.equity_before, *(course.daily_equity[day] for day in days)])
        for course in (portfolio, baseline)
    )
    return [our - their for our, their in zip(ours, theirs, strict=True)] if ours and theirs else []


def market_differences(portfolio: Course, baseline: Course) -> list[MarketDifference]:
    """The markets of which the two did not make the same, the greatest difference first, then by market."""
    ours, theirs = portfolio.profits(), baseline.profits()
    rows = [
        _market_difference(market_id, portfolio, baseline, ours.get(market_id), theirs.get(market_id))
        for market_id in sorted(set(ours) | set(theirs))
    ]
    return sorted((row for row in rows if row.difference), key=lambda row: (-abs(row.difference), row.market_id))


def _market_difference(
    market_id: str, portfolio: Course, baseline: Course, profit: Decimal | None, baseline_profit: Decimal | None
) -> MarketDifference:
    ours, theirs = profit or money.ZERO, baseline_profit or money.ZERO
    return MarketDifference(
        market_id=market_id,
        market_question=portfolio.questions.get(market_id) or baseline.questions.get(market_id, ""),
        sides=_sides(market_id, portfolio, baseline),
        entered_by=_entered_by(market_id, portfolio, baseline),
        profit=ours,
        baseline_profit=theirs,
        difference=float(ours / portfolio.equity_before - theirs / baseline.equity_before),
    )


def _entered_by(market_id: str, portfolio: Course, baseline: Course) -> str:
    who = [course.slug for course in (portfolio, baseline) if market_id in course.entered]
    return "both" if len(who) == 2 else "".join(who)


def _sides(market_id: str, portfolio: Course, baseline: Course) -> str:
    held = {course.slug: course.sides[market_id] for course in (portfolio, baseline) if market_id in course.sides}
    if len(set(held.values())) == 1:
        return next(iter(held.values()))
    return "; ".join(f"{slug}: {sides}" for slug, sides in held.items())
