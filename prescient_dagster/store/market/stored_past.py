"""The history that strategies see of the captures in the database, and of the marks that outlive them."""

from collections import OrderedDict
from datetime import UTC, date, datetime

import pyarrow.parquet as pq

from prescient_dagster.domain.market.history import microseconds
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import price_marks
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import CaptureRow, capture_rows, open_capture
from prescient_dagster.store.market.past_captures import PastCaptures
from prescient_dagster.store.market.price_marks import READY, MarksFile, MarkSourceKind
from prescient_dagster.store.market.price_shelf import Priced, priced
from prescient_dagster.store.tables import captures

MOST_DAYS = 16
"""So many days' files are kept open."""


class StoredPast(PastCaptures[CaptureRow]):
    """The captures of the database; of days that are over their marks, which are quicker to read."""

    def __init__(self, database: Database, folder: CaptureFolder) -> None:
        super().__init__(self._ready_since, self._priced)
        self._database, self._folder = database, folder
        self._marks: dict[date, MarksFile] = {}
        self._days: OrderedDict[date, DayMarks] = OrderedDict()

    def _ready_since(self, since: datetime) -> dict[datetime, CaptureRow]:
        with self._database.begin() as connection:
            ours = price_marks.files(connection, MarkSourceKind.CAPTURES)
            self._marks = {file.day: file for file in ours}
            return {row.captured_at: row for row in capture_rows(connection, READY, captures.c.captured_at >= since)}

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
