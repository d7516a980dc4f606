"""Dagster's storage in PostgreSQL, with connections that are kept and many events a statement.

dagster-postgres opens a connection for every call and writes events one by one: at a few thousand portfolios that is
nearly all that a run costs. These are its three storages with two changes: a process has one small pool of connections
for all of them, and a batch of events is written in one statement. Tables, rows and every answer are those of the stock
classes, so that going back to them is a change of `dagster.yaml`:

    storage: {postgres: {postgres_url: {env: PRESCIENT_DATABASE_URL}}}

Dagster gives batches to a storage only where the environment says DAGSTER_EVENT_BATCH_SIZE; the event log sees to that.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Self

from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from dagster_postgres.schedule_storage import PostgresScheduleStorage
from dagster_postgres.utils import (
    create_pg_engine,
    get_token_provider_from_config,
    pg_url_from_config,
    set_pg_statement_timeout,
)
from sqlalchemy import Engine, event

KEPT, AT_MOST = 2, 10
"""Connections of one process: those that stay open, and those that there are in its busiest moment."""
RECYCLED_AFTER = 300  # seconds
BATCH_SIZE = 500  # events; a statement of so many takes some tens of milliseconds
IN_ONE_STATEMENT = frozenset({DagsterEventType.ASSET_MATERIALIZATION_PLANNED, DagsterEventType.ASSET_MATERIALIZATION})


@cache
def _engine(url: str, token_provider: Any, statement_timeout: int | None = None) -> Engine:
    """This process's pool; a connection that died with a server that was restarted is replaced when it is asked for."""
    engine = create_pg_engine(
        url,
        token_provider,
        isolation_level="AUTOCOMMIT",
        pool_size=KEPT,
        max_overflow=AT_MOST - KEPT,
        pool_recycle=RECYCLED_AFTER,
        pool_pre_ping=True,
    )
    if statement_timeout is not None:
        event.listen(engine, "connect", lambda connection, _: set_pg_statement_timeout(connection, statement_timeout))
    # Two processes must never speak on one connection.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


class _Pooled:
    """A storage of dagster-postgres on the pool of its process."""

    postgres_url: str
    _token_provider: Any
    _engine: Engine

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """As the stock class has it, which would make one of its own kind."""
        make: Callable[..., Self] = cls
        storage = make(
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            token_provider=get_token_provider_from_config(config_value),
        )
        storage._engine = _engine(storage.postgres_url, storage._token_provider)
        return storage

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        """No statement of a page takes longer than `statement_timeout` ms; the pool stays as small as it is."""
        self._engine = _engine(self.postgres_url, self._token_provider, statement_timeout)


class PooledRunStorage(_Pooled, PostgresRunStorage):
    """Runs."""


class PooledScheduleStorage(_Pooled, PostgresScheduleStorage):
    """Schedules, sensors and their ticks."""


class BatchedEventLogStorage(_Pooled, PostgresEventLogStorage):
    """The event log: planned events and materializations are written many a statement."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(BATCH_SIZE))
        return super().from_config_value(inst_data, config_value)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """All of them, in their order; what cannot be written together is written one by one, after the others."""
        together = [entry for entry in events if entry.dagster_event_type in IN_ONE_STATEMENT]
        if together:
            self._store_together(together)
        for entry in events:
            if entry.dagster_event_type not in IN_ONE_STATEMENT:
                self.store_event(entry)

    def _store_together(self, events: Sequence[EventLogEntry]) -> None:
        # With the rows beside the statement, not in it: SQLAlchemy makes the statement once, not once for every batch.
        insert = SqlEventLogStorageTable.insert().returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
        # One transaction: where it fails Dagster writes all of the batch again, event by event.
        with self.index_transaction() as connection:
            rows = [self._event_to_row(entry) for entry in events]
            numbers = [int(number) for number in connection.execute(insert, rows).scalars()]
            self._store_asset_event_tags(connection, events, numbers)
            for entry, number in self._newest(events, numbers):
                self._store_asset_event(connection, entry, number)

    @staticmethod
    def _newest(events: Sequence[EventLogEntry], numbers: Sequence[int]) -> list[tuple[EventLogEntry, int]]:
        """The last event of each asset, in the order of the assets, so that nobody waits for each other."""
        newest = {
            str(entry.get_dagster_event().asset_key): (entry, number)
            for entry, number in zip(events, numbers, strict=True)
        }
        return [newest[asset] for asset in sorted(newest)]
