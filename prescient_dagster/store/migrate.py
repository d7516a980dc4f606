"""Bringing a database to the newest migration.

A migration is a file in `migrations/versions/`, written by hand after `tables.py`; a test compares the two.
"""

from sqlalchemy import Connection, text

from prescient_dagster.store.database import Database
from prescient_dagster.store.migrations import first_shapes
from prescient_dagster.store.tables import SCHEMA
from prescient_dagster.store.versions import known, require_known, version_of

UPGRADE_LOCK = 7_041_776_001  # any number that means this to every process
PATIENCE = "60s"
"""How long an upgrade waits for others: for another upgrade, and for transactions that are going."""


def upgrade(database: Database) -> None:
    """Apply the migrations the database lacks, all or none; processes that do so at the same moment take turns.

    It waits for the transactions that are going, and those that begin meanwhile wait for it: none of them sees tables
    of two versions. What an older program begins afterwards is refused, see `Database.begin`.

    Raises:
        StoreError: a newer program made the database, or somebody keeps it busy.
    """
    with database.unguarded() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        there = version_of(connection)
        require_known(there)
        first = first_shapes.are_there(connection)
        if there == known()[-1] and not first:
            return
        if there is None:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        else:
            connection.execute(text(f"LOCK TABLE {SCHEMA}.alembic_version IN ACCESS EXCLUSIVE MODE"))
        if first:
            first_shapes.complete(connection)
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command  # paid for by who needs it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "prescient_dagster.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
