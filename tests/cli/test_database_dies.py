"""The database goes away under `prescient dev`: it comes back, everything goes on, and no run is left behind."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures
from prescient_dagster.store.server import postgres
from tests.cli.test_killed import last_traded, launch, traded_once
from tests.processes import books, dev, free_port, new_home, wait_for
from tests.ui.served import Served

STARTED_AGAIN = "the database server had died: it has been started again"
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
PROMPT_SECONDS = 15


@pytest.fixture
def own_database() -> Iterator[tuple[Path, str]]:
    """A server of one's own, here that of another home, and the address of an empty database on it."""
    with new_home() as other:
        server = make_url(postgres.start(other))
        engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE mine"))
        yield other, server.set(database="mine").render_as_string(hide_password=False)


def kill_server(home: Path) -> None:
    os.kill(int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)


def goes_on(served: Served) -> None:
    """A later capture is taken and traded, and all runs of before have ended."""
    runs, before = set(served.runs()), captures.newest_ready(served.database)
    assert before is not None
    wait_for("a later capture, traded", lambda: last_traded(served) > before.capture_id)
    wait_for("the end of what went before", lambda: {served.runs()[run]["status"] for run in runs} <= ENDED)
    assert traded_once(served)


def test_an_embedded_server_that_is_killed_is_started_again(home: Path) -> None:
    port = free_port()
    with dev(home, port), books(home) as database:
        served = Served(home, f"http://127.0.0.1:{port}", database, {})
        wait_for("a trade", lambda: last_traded(served) > 0)
        launch(served)
        kill_server(home)
        killed = time.monotonic()
        wait_for("the server", lambda: postgres.is_running(home))
        assert time.monotonic() - killed < PROMPT_SECONDS
        wait_for("the word of it", lambda: STARTED_AGAIN in (home / "dev.err").read_text())
        goes_on(served)
        assert (home / "dev.err").read_text().count("the database") == 1
        assert served.prescient("db", "reconcile").returncode == 0


def test_a_server_of_ones_own_may_be_restarted(home: Path, own_database: tuple[Path, str]) -> None:
    other, url = own_database
    port, told = free_port(), home / "dev.err"
    database = connect(url)
    with dev(home, port, database_url=url):
        served = Served(home, f"http://127.0.0.1:{port}", database, {"database_url": url})
        wait_for("a trade", lambda: last_traded(served) > 0)
        postgres.stop(other)
        wait_for("the word of it", lambda: "the database does not answer: waiting for it" in told.read_text())
        postgres.start(other)
        wait_for("the other word", lambda: "the database answers again" in told.read_text())
        goes_on(served)
        assert told.read_text().count("the database") == 2
    database.close()
    assert not (home / "postgres").exists()
