"""Bringing a database to the newest migration.

A migration is a file in `migrations/versions/`, written by hand after `tables/`; a test compares the two.
"""

from sqlalchemy import Connection, text

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.database import Database
from prescient_dagster.store.migrations import first_shapes
from prescient_dagster.store.migrations.gathered_configs import GATHERED, gather_ahead
from prescient_dagster.store.tables import SCHEMA
from prescient_dagster.store.versions import known, require_known, version_of

UPGRADE_LOCK = 7_041_776_001  # any number that means this to every process
UNVALIDATED = text(
    "SELECT conrelid::regclass, conname FROM pg_constraint"
    f" WHERE NOT convalidated AND connamespace = to_regnamespace('{SCHEMA}')"
)
ASSUMED = {"search_path": ("public",), "TimeZone": ("UTC", "Etc/UTC")}
"""What a connection of ours asks for at its start, and a pooler in between may keep to itself."""
PATIENCE = "60s"
"""How long an upgrade waits for others: for another upgrade, and for transactions that are going."""


def upgrade(database: Database) -> None:
    """Apply the migrations the database lacks, all or none; processes that do so at the same moment take turns.

    It waits for the transactions that are going, and those that begin meanwhile wait for it: none of them sees tables
    of two versions. What an older program begins afterwards is refused, see `Database.begin`.

    What takes long in a large database comes before that and after it, in pieces that keep nobody waiting.

    Raises:
        StoreError: a newer program made the database, somebody keeps it busy, or its connections lack what is assumed.
    """
    _require_assumed(database)
    change(database, gather_ahead(database))
    _validate(database)


def _require_assumed(database: Database) -> None:
    with database.unguarded() as connection:
        for name, wanted in ASSUMED.items():
            there = connection.scalar(text("SELECT current_setting(:name)"), {"name": name})
            if there not in wanted:
                user = connection.scalar(text("SELECT quote_ident(current_user)"))
                change_it = f"ALTER ROLE {user} SET {name} = '{wanted[0]}'"
                raise StoreError(
                    f"{name} is {there}, not {wanted[0]} (a pooler drops it): run `{change_it}`, reconnect"
                )


def change(database: Database, gathered: int) -> None:
    """Change the tables in one transaction; the configs of cycles up to this number are gathered already."""
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
        _migrate(connection, gathered)


def _migrate(connection: Connection, gathered: int) -> None:
    from alembic import command  # paid for by who needs it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "prescient_dagster.store:migrations")
    config.attributes |= {"connection": connection, GATHERED: gathered}
    command.upgrade(config, "head")


def _validate(database: Database) -> None:
    """Look whether old rows keep what a migration has promised of a table; meanwhile others read and write it."""
    with database.unguarded() as connection:
        for table, name in connection.execute(UNVALIDATED).all():
            connection.execute(text(f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"'))
