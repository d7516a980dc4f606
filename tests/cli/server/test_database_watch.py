"""The database under `prescient dev` is looked after: ours is started again, somebody else's is waited for."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from prescient_dagster.cli.server.database_watch import DatabaseWatch
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.settings import Settings
from prescient_dagster.store import migrate
from prescient_dagster.store.database import connect
from prescient_dagster.store.server import postgres
from tests.cli.test_database_dies import STARTED_AGAIN, kill_server
from tests.processes import wait_for


def test_a_server_of_ours_that_was_killed_is_started_again_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch = DatabaseWatch(Settings(home=home, database_url=""), connect(postgres.start(home)))
    watch.look()
    kill_server(home)
    wait_for("its end", lambda: not postgres.is_running(home))
    for _ in range(3):
        watch.look()
    assert postgres.is_running(home)
    assert capsys.readouterr().err.splitlines() == [STARTED_AGAIN]
    watch.database.close()


def test_a_server_of_ours_that_cannot_start_again_is_told_why(home: Path) -> None:
    watch = DatabaseWatch(Settings(home=home, database_url=""), connect(postgres.start(home)))
    postgres.stop(home)
    (home / "postgres" / "data" / "PG_VERSION").write_text("7\n")
    with pytest.raises(StoreError, match="pg_ctl failed"):
        watch.look()


def test_a_server_of_ones_own_is_waited_for_and_told_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = connect(make_url(postgres.start(home)).render_as_string(hide_password=False))
    migrate.upgrade(database)
    watch = DatabaseWatch(Settings(home=home, database_url=database.url), database)
    watch.look()
    postgres.stop(home)
    for _ in range(2):
        watch.look()
    assert not postgres.is_running(home)
    postgres.start(home)
    for _ in range(2):
        watch.look()
    told = capsys.readouterr().err.splitlines()
    assert told == ["the database does not answer: waiting for it", "the database answers again"]
    database.close()
