"""The migrations and the declared tables are one thing, and trades are only ever added."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store import migrate, versions
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import order_books
from prescient_dagster.store.migrations import gathered_configs
from prescient_dagster.store.tables import SCHEMA, metadata
from tests.processes import wait_for
from tests.store.older_homes import VERSIONS, older_home


@pytest.fixture
def empty_database(database: Database) -> Database:
    with database.begin() as connection:
        connection.execute(text("DROP SCHEMA prescient CASCADE"))
    return database


@pytest.fixture
def older_database(template_url: str, tmp_path: Path) -> Iterator[Database]:
    with older_home(template_url, "0001", tmp_path) as database:
        yield database


def differences(database: Database) -> list[object]:
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_schemas": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
        "version_table_schema": SCHEMA,
    }
    with database.unguarded() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def constraints(database: Database) -> set[tuple[str, str]]:
    """Check constraints as PostgreSQL prints them; Alembic does not compare those."""
    query = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'prescient'::regnamespace"
    )
    with database.unguarded() as connection:
        return {(row[0], row[1]) for row in connection.execute(text(query)) if "alembic" not in row[0]}


def test_the_migrations_give_exactly_the_declared_tables(database: Database) -> None:
    assert differences(database) == []
    migrated = constraints(database)
    with database.begin() as connection:
        connection.execute(text("DROP SCHEMA prescient CASCADE; CREATE SCHEMA prescient"))
        metadata.create_all(connection)
    assert constraints(database) == migrated


def test_an_upgrade_can_be_repeated(database: Database) -> None:
    database.require_newest()
    migrate.upgrade(database)
    database.require_newest()


def test_processes_that_upgrade_at_once_take_turns(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: migrate.upgrade(empty_database), range(4)))
    assert differences(empty_database) == []


def test_a_migration_that_fails_leaves_nothing(empty_database: Database) -> None:
    with empty_database.unguarded() as connection:
        connection.execute(text("CREATE SCHEMA prescient; CREATE TABLE prescient.world (leftover int)"))
    with pytest.raises(StoreError, match='"world" already exists'):
        migrate.upgrade(empty_database)
    with empty_database.unguarded() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'prescient'")) == 1


def test_order_books_of_before_keep_what_they_meant(older_database: Database) -> None:
    """A token without one was filled at the best quote, and a cycle of then must come out the same again."""
    with older_database.unguarded() as connection:
        connection.execute(
            text(
                "INSERT INTO prescient.order_books (capture_id, token_id, book)"
                """ VALUES (1, 'absent', NULL), (1, 'there', '{"bids": [["0.5", "7"]], "asks": []}')"""
            )
        )
    migrate.upgrade(older_database)
    found = order_books.load_or_fetch(older_database, 1, ["absent", "there"], lambda _: {})
    assert found == {"there": OrderBook("there", (Level(Decimal("0.5"), Decimal(7)),), ())}


@pytest.mark.parametrize("name", VERSIONS)
def test_every_home_there_has_been_is_upgraded_to_the_declared_tables(
    template_url: str, database: Database, tmp_path: Path, name: str
) -> None:
    with older_home(template_url, name, tmp_path) as older:
        migrate.upgrade(older)
        assert differences(older) == []
        assert constraints(older) == constraints(database)
        assert indexes(older) == indexes(database)


@pytest.mark.parametrize("name", ["0001a", "0001b"])
def test_books_of_the_first_hours_have_seen_what_they_traded_on(template_url: str, tmp_path: Path, name: str) -> None:
    seen = text(
        "SELECT DISTINCT books_at = (SELECT max(captured_at) FROM prescient.captures) FROM prescient.portfolios"
    )
    with older_home(template_url, name, tmp_path) as older:
        migrate.upgrade(older)
        with older.begin() as connection:
            assert connection.scalars(seen).all() == [True]


def indexes(database: Database) -> set[str]:
    """Indexes as PostgreSQL prints them; of partial ones Alembic compares no condition."""
    with database.unguarded() as connection:
        return set(connection.scalars(text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'prescient'")))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DROP SCHEMA prescient CASCADE", "no tables yet: run `prescient db upgrade`"),
        ("DELETE FROM prescient.alembic_version", "no tables yet"),
        ("UPDATE prescient.alembic_version SET version_num = '9999'", "at version 9999, .*install the newer Prescient"),
        ("UPDATE prescient.alembic_version SET version_num = '0001'", "at version 0001, .*then run `prescient db up"),
    ],
)
@pytest.mark.parametrize("open_one", [Database.begin, Database.view])
def test_tables_of_another_version_are_neither_read_nor_written(
    database: Database, statement: str, message: str, open_one: Callable[[Database], Any]
) -> None:
    with database.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(StoreError, match=message), open_one(database):
        pytest.fail("it was let in")


def test_the_newest_version_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", "prescient_dagster.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(versions.known()))


def test_a_newer_database_is_not_upgraded(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE prescient.alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="install the newer Prescient"):
        migrate.upgrade(database)


@pytest.mark.parametrize("open_one", [Database.begin, Database.view])
def test_who_waited_for_an_upgrade_is_refused(database: Database, open_one: Callable[[Database], Any]) -> None:
    def enter() -> None:
        with open_one(database):
            pytest.fail("it was let in")

    with ThreadPoolExecutor(1) as threads:
        with database.unguarded() as connection:
            connection.execute(text("LOCK TABLE prescient.alembic_version IN ACCESS EXCLUSIVE MODE"))
            other = threads.submit(enter)
            wait_for_a_lock(connection)
            connection.execute(text("UPDATE prescient.alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match="install the newer Prescient"):
            other.result()


def wait_for_a_lock(connection: Connection) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE NOT granted AND datname = current_database()"
    )
    wait_for("somebody who waits", lambda: connection.scalar(waiting) > 0)


def test_an_upgrade_waits_for_what_is_going(older_database: Database) -> None:
    """Also the other way around: nobody sees tables of two versions in one transaction."""
    with ThreadPoolExecutor(1) as threads:
        with older_database.unguarded() as connection:
            connection.execute(text("LOCK TABLE prescient.alembic_version IN ACCESS SHARE MODE"))
            upgraded = threads.submit(migrate.upgrade, older_database)
            wait_for_a_lock(connection)
            assert versions.version_of(connection) == "0001"
        upgraded.result()
    older_database.require_newest()


def test_an_upgrade_gives_up_where_somebody_keeps_the_database_busy(
    older_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PATIENCE", "100ms")
    with older_database.unguarded() as connection:
        connection.execute(text("LOCK TABLE prescient.alembic_version IN ACCESS SHARE MODE"))
        with pytest.raises(StoreError, match=r"is busy .*: stop what runs on it"):
            migrate.upgrade(older_database)


def test_an_upgrade_that_is_killed_leaves_nothing(older_database: Database) -> None:
    """It has changed tables already, and waits for one that somebody reads."""
    before = columns(older_database)
    with older_database.unguarded() as connection:
        connection.execute(text("LOCK TABLE prescient.captures IN ACCESS SHARE MODE"))
        upgrade = [
            "-c",
            "import sys; from prescient_dagster.store import database, migrate;"
            " migrate.upgrade(database.connect(sys.argv[1]))",
            older_database.url,
        ]
        process = subprocess.Popen([sys.executable, *upgrade])
        wait_for_a_lock(connection)
        process.kill()
        process.wait()
    ahead = [("configs", "config"), ("configs", "config_sha256")]  # which no older program minds
    wait_for("the end of its transaction", lambda: columns(older_database) == sorted(before + ahead))
    migrate.upgrade(older_database)
    assert differences(older_database) == []


def columns(database: Database) -> list[Any]:
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'prescient'"
    with database.unguarded() as connection:
        return sorted(map(tuple, connection.execute(text(query))))


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


CYCLE = """
INSERT INTO prescient.cycles
    (portfolio_id, capture_id, strategy_type, config, config_sha256, code_version, stage, markets_analyzed, funnel)
