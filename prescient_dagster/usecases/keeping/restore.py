"""A backup becomes a home again: checked first, then the files, then the database, so that no row lacks its files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from prescient_dagster.domain.errors import Conflict, StoreError
from prescient_dagster.store import private_folders
from prescient_dagster.store.backup import dump, manifest
from prescient_dagster.store.backup.broken_off import MARK
from prescient_dagster.store.backup.files import sync, write
from prescient_dagster.store.backup.manifest import CAPTURES, DUMP, Manifest
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.versions import require_known
from prescient_dagster.usecases.keeping.new_folder import Watch

TABLES = text("SELECT schemaname FROM pg_tables WHERE schemaname IN ('prescient', 'public') LIMIT 1")


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """Where a backup goes.

    Attributes:
        home: of the mark that says that a restore is not complete.
        captures: where the capture files go.
        open: gives the database; an embedded server is started by it.
        owned: the database is the home's own.
    """

    home: Path
    captures: CaptureFolder
    open: Callable[[], Database]
    owned: bool


def checked(backup: Path, watch: Watch) -> Manifest:
    """The manifest of a backup, of which every file has its checksum, and whose tables this program knows.

    Raises:
        InvalidInput: it is none.
        StoreError: it is damaged, or a newer program made it.
    """
    found = manifest.load(backup)
    require_known(found.version)
    done = 0
    for name, member in found.files.items():
        manifest.require_whole(backup, name, member)
        done += member.bytes
        watch("checking", done, found.size)
    return found


def restore(backup: Path, place: RestoreTarget, watch: Watch) -> Manifest:
    """Make a home of a backup.

    Raises:
        InvalidInput: there is no backup.
        Conflict: the home, or the database, is not empty; nothing was changed.
        StoreError: the backup is damaged (nothing was changed), or disk or database refuse.
        StoreUnreachable: the object store of the captures does.
    """
    require_empty(place)
    found = checked(backup, watch)
    try:
        private_folders.make_home(place.home)
        write(place.home / MARK, b"")
        sync(place.home)
        database = place.open()
        _require_no_tables(database)
        _copy(backup, found, place.captures, watch)
        dump.read_into(database, backup / DUMP, lambda size: watch("database", size, None))
        (place.home / MARK).unlink()
        sync(place.home)
    except OSError as error:
        raise StoreError(f"{backup} cannot be restored: {error.filename or place.home}: {error.strerror}") from error
    return found


def require_empty(place: RestoreTarget) -> None:
    """Raise `Conflict` unless nothing is there yet. A database of one's own is looked into as well."""
    if place.owned:
        _require_empty_folder(place.home, "PRESCIENT_HOME")
    else:
        _require_no_tables(place.open())
    if isinstance(place.captures, Path):
        _require_empty_folder(place.captures, "PRESCIENT_CAPTURES")
    elif capture_files.is_there(place.captures):
        raise _not_empty(place.captures, "PRESCIENT_CAPTURES")


def _require_empty_folder(folder: Path, setting: str) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise _not_empty(folder, setting)


def _not_empty(folder: CaptureFolder, setting: str) -> Conflict:
    return Conflict(f"{folder} is not empty: a backup is restored into a new home, name one with {setting}")


def _require_no_tables(database: Database) -> None:
    with database.unguarded() as connection:
        found = connection.scalar(TABLES)
    if found is not None:
        raise Conflict(
            f"the database has tables in its schema {found} already: a backup is restored into an empty database"
        )


def _copy(backup: Path, found: Manifest, captures: CaptureFolder, watch: Watch) -> None:
    names = [name for name in found.files if name != DUMP]
    total, done = found.size - found.files[DUMP].bytes, 0
    for name in names:
        content = (backup / name).read_bytes()
        _put(captures, name.removeprefix(f"{CAPTURES}/"), content)
        done += len(content)
        watch("captures", done, total)
    if names and isinstance(captures, Path):
        for folder in (path for path in (captures, *captures.rglob("*")) if path.is_dir()):
            sync(folder)


def _put(captures: CaptureFolder, name: str, content: bytes) -> None:
    if isinstance(captures, Path):
        write(captures / name, content)
    else:
        capture_files.write(captures / name, content)
