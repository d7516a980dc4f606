"""The migrations and the declared tables are one thing, and trades are only ever added."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store import migrate
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import SCHEMA, metadata


@pytest.fixture
def empty_database(database: Database) -> Database:
    with database.begin() as connection:
        connection.execute(text("DROP SCHEMA prescient CASCADE"))
    return database


def differences(database: Database) -> list[object]:
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_schemas": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
        "version_table_schema": SCHEMA,
    }
    with database.begin() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def constraints(database: Database) -> set[tuple[str, str]]:
    """Check constraints as PostgreSQL prints them; Alembic does not compare those."""
    query = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'prescient'::regnamespace"
    )
    with database.begin() as connection:
        return {(row[0], row[1]) for row in connection.execute(text(query)) if "alembic" not in row[0]}


def test_the_migrations_give_exactly_the_declared_tables(database: Database) -> None:
    assert differences(database) == []
    migrated = constraints(database)
    with database.begin() as connection:
        connection.execute(text("DROP SCHEMA prescient CASCADE; CREATE SCHEMA prescient"))
        metadata.create_all(connection)
    assert constraints(database) == migrated


def test_an_upgrade_can_be_repeated(database: Database) -> None:
    migrate.require_newest(database)
    migrate.upgrade(database)
    migrate.require_newest(database)


def test_processes_that_upgrade_at_once_take_turns(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: migrate.upgrade(empty_database), range(4)))
    assert differences(empty_database) == []


def test_a_migration_that_fails_leaves_nothing(empty_database: Database) -> None:
    with empty_database.begin() as connection:
        connection.execute(text("CREATE SCHEMA prescient; CREATE TABLE prescient.world (leftover int)"))
    with pytest.raises(StoreError, match='"world" already exists'):
        migrate.upgrade(empty_database)
    with empty_database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'prescient'")) == 1


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DROP SCHEMA prescient CASCADE", "no tables yet: run `prescient db upgrade`"),
        ("UPDATE prescient.alembic_version SET version_num = 'z'", "migration z, unknown to this version"),
    ],
)
def test_a_database_at_another_migration_is_told_what_to_do(database: Database, statement: str, message: str) -> None:
    with database.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(StoreError, match=message):
        migrate.require_newest(database)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE prescient.trades SET fee = 0",
        "DELETE FROM prescient.trades",
        "TRUNCATE prescient.trades",
        "TRUNCATE prescient.portfolios CASCADE",
        "SET session_replication_role = replica; DELETE FROM prescient.trades",
    ],
)
def test_trades_are_never_changed_or_removed(database: Database, statement: str) -> None:
    with pytest.raises(StoreError, match="on trades refused"), database.begin() as connection:
        connection.execute(text(statement))
