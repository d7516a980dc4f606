"""What prices were before a capture, as strategies may ask for it. Nothing later than the capture is ever looked at.

Up to a day back a price is that of the newest capture at or before the moment, at most one usual interval older.
Further back there are hourly marks, of each UTC hour the last capture; a mark counts for an hour and that interval.
Where there is none of ours, what the venue told of that hour afterwards counts. A market that was not listed then, or
took no orders, has no price: NaN.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from prescient_dagster.domain.market.markets import Capture, Floats, Rows

Times = np.ndarray[Any, np.dtype[np.int64]]
"""Moments as microseconds since 1970, ascending where nothing else is said."""

HOUR = 3_600_000_000
DAY = 24 * HOUR
NONE = -1
"""Stands for a moment where there is none."""
LATE = 5
"""A capture may come late by the fifth part of the usual interval and still be the next one."""
LONGEST_AGE = DAY + DAY // LATE + HOUR


class Past(Protocol):
    """Earlier captures, as whoever drives a strategy keeps them."""

    def times(self, since: int, until: int) -> Times:
        """When there were captures that could be traded, from one moment to another, both inclusive."""
        ...

    def prices(self, capture: Capture, rows: Rows, at: int) -> Floats:
        """What YES of the markets in these rows of `capture` cost on the earlier capture of that time; else NaN."""
        ...

    def told(self, capture: Capture, rows: Rows, since: int, until: int) -> Floats:
        """What the venue told afterwards that they cost: its newest hourly price between two moments; else NaN."""
        ...


class NoPast:
    """Where nothing is known of before."""

    def times(self, _since: int, _until: int) -> Times:
        """None."""
        return np.empty(0, dtype=np.int64)

    def prices(self, _capture: Capture, rows: Rows, _at: int) -> Floats:
        """None."""
        return np.full(len(rows), np.nan)

    def told(self, _capture: Capture, rows: Rows, _since: int, _until: int) -> Floats:
        """Nothing."""
        return np.full(len(rows), np.nan)


def microseconds(moment: datetime) -> int:
    """A moment as the history counts time."""
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // RESOLUTION


RESOLUTION = datetime.resolution


@dataclass(frozen=True, slots=True, eq=False)
class PriceHistory:
    """The prices before one capture, each looked up once for all portfolios that ask for the same markets."""

    past: Past = field(default_factory=NoPast)
    _found: dict[tuple[int, float, int], tuple[Rows, Floats]] = field(default_factory=dict)

    def prices(self, capture: Capture, rows: Rows, hours: float, points: int) -> Floats:
        """YES prices at `points` evenly spaced moments before the capture: a row for each market, the oldest first.

        The first is `hours` before the capture, the last one step before it.
        """
        if not (hours > 0 and points > 0):
            raise ValueError(f"history of {hours} hours and {points} points: both have to be above 0")
        key = (id(rows), hours, points)
        if key not in self._found:
            self._found[key] = (rows, self._looked_up(capture, rows, hours, points))
        return self._found[key][1]

    def _looked_up(self, capture: Capture, rows: Rows, hours: float, points: int) -> Floats:
        now = microseconds(capture.captured_at)
        moments = now - np.rint(hours * HOUR * np.arange(points, 0, -1) / points).astype(np.int64)
        times = self.past.times(min(int(moments[0]), now - DAY) - LONGEST_AGE, now)
        found = np.empty((points, len(rows)))
        for place, at in enumerate(sources(times, now, moments).tolist()):
            found[place] = np.nan if at == NONE else self.past.prices(capture, rows, at)
        longest = HOUR + allowance(times, now)
        for place in np.flatnonzero(moments < now - DAY).tolist():
            missing, moment = np.isnan(found[place]), int(moments[place])
            if missing.any():
                found[place, missing] = self.past.told(capture, rows[missing], moment - longest, moment)
        return found.T


def sources(times: Times, now: int, moments: Times) -> Times:
    """The capture, told by its time, whose price stands for each moment; `NONE` where none does.

    Args:
        times: of the captures that could be traded, up to now.
    """
    if len(times) == 0:
        return np.full(len(moments), NONE, dtype=np.int64)
    late = allowance(times, now)
    near = moments >= now - DAY
    newest = np.searchsorted(times, moments, side="right") - 1
    chosen = np.where(near, newest, _marks(times)[newest])
    age = moments - times[chosen]
    found: Times = np.where(
        (newest >= 0) & (chosen >= 0) & (age <= np.where(near, late, HOUR + late)), times[chosen], NONE
    )
    return found


def _marks(times: Times) -> Rows:
    """For each capture, the newest mark by then, which is the last capture of its UTC hour; -1: there is none."""
    hours = times // HOUR
    is_last = np.append(hours[1:] != hours[:-1], True)
    marks: Rows = np.maximum.accumulate(np.where(is_last, np.arange(len(times)), -1))
    return marks


def allowance(times: Times, now: int) -> int:
    """How much older than a moment a capture may be that stands for it: the usual interval, and what one comes late by.

    The usual interval is the median of those that ended in the 24 hours up to now.
    """
    intervals = np.diff(times)[times[1:] > now - DAY]
    usual = int(np.median(intervals)) if len(intervals) else 0
    return usual + usual // LATE
