"""The history that strategies see of the captures in the database, and of the marks that outlive them."""

from collections import OrderedDict, defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.market.history import HOUR, microseconds
from prescient_dagster.domain.market.markets import Capture, Floats, Rows
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import price_marks
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import CaptureRow, capture_rows, open_capture
from prescient_dagster.store.market.past_captures import PastCaptures
from prescient_dagster.store.market.price_marks import READY, MarksFile, MarkSourceKind
from prescient_dagster.store.market.price_shelf import MarketNumbers, Priced, at_numbers, priced
from prescient_dagster.store.tables import captures

MOST_DAYS = 16
"""So many days' files are kept open."""


class StoredPast(PastCaptures[CaptureRow]):
    """The captures of the database; of days that are over their marks, which are quicker to read.

    Attributes:
        known_until: what the venue was asked for after that does not count; None: all counts.
    """

    def __init__(self, database: Database, folder: CaptureFolder) -> None:
        super().__init__(self._ready_since, self._priced)
        self._database, self._folder = database, folder
        self._marks: dict[date, MarksFile] = {}
        self._days: OrderedDict[date, DayMarks] = OrderedDict()
        self._venue: dict[date, list[datetime]] = {}
        self._venue_days: OrderedDict[tuple[date, int], VenueMarks] = OrderedDict()
        self.known_until: datetime | None = None

    def _ready_since(self, since: datetime) -> dict[datetime, CaptureRow]:
        with self._database.begin() as connection:
            ours = price_marks.files(connection, MarkSourceKind.CAPTURES)
            self._marks = {file.day: file for file in ours}
            self._venue = defaultdict(list)
            for file in price_marks.files(connection, MarkSourceKind.VENUE):
                self._venue[file.day].append(file.written_at)
            return {row.captured_at: row for row in capture_rows(connection, READY, captures.c.captured_at >= since)}

    def told(self, capture: Capture, rows: Rows, since: int, until: int) -> Floats:
        """What the venue told of the hours between two moments; of two the later."""
        numbers = self._shelf.numbers_at(capture, rows)
        found = np.full(len(rows), np.nan)
        for hour in range(since // HOUR, until // HOUR + 1):
            marks = self._venue_day(hour // 24)
            if marks is not None:
                at, price = (at_numbers(values, numbers) for values in marks.hour(hour % 24))
                found = np.where((at >= since) & (at <= until), price, found)
        return found

    def _venue_day(self, number: int) -> "VenueMarks | None":
        """What the venue had told of the day of this number since 1970, as far as it counts."""
        day = date(1970, 1, 1) + timedelta(days=number)
        counted = [at for at in self._venue.get(day, ()) if self.known_until is None or at <= self.known_until]
        if not counted:
            return None
        key = (day, len(counted))
        if key not in self._venue_days:
            marks = price_marks.of_venue(self._database, self._folder, day, self.known_until)
            self._venue_days[key] = VenueMarks(marks, self._shelf.numbers)
            while len(self._venue_days) > MOST_DAYS:
                self._venue_days.popitem(last=False)
        return self._venue_days[key]

    def _priced(self, row: CaptureRow) -> Priced:
        return self._marked(row.captured_at) or priced(open_capture(self._folder, row))

    def _marked(self, captured_at: datetime) -> Priced | None:
        day = captured_at.astimezone(UTC).date()
        if day not in self._marks:
            return None
        if day not in self._days:
            self._days[day] = DayMarks(price_marks.opened(self._folder, self._marks[day]))
            while len(self._days) > MOST_DAYS:
                self._days.popitem(last=False)
        return self._days[day].prices(microseconds(captured_at))


class VenueMarks:
    """What the venue told of a day: of each hour when, and what markets cost then, by their numbers."""

    def __init__(self, marks: pd.DataFrame, numbers: MarketNumbers) -> None:
        columns = numbers.each(pa.array(marks["market_id"], type=pa.large_string()))
        at = marks["captured_at"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
        hours = at // HOUR % 24
        shape = (24, int(columns.max(initial=-1)) + 1)
        self._at, self._prices = np.full(shape, np.nan), np.full(shape, np.nan)
        told_first_last = slice(None, None, -1)  # of two that tell of the same hour the later one here stays
        self._at[hours[told_first_last], columns[told_first_last]] = at[told_first_last]
        self._prices[hours[told_first_last], columns[told_first_last]] = marks["yes_price"].to_numpy()[told_first_last]

    def hour(self, hour: int) -> tuple[Floats, Floats]:
        """The times, in microseconds, and the prices."""
        return self._at[hour], self._prices[hour]


class DayMarks:
    """The marks of a day, of which single hours are read."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self._file = file
        found = file.metadata
        self._group_of = {
            microseconds(found.row_group(group).column(0).statistics.min): group
            for group in range(found.num_row_groups)
        }

    def prices(self, at: int) -> Priced | None:
        """The prices of a capture; None: it is not the last of its hour."""
        if at not in self._group_of:
            return None
        table = self._file.read_row_group(
            self._group_of[at], columns=["market_id", "yes_price"], use_threads=False
        ).combine_chunks()
        return table.column("market_id").chunk(0), table.column("yes_price").to_numpy()
