"""The daily series: the last snapshot of each UTC day, without gaps; several portfolios as one."""

from dataclasses import replace
from datetime import date, timedelta, timezone

from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.figures.daily_series import DailySeries, daily, summed
from tests.builders import D
from tests.track_records import a_snapshot

FIRST = date(2026, 3, 1)


def series(*snapshots: Snapshot, initial: float = 1_000) -> DailySeries:
    return daily(D(initial), snapshots)


def test_the_last_snapshot_of_a_day_is_that_days() -> None:
    found = series(a_snapshot(0, 990), a_snapshot(0.1, 995), a_snapshot(1, 1_010))
    assert found.equity == [1_000, 995, 1_010]
    assert [day.date for day in found.days] == [FIRST, date(2026, 3, 2)]


def test_a_day_ends_at_midnight_utc_wherever_the_database_is() -> None:
    there = timezone(timedelta(hours=10))
    late, early = a_snapshot(0.49, 990), a_snapshot(0.51, 980)
    elsewhere = [replace(each, timestamp=each.timestamp.astimezone(there)) for each in (late, early)]
    assert series(*elsewhere).days == series(late, early).days
    assert series(late, early).equity == [1_000, 990, 980]


def test_a_day_without_a_snapshot_carries_the_value_over() -> None:
    found = series(a_snapshot(0, 990, market_value=90, at_mid=95), a_snapshot(3, 1_010))
    assert found.equity == [1_000, 990, 990, 990, 1_010]
    assert [day.market_value for day in found.days] == [90, 90, 90, 0]
    assert [(day.date - FIRST).days for day in found.days] == [0, 1, 2, 3]


def test_nothing_valued_yet_is_an_initial_balance_without_days() -> None:
    assert (series().equity, series().last) == ([1_000], None)


def test_equity_at_mid_counts_what_is_held_at_the_middle() -> None:
    (day,) = series(a_snapshot(0, 990, market_value=90, at_mid=95)).days
    assert day.equity_at_mid == 995


def test_portfolios_together_are_the_sum_of_their_equities() -> None:
    one = series(a_snapshot(0, 990, market_value=90, at_mid=95), a_snapshot(1, 1_020, market_value=120))
    two = series(a_snapshot(0, 500, market_value=50, at_mid=60), a_snapshot(1, 450), initial=500)
    together = summed([one, two])
    assert together.equity == [1_500, 1_490, 1_470]
    assert [(day.market_value, day.equity_at_mid) for day in together.days] == [(140, 1_505), (120, 1_470)]


def test_one_that_begins_later_or_ends_earlier_makes_no_jump() -> None:
    ended = series(a_snapshot(0, 1_100))
    late = series(a_snapshot(2, 990, market_value=500))
    idle = series()
    together = summed([ended, late, idle])
    assert together.equity == [3_000, 3_100, 3_100, 3_090]
    assert together.initial_balance == 3_000


def test_portfolios_that_were_never_valued_sum_to_their_balances() -> None:
    assert summed([series(), series(initial=200)]).equity == [1_200]
