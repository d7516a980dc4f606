"""Whether one is ahead: all portfolios over one another, what they hold, and what happened since yesterday.

Yesterday is a day of the venue's clock (UTC): changes are counted from the end of the day before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position, worth
from prescient_dagster.domain.figures.daily_series import ONE_DAY, DailySeries, summed
from prescient_dagster.domain.figures.leaderboard import Contender, Leaderboard, ranked
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.returns import Returns, returns
from prescient_dagster.domain.figures.round_trips import PricedTrade

Curve = Sequence[tuple[datetime, Decimal]]
"""Equity by the venue's clock, USD."""
YOUNG_DAYS = 7
"""So long an equity is drawn capture by capture, then day by day."""


@dataclass(frozen=True, slots=True)
class Owned:
    """What is told of a portfolio beside its history: what it is called, holds, and was worth while it was young."""

    name: str = ""
    status: str = ""
    held: Sequence[Position] = ()
    young: Curve = ()


@dataclass(frozen=True, slots=True)
class OverviewLine:
    """A portfolio in the overview.

    Attributes:
        change: of its equity since yesterday began, USD.
        open_profit: what is held at its marks less its cost, USD.
        trades: since yesterday began, the newest first.
    """

    contender: Contender
    owned: Owned
    curve: Curve
    change: Decimal
    open_profit: Decimal
    trades: Sequence[PricedTrade]

    @property
    def returns(self) -> Sequence[tuple[datetime, float]]:
        """The curve as returns on the initial balance."""
        initial = self.contender.performance.balances.initial_balance
        return [(at, float(equity / initial - 1)) for at, equity in self.curve]


@dataclass(frozen=True, slots=True)
class Total:
    """All portfolios as one; those that began later counted with their initial balance before."""

    series: DailySeries
    returns: Returns
    change: Decimal
    open_profit: Decimal
    open_positions: int

    @property
    def equity(self) -> Decimal:
        """What everything would fetch now, USD."""
        return self.series.equity[-1]

    @property
    def profit(self) -> Decimal:
        """What there is more than in the beginning, USD."""
        return self.equity - self.series.initial_balance


@dataclass(frozen=True, slots=True)
class Overview:
    """All portfolios, highest return first.

    Attributes:
        total: None where there is no portfolio.
        since: the day that changes and trades are counted from, its beginning; None where nothing has been valued.
        written_at: by our clock.
        problems: what is wrong, a sentence each; may hold what a venue wrote.
        warnings: what a reader has to know of all of it.
    """

    lines: Sequence[OverviewLine] = ()
    total: Total | None = None
    since: date | None = None
    written_at: datetime | None = None
    venue: str = ""
    problems: Sequence[str] = ()
    warnings: Sequence[str] = ()

    @property
    def booked(self) -> list[tuple[str, PricedTrade]]:
        """What was bought, sold and settled since yesterday began, the newest first, each with its portfolio."""
        found = [(line.contender.name, priced) for line in self.lines for priced in line.trades]
        return sorted(found, key=lambda each: each[1].trade.timestamp, reverse=True)

    @property
    def held(self) -> list[tuple[str, Position]]:
        """What is held, the greatest value first, each with its portfolio."""
        found = [(line.contender.name, each) for line in self.lines for each in line.owned.held]
        return sorted(found, key=lambda each: -worth(each[1]))


def lines(histories: Sequence[History], board: Leaderboard, owned: Sequence[Owned]) -> list[OverviewLine]:
    """A line for each portfolio, highest return first. All three are in the same order; the figures are the board's."""
    since = yesterday(board)
    found = zip(board.portfolios, histories, owned, strict=True)
    line_of = {id(each): _line(each, history, its, since) for each, history, its in found}
    return [line_of[id(each)] for each in ranked(board.portfolios)]


def yesterday(board: Leaderboard) -> date | None:
    """The day before the newest that any portfolio was valued on."""
    days = [each.performance.series.days[-1].date for each in board.portfolios if each.performance.series.days]
    return max(days) - ONE_DAY if days else None


def total(board: Leaderboard, found: Sequence[OverviewLine]) -> Total | None:
    """All of them together, from the sums that the strategies are."""
    if not found:
        return None
    series = summed([each.performance.series for each in board.strategies])
    return Total(
        series=series,
        returns=returns(series.equity),
        change=sum((line.change for line in found), money.ZERO),
        open_profit=sum((line.open_profit for line in found), money.ZERO),
        open_positions=sum(len(line.owned.held) for line in found),
    )


def _line(contender: Contender, history: History, owned: Owned, since: date | None) -> OverviewLine:
    series = contender.performance.series
    return OverviewLine(
        contender,
        owned,
        curve(history, series, owned.young),
        money.ZERO if since is None else series.equity[-1] - series.on(since - ONE_DAY).equity,
        sum((profit(each) for each in owned.held), money.ZERO),
        [] if since is None else list(_newest(history.trades, since)),
    )


def profit(held: Position) -> Decimal:
    """What a position would bring at its mark less its cost, USD; 0 where it was never valued."""
    return money.ZERO if held.mark is None else worth(held) - held.cost


def is_young(history: History) -> bool:
    """Whether its equity is drawn capture by capture."""
    known = history.snapshots
    return bool(known) and known[-1].timestamp - known[0].timestamp < YOUNG_DAYS * ONE_DAY


def curve(history: History, series: DailySeries, young: Curve) -> Curve:
    """The equity to draw: capture by capture where that is given, else day by day; up to the newest."""
    if not young:
        return day_curve(series)
    newest = history.snapshots[-1]
    before = [point for point in young if point[0] < newest.timestamp]
    begun = before[0][0] if before else newest.timestamp
    return [(begun, series.initial_balance), *before, (newest.timestamp, newest.equity)]


def day_curve(series: DailySeries) -> Curve:
    """The equity at the end of each day, from the beginning of the first; none where nothing has been valued."""
    if not series.days:
        return []
    ends = [(datetime.combine(day.date, time.max, UTC), day.equity) for day in series.days]
    return [(datetime.combine(series.days[0].date, time.min, UTC), series.initial_balance), *ends]


def _newest(trades: Sequence[PricedTrade], since: date) -> Iterator[PricedTrade]:
    for priced in reversed(trades):
        if priced.trade.timestamp.astimezone(UTC).date() < since:
            return
        yield priced
