"""Captures as their rows tell of them, and their markets opened so that only what is asked for is read."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, select

from prescient_dagster.domain.errors import FileGone, SchemaUnknown, StoreError, StoreUnreachable
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.store.market import capture_files
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.lazy_captures import FarMarkets, Habits, LazyCapture, MarketsFile
from prescient_dagster.store.tables import captures

IN_PARTS_FROM_BYTES = 3_000_000
"""Both files of a capture; below, one request for the whole is as quick as three for its parts."""


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """What a replay has to know of a capture in the database; `CaptureRecord` tells more."""

    capture_id: int
    captured_at: datetime
    stored_at: datetime
    status: CaptureStatus
    path: str
    markets: int
    markets_sha256: str
    bytes: int
    pruned_at: datetime | None


def capture_rows(connection: Connection, *conditions: ColumnElement[bool]) -> list[CaptureRow]:
    """The captures that meet these conditions, in the order in which they were taken."""
    query = select(*(captures.c[name] for name in CaptureRow.__slots__)).where(*conditions)
    rows = connection.execute(query.order_by(captures.c.capture_id)).mappings()
    return [CaptureRow(**{**row, "status": CaptureStatus(row["status"])}) for row in rows]


def open_capture(folder: CaptureFolder, row: CaptureRow, habits: Habits | None = None) -> Capture:
    """A capture of the database; only what is asked of it is read.

    Raises:
        StoreError: its file is pruned, gone, damaged or of another version; in the same words for all, so that they
            can be counted.
        StoreUnreachable: the object store does not answer, or refuses.
    """
    if row.pruned_at is not None:
        raise StoreError("its files were pruned")
    _, path = capture_files.file_pair(folder, row.path)
    try:
        return LazyCapture(row.capture_id, row.captured_at, _markets_file(path, row, habits))
    except SchemaUnknown as error:
        raise StoreError("its columns are those of another version of Prescient") from error
    except FileGone as error:
        raise StoreError("its file is gone") from error
    except StoreError as error:
        raise StoreError("its file is damaged") from error


def _markets_file(path: CaptureFolder, row: CaptureRow, habits: Habits | None) -> MarketsFile:
    """Of a large file that is far away, what a replay has needed so far; else the whole."""
    if not isinstance(path, Path) and habits is not None and habits.used and row.bytes >= IN_PARTS_FROM_BYTES:
        with suppress(StoreUnreachable, StoreError):  # the whole file tells what is wrong
            found = FarMarkets(path, row.markets_sha256, habits)
            if found.rows == row.markets:
                return found
    return MarketsFile(path, capture_files.checked(path, row.markets_sha256), habits)
