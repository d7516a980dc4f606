"""The configs of all cycles, put into a table of their own: what version 0009 of the tables needs.

A database may hold millions of cycles, and nobody reads or writes while an upgrade changes tables. So this is done
ahead, in batches that hold nobody up; what cycles were begun meanwhile is left for the upgrade itself.
"""

from typing import Any

from sqlalchemy import Connection, text

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.database import Database
from prescient_dagster.store.versions import version_of

LOCK = text("SELECT pg_advisory_xact_lock(7041776009)")  # any number that means this to every process
BATCH = 20_000  # cycles
GATHERED = "configs_gathered"
AFTER = "0009"
TABLE = text(
    "CREATE TABLE IF NOT EXISTS prescient.configs"
    " (config_sha256 text NOT NULL CONSTRAINT configs_pkey PRIMARY KEY, config jsonb NOT NULL)"
)
LAST = text(
    "SELECT max(cycle_id) FROM"
    " (SELECT cycle_id FROM prescient.cycles WHERE cycle_id > :after ORDER BY cycle_id LIMIT :batch) batch"
)
COPIED = text(
    "INSERT INTO prescient.configs SELECT DISTINCT ON (config_sha256) config_sha256, config FROM prescient.cycles"
    " WHERE cycle_id > :after AND cycle_id <= :last ORDER BY config_sha256, cycle_id ON CONFLICT DO NOTHING"
)
DIFFERENT = text(
    "SELECT min(cycle_id) FROM prescient.cycles JOIN prescient.configs USING (config_sha256)"
    " WHERE cycle_id > :after AND cycle_id <= :last AND cycles.config <> configs.config"
)


def gather_ahead(database: Database) -> int:
    """Gather the configs of the cycles there are, a batch a transaction; the number up to which all are gathered.

    Raises:
        StoreError: two cycles have different configs under one sha256.
    """
    with database.unguarded() as connection:
        if not _needed(connection):
            return 0
        # Who writes cycles is waited for: a smaller number than the last may not have been committed yet.
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("LOCK TABLE prescient.cycles IN SHARE MODE"))
        upto = int(connection.scalar(text("SELECT coalesce(max(cycle_id), 0) FROM prescient.cycles")) or 0)
    done: int | None = 0
    while done is not None and done < upto:
        with database.unguarded() as connection:
            connection.execute(LOCK)
            done = _batch(connection, done) if _needed(connection) else None
    return upto


def gather(connection: Connection, done: int) -> None:
    """Gather the configs of all cycles after this number."""
    connection.execute(TABLE)
    after: int | None = done
    while after is not None:
        after = _batch(connection, after)


def gathered_to(config: Any) -> int:
    """The number that `gather_ahead` came to, from Alembic's configuration."""
    return int(config.attributes.get(GATHERED, 0)) if config is not None else 0


def _needed(connection: Connection) -> bool:
    version = version_of(connection)
    return version is not None and version < AFTER


def _batch(connection: Connection, after: int) -> int | None:
    """The number of the last cycle of the batch after this one; None: there was none."""
    connection.execute(TABLE)
    last: int | None = connection.scalar(LAST, {"after": after, "batch": BATCH})
    if last is not None:
        span = {"after": after, "last": last}
        connection.execute(COPIED, span)
        other = connection.scalar(DIFFERENT, span)
        if other is not None:
            raise StoreError(
                f"cycle {other} has other settings than another cycle under the same config_sha256, as no Prescient "
                "writes them: correct that row of prescient.cycles, nothing was changed"
            )
    return last
