"""What a portfolio was worth day by day: its last snapshot of each UTC day; a day without one carries the value over.

Only the venue's clock counts. The first day is that of the first snapshot; before it there is the initial balance, of
which no day is known, since a portfolio is created by our clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.snapshots import Snapshot

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """What there was at the end of a UTC day, in USD; `market_value` is a part of `equity`."""

    date: date
    equity: Decimal
    market_value: Decimal
    market_value_at_mid: Decimal

    @property
    def equity_at_mid(self) -> Decimal:
        """What the equity would be if what is held could be sold at the middle of bid and ask."""
        return self.equity - self.market_value + self.market_value_at_mid


@dataclass(frozen=True, slots=True)
class DailySeries:
    """Consecutive UTC days after an initial balance (USD); no days where nothing has been valued yet."""

    initial_balance: Decimal
    days: Sequence[Day]

    @property
    def equity(self) -> list[Decimal]:
        """E₀, the initial balance, then E₁ … Eₙ."""
        return [self.initial_balance, *(day.equity for day in self.days)]

    @property
    def last(self) -> Day | None:
        """The newest day."""
        return self.days[-1] if self.days else None

    def on(self, day: date) -> Day:
        """The value of a day, also of one outside the series: the initial balance before it, the last value after."""
        if not self.days or day < self.days[0].date:
            return Day(day, self.initial_balance, money.ZERO, money.ZERO)
        return self.days[min((day - self.days[0].date).days, len(self.days) - 1)]


def daily(initial_balance: Decimal, snapshots: Iterable[Snapshot]) -> DailySeries:
    """The daily series of snapshots, which come in the order of time."""
    last_of = {snapshot.timestamp.astimezone(UTC).date(): _day(snapshot) for snapshot in snapshots}
    return DailySeries(initial_balance, _without_gaps(last_of))


def _day(snapshot: Snapshot) -> Day:
    date = snapshot.timestamp.astimezone(UTC).date()
    return Day(date, snapshot.equity, snapshot.market_value, snapshot.market_value_at_mid)


def _without_gaps(last_of: Mapping[date, Day]) -> list[Day]:
    days: list[Day] = []
    for day in last_of.values():
        while days and days[-1].date < day.date - ONE_DAY:
            days.append(replace(days[-1], date=days[-1].date + ONE_DAY))
        days.append(day)
    return days


def summed(series: Sequence[DailySeries]) -> DailySeries:
    """Several portfolios as one, from the first day of any to the last of any.

    A portfolio that begins later counts with its initial balance until then: money that comes in is no profit. One that
    has ended counts with what it had at the end.
    """
    if len(series) == 1:
        return series[0]
    initial_balance = sum((each.initial_balance for each in series), money.ZERO)
    begun = [each.days for each in series if each.days]
    if not begun:
        return DailySeries(initial_balance, [])
    first, last = min(days[0].date for days in begun), max(days[-1].date for days in begun)
    dates = [first + number * ONE_DAY for number in range((last - first).days + 1)]
    return DailySeries(initial_balance, [_sum(day, [each.on(day) for each in series]) for day in dates])


def _sum(day: date, parts: Sequence[Day]) -> Day:
    return Day(
        day,
        sum((part.equity for part in parts), money.ZERO),
        sum((part.market_value for part in parts), money.ZERO),
        sum((part.market_value_at_mid for part in parts), money.ZERO),
    )


def daily_exposure(series: DailySeries) -> list[float | None]:
    """Market value / equity of each day, a fraction; None on a day that ends with nothing or with debts."""
    return [None if share is None else float(share) for share in map(_exposure, series.days)]


def mean_exposure(days: Sequence[Day]) -> float | None:
    """The mean of the days; None without any, or where one ended with nothing or with debts."""
    shares = [share for day in days if (share := _exposure(day)) is not None]
    return float(sum(shares, money.ZERO) / len(days)) if shares and len(shares) == len(days) else None


def _exposure(day: Day) -> Decimal | None:
    """How much of the equity was at work, a fraction."""
    return day.market_value / day.equity if day.equity > 0 else None
