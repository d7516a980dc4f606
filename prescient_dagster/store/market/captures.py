"""Captures: numbered, immutable, two files and a row. A capture exists when its row does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, not_, select, update
from sqlalchemy.dialects import postgresql

from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.errors import Conflict, NotFound
from prescient_dagster.domain.market.capture_clock import misdated
from prescient_dagster.domain.market.markets import (
    EVENT_COLUMNS,
    EVENTS,
    MARKET_COLUMNS,
    MARKETS,
    Capture,
    Listing,
    check_events,
    check_markets,
)
from prescient_dagster.store import world
from prescient_dagster.store.database import Database, storable
from prescient_dagster.store.market import capture_files, forecasts, order_books, rejections
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.stamps import MISDATED
from prescient_dagster.store.tables import captures

NUMBERS = func.pg_get_serial_sequence("prescient.captures", "capture_id")
NEWEST_FIRST = (
    select(captures).where(not_(MISDATED)).order_by(captures.c.captured_at.desc(), captures.c.capture_id.desc())
)
LATEST_FIRST = select(captures).order_by(captures.c.capture_id.desc())


class CaptureStatus(StrEnum):
    """Whether a capture may be traded: stored (not yet), ready, refused (never, for a reason)."""

    STORED = "stored"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CaptureRecord:
    """What the database knows of a capture.

    Attributes:
        captured_at: the venue's clock; `stored_at` is ours.
        run_id: of the Dagster run that took it; empty: none did.
        path: of its files below the captures folder, without their endings.
        bytes: of both files.
        pruned_at: when retention removed the files; the row stays.
    """

    capture_id: int
    venue: str
    captured_at: datetime
    stored_at: datetime
    status: CaptureStatus
    status_reason: str | None
    run_id: str
    path: str
    events: int
    markets: int
    tradable_markets: int
    rejected_records: int
    events_sha256: str
    markets_sha256: str
    bytes: int
    pruned_at: datetime | None = None


def save(
    database: Database,
    folder: CaptureFolder,
    listing: Listing,
    run_id: str = "",
    books: Mapping[str, Book] | None = None,
) -> CaptureRecord:
    """Store a listing as a capture, all or nothing; the same listing again is the capture there is.

    Args:
        books: what the venue told of order books for it; they are kept with the capture, in the same transaction.

    Raises:
        VenueAnswerInvalid: its tables are not those of a capture.
        Conflict: the database belongs to another venue, or holds other content of that moment.
        StoreError: files or database cannot be written.
    """
    check_events(listing.events)
    check_markets(listing.markets)
    contents = (
        capture_files.encoded(listing.events, EVENT_COLUMNS),
        capture_files.encoded(listing.markets, MARKET_COLUMNS),
    )
    row = _row(listing, *contents) | {"run_id": run_id}
    with database.begin() as connection:
        world.require_venue(connection, listing.venue)
        there = _stored_at(connection, listing)
        if there is not None:
            return _unchanged(there, row)
        capture_id = connection.scalars(select(func.nextval(NUMBERS))).one()
    row |= {"capture_id": capture_id, "path": f"{listing.captured_at.astimezone(UTC):%Y/%m/%d}/{capture_id}"}
    files = capture_files.file_pair(folder, row["path"])
    for file, content in zip(files, contents, strict=True):
        capture_files.write(file, content)
    record = _add(database, listing, row, books or {})
    if record.capture_id != capture_id:  # another process stored this moment first
        for file in files:
            capture_files.remove(file)
    return _unchanged(record, row)


def _row(listing: Listing, events: memoryview, markets: memoryview) -> dict[str, Any]:
    return {
        "venue": listing.venue,
        "captured_at": listing.captured_at,
        "status": CaptureStatus.STORED,
        "events": len(listing.events),
        "markets": len(listing.markets),
        "tradable_markets": listing.tradable_markets,
        "rejected_records": len(listing.rejections),
        "events_sha256": capture_files.checksum(events),
        "markets_sha256": capture_files.checksum(markets),
        "bytes": events.nbytes + markets.nbytes,
    }


def _stored_at(connection: Connection, listing: Listing) -> CaptureRecord | None:
    same = (captures.c.venue == listing.venue, captures.c.captured_at == listing.captured_at)
    return _first(connection, select(captures).where(*same))


def _unchanged(there: CaptureRecord, row: dict[str, Any]) -> CaptureRecord:
    if (there.events_sha256, there.markets_sha256) == (row["events_sha256"], row["markets_sha256"]):
        return there
    raise Conflict(
        f"capture {there.capture_id} already holds another listing of {there.captured_at:%Y-%m-%d %H:%M:%S}: "
        "a capture is never changed, take one at another moment"
    )


def _add(database: Database, listing: Listing, row: dict[str, Any], books: Mapping[str, Book]) -> CaptureRecord:
    query = postgresql.insert(captures).values(row).on_conflict_do_nothing(index_elements=["venue", "captured_at"])
    with database.begin() as connection:
        forecasts.wait_for_readings(connection)
        added = _first(connection, query.returning(captures))
        if added is not None:
            rejections.add(connection, added.capture_id, listing.rejections)
            order_books.keep(connection, added.capture_id, books)
        record = added or _stored_at(connection, listing)
    assert record is not None
    return record


def load(database: Database, folder: CaptureFolder, capture_id: int | None = None) -> Capture:
    """A capture with its tables, whatever its status; None: the newest that may be traded.

    Raises:
        NotFound: there is none, or its files were pruned.
        StoreError: a file is missing or damaged.
    """
    record = require_files(ready(database) if capture_id is None else find(database, capture_id))
    events, markets = capture_files.file_pair(folder, record.path)
    return Capture(
        record.capture_id,
        record.captured_at,
        events=capture_files.read(events, record.events_sha256, EVENTS),
        markets=capture_files.read(markets, record.markets_sha256, MARKETS),
    )


def find(database: Database, capture_id: int) -> CaptureRecord:
    """The record of a capture, or `NotFound`."""
    record = _one(database, select(captures).where(captures.c.capture_id == capture_id))
    if record is None:
        raise NotFound(f"there is no capture {capture_id}")
    return record


def require_files(record: CaptureRecord) -> CaptureRecord:
    """The record, whose files are there; `NotFound` where retention has removed them."""
    if record.pruned_at is not None:
        raise NotFound(
            f"capture {record.capture_id} of {record.captured_at:%Y-%m-%d %H:%M} was pruned on "
            f"{record.pruned_at:%Y-%m-%d}, since nothing was traded on it: "
            "raise PRESCIENT_RETENTION_CAPTURES_DAYS to keep more"
        )
    return record


def wrong_clock(database: Database, record: CaptureRecord) -> str:
    """Why the time that a capture is stamped with cannot be true, in one line; empty: it can."""
    there = _one(database, NEWEST_FIRST.where(captures.c.capture_id < record.capture_id).limit(1))
    newest_at = None if there is None else there.captured_at
    return misdated(record.venue, record.captured_at, record.stored_at, newest_at)


def latest(database: Database) -> CaptureRecord | None:
    """The capture that was stored last, whatever its time and status."""
    return _one(database, LATEST_FIRST.limit(1))


def newest(database: Database) -> CaptureRecord | None:
    """The latest capture by the venue's clock, whatever its status; never one from the future."""
    return _one(database, NEWEST_FIRST.limit(1))


