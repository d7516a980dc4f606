"""A backup of everything that a home knows, taken while it goes on: the database of one moment, and its captures.

The files are held first, then the database is dumped, then the files that its rows name are copied: what the dump
knows is in the backup. The folder gets its name once all of it is on the disk.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.backup import dump, manifest
from prescient_dagster.store.backup.files import write
from prescient_dagster.store.backup.manifest import BackupFile, Manifest
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, capture_holds
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.versions import require_known, version_of
from prescient_dagster.usecases.keeping import new_folder
from prescient_dagster.usecases.keeping.new_folder import Watch

# Written for every version of the tables: one may want a backup just before they are upgraded.
NAMED = text(
    "SELECT path, events_sha256, markets_sha256, bytes FROM prescient.captures AS row "
    "WHERE to_jsonb(row) ->> 'pruned_at' IS NULL ORDER BY capture_id"
)
MARKS_ARE_THERE = text("SELECT to_regclass('prescient.price_marks') IS NOT NULL")
MARKS = text("SELECT path, sha256 FROM prescient.price_marks ORDER BY file_id")
COUNTED = text("SELECT (SELECT count(*) FROM prescient.captures), (SELECT count(*) FROM prescient.portfolios)")
VENUE = text("SELECT venue FROM prescient.world")
DAGSTER_IS_THERE = text("SELECT to_regclass('public.runs') IS NOT NULL")
HOLD_VERSION = text("LOCK TABLE prescient.alembic_version IN ACCESS SHARE MODE")


@dataclass(frozen=True, slots=True)
class NamedCapture:
    """A capture whose files a row names."""

    path: str
    events_sha256: str
    markets_sha256: str
    bytes: int


def back_up(database: Database, captures: CaptureFolder, target: Path, watch: Watch) -> Manifest:
    """Take a backup into a folder that is not there yet.

    A capture whose files are missing or damaged already stays out, and the manifest says so: the books are worth more.

    Raises:
        InvalidInput: something has that name already.
        Conflict: another backup is being written there.
        StoreError: the database or the disk refuses.
        StoreUnreachable: the object store of the captures does.
    """
    with new_folder.beside(target) as folder, capture_holds.held(database):
        with database.unguarded_view() as connection:
            books = _dumped(connection, folder, watch)
            named = [NamedCapture(*row) for row in connection.execute(NAMED)]
            marks = connection.execute(MARKS).all() if connection.scalar(MARKS_ARE_THERE) else []
        copied, absent = _copied(named, captures, folder, watch)
        copied_marks, absent_marks = _copied_marks({row.path: row.sha256 for row in marks}, captures, folder)
        made = replace(books, files={**books.files, **copied, **copied_marks}, absent=absent | absent_marks)
        write(folder / manifest.NAME, made.dumps())
    return made


def _dumped(connection: Connection, folder: Path, watch: Watch) -> Manifest:
    """Dump the database, and note what it is."""
    with suppress(ProgrammingError), connection.begin_nested():
        connection.execute(HOLD_VERSION)
    version = version_of(connection)
    require_known(version)
    if version is None:
        raise StoreError("there is nothing to back up: the database has no tables yet")
    dump.write(connection, folder / manifest.DUMP, lambda size: watch("database", size, None))
    captures, portfolios = connection.execute(COUNTED).one()
    return Manifest(
        manifest.FORMAT,
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        version,
        metadata.version("dagster") if connection.scalar(DAGSTER_IS_THERE) else "",
        connection.scalar(VENUE) or "",
        captures,
        portfolios,
        files={manifest.DUMP: manifest.summed(folder / manifest.DUMP)},
    )


def _copied(
    named: Sequence[NamedCapture], captures: CaptureFolder, folder: Path, watch: Watch
) -> tuple[dict[str, BackupFile], dict[str, str]]:
    """Copy the files that rows name, each checked against its row; what was copied, and what could not be."""
    total, done = sum(each.bytes for each in named), 0
    copied: dict[str, BackupFile] = {}
    absent: dict[str, str] = {}
    for each in named:
        try:
            copied |= _copy(each, captures, folder)
        except StoreError as error:
            absent[each.path] = str(error)
        done += each.bytes
        watch("captures", done, total)
    return copied, absent


def _copied_marks(
    marks: Mapping[str, str], captures: CaptureFolder, folder: Path
) -> tuple[dict[str, BackupFile], dict[str, str]]:
    """Copy the files of hourly prices, told by path and checksum, likewise."""
    copied: dict[str, BackupFile] = {}
    absent: dict[str, str] = {}
    for path, sha256 in marks.items():
        try:
            content = capture_files.checked(captures / path, sha256)
        except StoreError as error:
            absent[path] = str(error)
        else:
            name, copied[name] = _written(folder, path, sha256, content)
    return copied, absent


def _copy(each: NamedCapture, captures: CaptureFolder, folder: Path) -> dict[str, BackupFile]:
    pairs = list(
        zip(capture_files.file_pair(captures, each.path), (each.events_sha256, each.markets_sha256), strict=True)
    )
    contents = [(file, sha256, capture_files.checked(file, sha256)) for file, sha256 in pairs]
    day = each.path.rpartition("/")[0]
    return dict(_written(folder, f"{day}/{file.name}", sha256, content) for file, sha256, content in contents)


def _written(folder: Path, path: str, sha256: str, content: bytes) -> tuple[str, BackupFile]:
    name = f"{manifest.CAPTURES}/{path}"
    write(folder / name, content)
    return name, BackupFile(sha256, len(content))
