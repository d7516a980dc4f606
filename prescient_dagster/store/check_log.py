"""The results of asset checks as Dagster keeps them. It has no call that deletes any, not even with their run."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, and_, delete, exists

executions = Table(
    "asset_check_executions",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("asset_key", Text),
    Column("check_name", Text),
    Column("partition", Text),
    Column("run_id", Text),
)


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