def newest_ready(database: Database) -> CaptureRecord | None:
    """The latest capture that may be traded."""
    return _one(database, NEWEST_FIRST.where(captures.c.status == CaptureStatus.READY).limit(1))


def ready(database: Database, capture_id: int | None = None) -> CaptureRecord:
    """The capture to trade on; None: the newest that may be traded.

    Raises:
        NotFound: there is none, or its files were pruned.
        Conflict: it may not be traded.
    """
    record = newest_ready(database) if capture_id is None else find(database, capture_id)
    if record is None:
        raise NotFound("no capture is ready to be traded: run `prescient capture`")
    if record.status is not CaptureStatus.READY:
        why = record.status_reason or "its settlements are not booked yet"
        raise Conflict(f"capture {record.capture_id} may not be traded, it is {record.status}: {why}")
    from_the_future = misdated(record.venue, record.captured_at, record.stored_at)
    if from_the_future:
        raise Conflict(f"capture {record.capture_id} may not be traded: {from_the_future}")
    return require_files(record)


def of_run(database: Database, run_id: str) -> CaptureRecord | None:
    """The capture that a Dagster run took."""
    return _one(database, LATEST_FIRST.where(captures.c.run_id == run_id).limit(1))


def previous(database: Database, capture_id: int) -> CaptureRecord | None:
    """The capture before this one, whatever its status; never one from the future."""
    return _one(database, LATEST_FIRST.where(captures.c.capture_id < capture_id, not_(MISDATED)).limit(1))


def previous_ready(database: Database, capture_id: int) -> CaptureRecord | None:
    """The capture before this one that may be traded; never one from the future."""
    before = (captures.c.capture_id < capture_id, captures.c.status == CaptureStatus.READY, not_(MISDATED))
    return _one(database, LATEST_FIRST.where(*before).limit(1))


def list_recent(database: Database, limit: int = 20) -> list[CaptureRecord]:
    """The latest captures, newest first."""
    with database.begin() as connection:
        return [_record(row) for row in connection.execute(NEWEST_FIRST.limit(limit)).mappings()]


def mark_ready(database: Database, capture_id: int) -> CaptureRecord:
    """Let a stored capture be traded; a refused one stays refused (`Conflict`)."""
    return _mark(database, capture_id, CaptureStatus.READY, None)


def mark_refused(database: Database, capture_id: int, reason: str) -> CaptureRecord:
    """Forbid trading a stored capture, and keep the first reason; a ready one may have been traded (`Conflict`)."""
    return _mark(database, capture_id, CaptureStatus.REFUSED, storable(reason))


def _mark(database: Database, capture_id: int, status: CaptureStatus, reason: str | None) -> CaptureRecord:
    change = (
        update(captures)
        .where(captures.c.capture_id == capture_id, captures.c.status == CaptureStatus.STORED)
        .values(status=status, status_reason=reason)
    )
    with database.begin() as connection:
        connection.execute(change)
    record = find(database, capture_id)
    if record.status != status:
        why = f" ({record.status_reason})" if record.status_reason else ""
        raise Conflict(f"capture {capture_id} is already {record.status}{why} and cannot become {status}")
    return record


def _one(database: Database, query: Any) -> CaptureRecord | None:
    with database.begin() as connection:
        return _first(connection, query)


def _first(connection: Connection, query: Any) -> CaptureRecord | None:
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _record(row)


def _record(row: RowMapping) -> CaptureRecord:
    return CaptureRecord(**{**row, "status": CaptureStatus(row["status"])})
