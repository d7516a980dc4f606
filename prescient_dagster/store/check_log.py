"""The results of asset checks as Dagster keeps them. It has no call that deletes any, not even with their run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, and_, delete, exists, text

from prescient_dagster.store.database import Database

executions = Table(
    "asset_check_executions",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("asset_key", Text),
    Column("check_name", Text),
    Column("partition", Text),
    Column("run_id", Text),
)
JUDGING = 7_041_776  # any number that means this to every process
PATIENCE = "10min"


@contextmanager
def checks_locked(database: Database, strategy: str) -> Iterator[None]:
    """Nobody else tells the checks of this strategy in this block: what was told last is still the last at its end.

    Raises:
        StoreError: somebody else has been telling them for too long.
    """
    with database.unguarded() as connection:
        connection.execute(
            text(f"SET LOCAL lock_timeout = '{PATIENCE}'; SET LOCAL idle_in_transaction_session_timeout = 0")
        )
        connection.execute(
            text(f"SELECT pg_advisory_xact_lock({JUDGING}, hashtext(:strategy))"), {"strategy": strategy}
        )
        yield


def forget(connection: Connection, run_ids: Sequence[str]) -> None:
    """Delete the results of runs, except those that are the newest of their check."""
    later = executions.alias()
    newer = exists().where(
        and_(
            later.c.asset_key == executions.c.asset_key,
            later.c.check_name == executions.c.check_name,
            later.c.partition.is_not_distinct_from(executions.c.partition),
            later.c.id > executions.c.id,
        )
    )
    connection.execute(delete(executions).where(executions.c.run_id.in_(run_ids), newer))
