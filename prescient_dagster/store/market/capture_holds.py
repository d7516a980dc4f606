"""Who copies the files of captures holds them: retention waits, so that none goes between a row and its file.

A hold is a lock in the database. It ends with the connection of who has it, also where that is killed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from prescient_dagster.store.database import Database

FILES = 7_041_776_002  # any number that means this to every process
PATIENCE = "30min"


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Keep all files that rows name until the end of the block; several may.

    Raises:
        StoreError: somebody has been removing files for too long.
    """
    with database.unguarded() as connection:
        _take(connection, "pg_advisory_xact_lock_shared")
        yield


@contextmanager
def removing(database: Database) -> Iterator[None]:
    """Nobody holds the files in this block.

    Raises:
        StoreError: somebody has held them for too long.
    """
    with database.unguarded() as connection:
        _take(connection, "pg_advisory_xact_lock")
        yield


def _take(connection: Connection, lock: str) -> None:
    connection.execute(
        text(f"SET LOCAL lock_timeout = '{PATIENCE}'; SET LOCAL idle_in_transaction_session_timeout = 0")
    )
    connection.execute(text(f"SELECT {lock}({FILES})"))
