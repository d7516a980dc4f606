"""Bringing a database to the newest migration, and telling when it is not.

A migration is a file in `migrations/versions/`, written by hand after `tables.py`; a test compares the two.
"""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import SCHEMA

UPGRADE_LOCK = 7_041_776_001  # any number that means this to every process


def upgrade(database: Database) -> None:
    """Apply the migrations the database lacks, all or none; processes that do so at the same moment take turns."""
    with database.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_newest(database: Database) -> None:
    """Raise `StoreError` unless the database is at the newest migration."""
    migrations = ScriptDirectory.from_config(_config())
    newest = migrations.get_current_head()
    with database.begin() as connection:
        current = _current(connection)
    if current is None:
        raise StoreError("the database has no tables yet: run `prescient db upgrade`")
    if current not in {migration.revision for migration in migrations.walk_revisions()}:
        raise StoreError(f"the database is at migration {current}, unknown to this version: install a newer Prescient")
    if current != newest:
        raise StoreError(f"the database is at migration {current}, the newest is {newest}: run `prescient db upgrade`")


def _current(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "prescient_dagster.store:migrations")
    return config