SELECT portfolio_id, capture_id, 'momentum', '{"late": 1.50}', 'late', '', 'snapshots', 0, '[]'
FROM prescient.portfolios CROSS JOIN prescient.captures
WHERE (portfolio_id, capture_id) NOT IN (SELECT portfolio_id, capture_id FROM prescient.cycles)
LIMIT 1
"""
OLD_CONFIGS = "SELECT portfolio_id, capture_id, config_sha256, config::text FROM prescient.cycles ORDER BY 1, 2"
NEW_CONFIGS = OLD_CONFIGS.replace("prescient.cycles", "prescient.cycles JOIN prescient.configs USING (config_sha256)")


def asked(database: Database, query: str) -> list[Any]:
    with database.unguarded() as connection:
        return list(map(tuple, connection.execute(text(query))))


@pytest.mark.parametrize("version", [version for version in VERSIONS if version < "0009"])
@pytest.mark.parametrize("batch", [1, 5, 20_000])
def test_every_cycle_keeps_its_config(
    version: str, batch: int, template_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_configs, "BATCH", batch)
    with older_home(template_url, version, tmp_path) as database:
        before = asked(database, OLD_CONFIGS)
        migrate.upgrade(database)
        assert asked(database, NEW_CONFIGS) == before
        assert len(before) > len(asked(database, "SELECT 1 FROM prescient.configs")) > 0


def test_a_cycle_that_begins_while_configs_are_gathered_keeps_its_config(older_database: Database) -> None:
    with older_database.unguarded() as connection:
        connection.execute(
            text(f"DELETE FROM prescient.cycles WHERE cycle_id = ({'SELECT max(cycle_id)'} FROM prescient.cycles)")
        )
    gathered = gathered_configs.gather_ahead(older_database)
    with older_database.unguarded() as connection:
        connection.execute(text(CYCLE))
    before = asked(older_database, OLD_CONFIGS)
    migrate.change(older_database, gathered)
    assert asked(older_database, NEW_CONFIGS) == before
    assert ("late", '{"late": 1.50}') in {row[2:] for row in before}


def test_configs_are_gathered_while_others_read_and_write(older_database: Database) -> None:
    """They hold what an upgrade waits for, and rows of the tables that it reads."""
    with older_database.unguarded() as connection:
        connection.execute(text("LOCK TABLE prescient.alembic_version IN ACCESS SHARE MODE"))
        connection.execute(text("SELECT 1 FROM prescient.cycles FOR SHARE"))
        assert gathered_configs.gather_ahead(older_database) > 0
    assert asked(older_database, "SELECT DISTINCT config_sha256 FROM prescient.cycles ORDER BY 1") == asked(
        older_database, "SELECT config_sha256 FROM prescient.configs ORDER BY 1"
    )


def test_an_upgrade_stops_where_one_sha256_stands_for_two_configs(older_database: Database) -> None:
    with older_database.unguarded() as connection:
        one = "(SELECT max(cycle_id) FROM prescient.cycles)"
        connection.execute(
            text(f"UPDATE prescient.cycles SET config = config || '{{\"x\": 1}}' WHERE cycle_id = {one}")
        )
    before = asked(older_database, OLD_CONFIGS)
    with pytest.raises(StoreError, match="has other settings than another cycle under the same config_sha256"):
        migrate.upgrade(older_database)
    assert asked(older_database, OLD_CONFIGS) == before
    assert asked(older_database, "SELECT version_num FROM prescient.alembic_version") == [("0001",)]


def test_old_cycles_are_held_to_the_reference_as_new_ones_are(older_database: Database) -> None:
    migrate.upgrade(older_database)
    assert asked(older_database, "SELECT conname FROM pg_constraint WHERE NOT convalidated") == []
