"""History: which earlier price stands for a moment, and that nothing later than the capture is looked at."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.market import history
from prescient_dagster.domain.market.history import DAY, HOUR, NONE, PriceHistory, sources
from prescient_dagster.domain.strategy.strategies import View
from tests.builders import NOON, a_capture, a_market
from tests.pasts import Remembered, a_history

MINUTE = HOUR // 60
NOW = history.microseconds(NOON)


def every(minutes: int, *, since: int = 3 * DAY, but: tuple[int, ...] = ()) -> history.Times:
    """Captures every so many minutes up to now, without those of so many minutes ago."""
    ago = [each for each in range(since // MINUTE, -1, -minutes) if each not in but]
    return NOW - np.array(ago, dtype=np.int64) * MINUTE


def found(times: history.Times, minutes_ago: float) -> float | None:
    """How many minutes ago the capture was that stands for a moment."""
    (at,) = sources(times, NOW, np.array([NOW - round(minutes_ago * MINUTE)], dtype=np.int64))
    return None if at == NONE else (NOW - at) / MINUTE


@pytest.mark.parametrize(
    ("minutes_ago", "stands"),
    [
        (60, 60),  # the capture of that moment
        (61, 65),  # the newest before it
        (1_440, 1_440),  # a day ago is still near
        (1_441, 1_445),  # at 11:59; the last capture of the hour before was at 11:55, and so is the newest
        (1_470, 1_505),  # at 11:30 the newest mark is that of 10:55
        (1_500, 1_505),  # at 11:00 likewise: the hour that begins has no mark yet
        (1_501, 1_505),
        (1_505, 1_505),  # the mark's own moment
        (1_506, 1_565),  # and before it the one of 9:55
    ],
)
def test_up_to_a_day_back_any_capture_counts_and_beyond_it_the_last_of_each_hour(
    minutes_ago: float, stands: float
) -> None:
    assert found(every(5), minutes_ago) == stands


def test_a_capture_one_usual_interval_older_stands_for_one_that_is_missing_and_no_older_one_does() -> None:
    assert found(every(15, but=(60,)), 60) == 75
    assert found(every(15, but=(60,)), 59) == 75  # 16 minutes older: a capture may come late by a fifth
    assert found(every(15, but=(60,)), 56) is None
    assert found(every(15, but=(60, 75)), 60) is None


def test_a_mark_counts_for_an_hour_and_a_usual_interval() -> None:
    gap = tuple(range(1_515, 1_575, 15))  # at 12:00 the day before, 10:45 is the newest mark but for this gap: 9:45 is
    assert found(every(15), 1_515) == 1_515
    assert found(every(15, but=gap), 1_515 + 1) == 1_575
    assert found(every(15, but=gap), 1_575 - 60 - 15 - 3) == 1_575
    assert found(every(15, but=gap), 1_575 - 60 - 15 - 4) is None


def test_before_the_first_capture_nothing_is_known() -> None:
    assert found(every(5, since=2 * HOUR), 121) is None
    assert found(np.empty(0, dtype=np.int64), 60) is None
    assert found(np.array([NOW], dtype=np.int64), 60) is None


def test_a_market_that_was_not_listed_or_took_no_orders_then_has_no_price() -> None:
    now = a_capture(a_market("1"), a_market("2"), a_market("3"))
    then = a_capture(a_market("1", 0.4), a_market("3", 0.5, tradable=False), at=NOON - timedelta(hours=1))
    view = View(now, np.arange(3), history=PriceHistory(Remembered(then, now)))
    assert view.past(1).tolist() == pytest.approx([0.4, np.nan, np.nan], nan_ok=True)


def test_a_path_goes_from_the_oldest_moment_to_one_step_before_now() -> None:
    view = View(a_capture(a_market("1")), np.arange(1), history=a_history({3: {"1": 0.3}, 2: {}, 1: {"1": 0.5}}))
    assert view.path(3, 3).tolist() == [pytest.approx([0.3, np.nan, 0.5], nan_ok=True)]


def test_without_a_history_nothing_is_known() -> None:
    assert np.isnan(View(a_capture(a_market("1")), np.arange(1)).path(24, 24)).all()


@pytest.mark.parametrize(("hours", "points"), [(0, 1), (-1, 1), (1, 0)])
def test_a_moment_that_is_not_past_is_refused(hours: float, points: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        View(a_capture(a_market("1")), np.arange(1)).path(hours, points)


@given(
    ago=st.sets(st.integers(-3 * 1_440, 4 * 1_440), max_size=60),
    hours=st.floats(0.01, 80, allow_nan=False),
    points=st.integers(1, 30),
)
def test_cutting_the_future_off_changes_no_price_of_before(ago: set[int], hours: float, points: int) -> None:
    """However many captures come after the one that is looked at, they change nothing."""
    every_one = np.sort(NOW - np.array([*ago, 0], dtype=np.int64) * MINUTE)
    captures = [
        a_capture(a_market("1", float(number % 90 + 5) / 100), at=NOON - timedelta(minutes=(NOW - int(at)) // MINUTE))
        for number, at in enumerate(every_one)
    ]
    view = View(a_capture(a_market("1")), np.arange(1))

    def path(*known: object) -> list[list[float]]:
        told: list[list[float]] = (
            PriceHistory(Remembered(*known)).prices(view.capture, view.rows, hours, points).tolist()
        )  # type: ignore[arg-type]
        return told

    cut = path(*(capture for capture in captures if capture.captured_at <= NOON))
    assert np.array_equal(path(*captures), cut, equal_nan=True)
