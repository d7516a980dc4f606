"""Removing the files of old captures on which nothing was traded. Rows and books stay for ever.

First the row says that its capture is pruned, then the files go. Killed between the two, files are left that the next
pass removes; never does a row promise files that are gone.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, capture_holds
from prescient_dagster.store.market.capture_files import StoredFile
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import NEWEST_FIRST, CaptureStatus
from prescient_dagster.store.tables import captures, order_books, rejected_records, trades, unavailable_books

ABANDONED_AFTER = timedelta(days=1)
"""A file without a row may belong to a capture that is just being stored, for so long."""
MOST_AT_ONCE = 500
TRADED = exists().where(
    trades.c.capture_id == captures.c.capture_id, trades.c.kind.in_((TradeKind.BUY, TradeKind.SELL))
)


@dataclass(frozen=True, slots=True)
class PrunedCaptures:
    """What a pass removed.

    Attributes:
        captures: that were marked as pruned.
        kept: as old as those, but traded on.
        files: removed, of these captures, of an earlier pass that was interrupted, and those that no capture has.
        bytes: of the files.
    """

    captures: int
    kept: int
    files: int
    bytes: int


def prune(
    database: Database, folder: CaptureFolder, age: timedelta, now: datetime, *, dry_run: bool = False
) -> PrunedCaptures:
    """Remove the files of captures that were stored longer ago than `age` and not traded on.

    It waits for who holds the files, such as a backup. The age is real time: by the venue's clock, which may run faster
    or be that of a recording, everything may be old.
    The newest capture and the newest that is ready stay, however old they are.

    Args:
        dry_run: remove nothing, and tell what would be.

    Raises:
        StoreError: a file cannot be removed, or the folder is not there.
        StoreUnreachable: the object store does not answer, or refuses.
    """
    before = now - age
    with database.begin() as connection:
        query = select(captures.c.capture_id).where(*_old(before), ~TRADED).order_by(captures.c.capture_id)
        due = list(connection.scalars(query))
        kept = connection.scalars(select(func.count()).where(*_old(before), TRADED)).one()
    if not capture_files.is_there(folder):
        if due:  # nothing is marked: the files may be somewhere else, or not mounted
            raise StoreError(f"the captures folder {folder} is not there: is PRESCIENT_CAPTURES the right folder?")
        return PrunedCaptures(0, kept, 0, 0)
    with nullcontext() if dry_run else capture_holds.removing(database):
        if not dry_run:
            for first in range(0, len(due), MOST_AT_ONCE):
                _mark(database, due[first : first + MOST_AT_ONCE], now)
        files, size = sweep(database, folder, now, doomed=due, dry_run=dry_run)
    return PrunedCaptures(len(due), kept, files, size)


def _old(before: datetime) -> tuple[ColumnElement[bool], ...]:
    needed = NEWEST_FIRST.with_only_columns(captures.c.capture_id).limit(1)
    ready = needed.where(captures.c.status == CaptureStatus.READY)
    return (
        captures.c.stored_at < before,
        captures.c.pruned_at.is_(None),
        captures.c.capture_id.not_in(needed),
        captures.c.capture_id.not_in(ready),
    )


def _mark(database: Database, capture_ids: Sequence[int], now: datetime) -> None:
    """Note that captures are pruned; what is of no use without their files goes with it: books, rejected records."""
    with database.begin() as connection:
        connection.execute(
            update(captures).where(captures.c.capture_id.in_(capture_ids), ~TRADED).values(pruned_at=now)
        )
        pruned = select(captures.c.capture_id).where(
            captures.c.capture_id.in_(capture_ids), captures.c.pruned_at.is_not(None)
        )
        for table in (order_books, unavailable_books, rejected_records):
            connection.execute(delete(table).where(table.c.capture_id.in_(pruned)))


def sweep(
    database: Database, folder: CaptureFolder, now: datetime, doomed: Collection[int] = (), *, dry_run: bool = False
) -> tuple[int, int]:
    """Remove files of pruned captures, and those an interrupted capture left more than a day ago; how many, and bytes.

    Args:
        doomed: captures that count as pruned already.
    """
    abandoned_before = (now - ABANDONED_AFTER).timestamp()
    removed = []
    try:
        for day in capture_files.days(folder):
            for file in _unwanted(database, day, set(doomed), abandoned_before):
                removed.append(file.bytes)
                if not dry_run:
                    file.remove()
        if not dry_run:
            capture_files.remove_empty_days(folder, abandoned_before)
    except OSError as error:
        raise StoreError(f"{error.filename or folder} cannot be removed from {folder}: {error.strerror}") from error
    return len(removed), sum(removed)


def _unwanted(
    database: Database, day: Sequence[StoredFile], doomed: set[int], abandoned_before: float
) -> list[StoredFile]:
    with database.begin() as connection:
        known = _known(connection, {file.capture_id for file in day})
        newest = connection.scalar(select(func.max(captures.c.capture_id))) or 0
    return [file for file in day if _is_unwanted(file, known, newest, doomed, abandoned_before)]


def _known(connection: Connection, capture_ids: Iterable[int]) -> dict[int, tuple[str, bool]]:
    query = select(captures.c.capture_id, captures.c.path, captures.c.pruned_at.is_not(None))
    rows = connection.execute(query.where(captures.c.capture_id.in_(list(capture_ids))))
    return {capture_id: (path, pruned) for capture_id, path, pruned in rows}


def _is_unwanted(
    file: StoredFile, known: dict[int, tuple[str, bool]], newest: int, doomed: set[int], abandoned_before: float
) -> bool:
    """Numbers are given once and in order: a file of another database has one that is taken here, or not given yet."""
    if file.capture_id not in known:
        return file.capture_id < newest and file.modified < abandoned_before
    path, pruned = known[file.capture_id]
    return path == file.path and (pruned or file.capture_id in doomed)
