"""Which version of the tables this program is for, and the word for a database that is at another.

A version is the number of a migration. Alembic is not asked: to import it takes longer than the whole answer.
"""

from functools import cache
from importlib import resources

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.tables import SCHEMA

UPGRADE = "run `prescient db upgrade`"
NEWER = "install the newer Prescient that made it; nothing was read or written"
OLDER = f"stop what runs on it, then {UPGRADE}; nothing was read or written"
THERE = text(f"SELECT to_regclass('{SCHEMA}.alembic_version') IS NOT NULL")
AT = f"SELECT version_num FROM {SCHEMA}.alembic_version"
# The lock first and alone: a view that waited for an upgrade with its query would see the version of before.
HELD = text(f"LOCK TABLE {SCHEMA}.alembic_version IN ACCESS SHARE MODE; {AT}")
NO_TABLES = ("3F000", "42P01")


@cache
def known() -> tuple[str, ...]:
    """The versions there have been, the oldest first; the last is the one that this program reads and writes."""
    folder = resources.files("prescient_dagster.store.migrations") / "versions"
    return tuple(sorted(file.name[1:5] for file in folder.iterdir() if file.name.startswith("v") and "_" in file.name))


def version_of(connection: Connection) -> str | None:
    """The version of a database; None: it has no tables of ours."""
    return connection.scalar(text(AT)) if connection.scalar(THERE) else None


def hold_newest(connection: Connection) -> None:
    """Keep upgrades off until this transaction ends; `StoreError` unless the tables are those of this program."""
    version = _held(connection)
    require_known(version)
    if version is None:
        raise StoreError(f"the database has no tables yet: {UPGRADE}")
    if version != known()[-1]:
        raise StoreError(f"the database is at version {version}, this Prescient needs {known()[-1]}: {OLDER}")


def _held(connection: Connection) -> str | None:
    try:
        version: str | None = connection.scalar(HELD)
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) not in NO_TABLES:
            raise
        return None
    return version


def require_known(version: str | None) -> None:
    """Raise `StoreError` if a newer program made this database."""
    if version is not None and version not in known():
        raise StoreError(f"the database is at version {version}, this Prescient knows {known()[-1]}: {NEWER}")
