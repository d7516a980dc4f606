"""Hourly marks: of every market that took orders, what it cost on the last capture of each UTC hour.

They are kept in a file per UTC day, written once the day is over, and outlive the captures they are taken from. What
the venue told of a day later has files of its own. A file is named by its content, never rewritten, and exists when its
row does.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, and_, cast, delete, func, not_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import Date

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, capture_holds
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import CaptureRow, capture_rows, open_capture
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.stamps import MISDATED
from prescient_dagster.store.tables import captures, price_marks

SCHEMA = pa.schema(
    [
        ("captured_at", pa.timestamp("us", tz="UTC")),
        ("market_id", pa.large_string()),
        *((name, pa.float64()) for name in ("yes_price", "best_bid", "best_ask", "volume")),
    ]
)
UTC_DAY = cast(func.timezone("UTC", captures.c.captured_at), Date)
READY = and_(captures.c.status == CaptureStatus.READY, not_(MISDATED))


class MarkSourceKind(StrEnum):
    """Where marks come from: our captures, or what the venue tells of the past."""

    CAPTURES = "captures"
    VENUE = "venue"


@dataclass(frozen=True, slots=True)
class MarksFile:
    """A file of marks, as its row has it."""

    day: date
    source: str
    path: str
    sha256: str
    bytes: int
    marks: int
    written_at: datetime


def files(connection: Connection, source: MarkSourceKind) -> list[MarksFile]:
    """All files of a source, by day and in the order in which they were written."""
    query = select(*(price_marks.c[name] for name in MarksFile.__slots__)).where(price_marks.c.source == source)
    return [MarksFile(*row) for row in connection.execute(query.order_by(price_marks.c.day, price_marks.c.file_id))]


def write_due(database: Database, folder: CaptureFolder) -> list[MarksFile]:
    """Write the marks of every UTC day that is over, has captures, and has none yet.

    Raises:
        StoreError: folder or database cannot be written.
    """
    return [write(database, folder, day, _hours(database, folder, day)) for day in _due(database)]


def _due(database: Database) -> list[date]:
    newest = select(func.max(captures.c.captured_at)).where(READY).scalar_subquery()
    over = cast(func.timezone("UTC", newest), Date) > UTC_DAY
    ours = and_(price_marks.c.day == UTC_DAY, price_marks.c.source == MarkSourceKind.CAPTURES)
    there = captures.c.pruned_at.is_(None)
    query = select(UTC_DAY).where(READY, there, over, ~select(price_marks.c.day).where(ours).exists())
    with database.begin() as connection:
        return list(connection.scalars(query.distinct().order_by(UTC_DAY)))


def _hours(database: Database, folder: CaptureFolder, day: date) -> Iterator[pd.DataFrame]:
    """The marks of each hour of a day, as far as its captures can be read."""
    begun = datetime(day.year, day.month, day.day, tzinfo=UTC)
    of_day = (captures.c.captured_at >= begun, captures.c.captured_at < begun + timedelta(days=1))
    with database.begin() as connection:
        rows = capture_rows(connection, READY, *of_day)
    for row in _last_of_hours(rows):
        try:
            yield of_capture(open_capture(folder, row))
        except StoreError:  # what cannot be read any more is no mark, and the day has to be written all the same
            continue


def _last_of_hours(rows: Iterable[CaptureRow]) -> Sequence[CaptureRow]:
    ordered = sorted(rows, key=lambda row: row.captured_at)
    return list({row.captured_at.astimezone(UTC).hour: row for row in ordered}.values())


def of_capture(capture: Capture) -> pd.DataFrame:
    """The marks of one capture: of the markets that took orders."""
    rows = np.flatnonzero(capture.columns["tradable"])
    columns = {name: capture.columns[name][rows] for name in SCHEMA.names[2:]}
    ids = capture.text_column("market_id").iloc[rows].array
    return pd.DataFrame({"captured_at": pd.Timestamp(capture.captured_at), "market_id": ids, **columns})


def write(
    database: Database,
    folder: CaptureFolder,
    day: date,
    parts: Iterable[pd.DataFrame],
    source: MarkSourceKind = MarkSourceKind.CAPTURES,
) -> MarksFile:
    """Keep marks of a UTC day; each part becomes a group of rows that can be read alone.

    The same content again is the file there is, and so is any of our captures where there are marks of that day.
    """
    content, marks = _encoded(parts)
    sha256 = capture_files.checksum(content)
    path = f"marks/{day:%Y/%m/%d}-{sha256[:16]}.parquet"
    capture_files.write(folder / path, content)
    row = {"day": day, "source": source, "path": path, "sha256": sha256, "bytes": content.nbytes, "marks": marks}
    with database.begin() as connection:
        connection.execute(postgresql.insert(price_marks).values(row).on_conflict_do_nothing())
        return next(each for each in reversed(files(connection, source)) if each.day == day)


def _encoded(parts: Iterable[pd.DataFrame]) -> tuple[memoryview, int]:
    sink, marks = pa.BufferOutputStream(), 0
    options = {"compression": "zstd", "compression_level": capture_files.COMPRESSION_LEVEL}
    with pq.ParquetWriter(sink, SCHEMA, write_statistics=["captured_at"], **options) as writer:
        for part in parts:
            if len(part):
                table = pa.Table.from_pandas(part, schema=SCHEMA, preserve_index=False).replace_schema_metadata(None)
                writer.write_table(table, row_group_size=len(part))
                marks += len(part)
    return memoryview(sink.getvalue()), marks


def opened(folder: CaptureFolder, file: MarksFile) -> pq.ParquetFile:
    """A file of marks.

    Raises:
        StoreError: it is missing, or is not the one that was written.
    """
    content = capture_files.checked(folder / file.path, file.sha256)
    return pq.ParquetFile(pa.BufferReader(content))


def last_of(folder: CaptureFolder, file: MarksFile, until: datetime) -> Iterator[pd.DataFrame]:
    """The newest marks in a file up to a moment; nothing where all are of later.

    Raises:
        StoreError: the file is missing, or is not the one that was written.
    """
    found = opened(folder, file)
    groups = [found.metadata.row_group(group).column(0).statistics.min for group in range(found.num_row_groups)]
    known = [number for number, at in enumerate(groups) if at <= until]
    if known:
        yield found.read_row_group(known[-1]).to_pandas()


def of_venue(database: Database, folder: CaptureFolder, day: date, until: datetime | None = None) -> pd.DataFrame:
    """What the venue told of a UTC day: of each market and hour what it told first.

    Args:
        until: what was written after that does not count.
    """
    with database.begin() as connection:
        told = [each for each in files(connection, MarkSourceKind.VENUE) if each.day == day]
    counted = [each for each in told if until is None or each.written_at <= until]
    found: pd.DataFrame = pa.concat_tables(
        [SCHEMA.empty_table(), *(opened(folder, each).read() for each in counted)]
    ).to_pandas()
    return found


def prune(database: Database, folder: CaptureFolder, before: datetime, *, dry_run: bool = False) -> int:
    """Remove the files that were written before a moment of real time; how many."""
    old = price_marks.c.written_at < before
    with database.begin() as connection:
        paths = list(connection.scalars(select(price_marks.c.path).where(old)))
    if paths and not dry_run:
        with capture_holds.removing(database):
            with database.begin() as connection:
                connection.execute(delete(price_marks).where(old))
            for path in paths:
                with suppress(FileNotFoundError):
                    capture_files.remove(folder / path)
    return len(paths)
