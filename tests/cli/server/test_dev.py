"""`prescient dev`, whole: it trades by itself, stops cleanly, and goes on where it was."""

import os
import socket
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from prescient_dagster.cli.server.services import is_leftover
from prescient_dagster.settings import Settings
from prescient_dagster.store import migrate, world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.trades import list_trades
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.server import postgres
from tests.processes import (
    PATIENCE_SECONDS,
    PRESCIENT,
    books,
    dev,
    environment,
    free_port,
    names_of_home,
    of_home,
    wait_for,
)


def trades(database: Database) -> list[tuple[str, int, str]]:
    """Portfolio, number and source of every trade."""
    return [
        (portfolio.slug, trade["trade_id"], trade["source_ref"])
        for portfolio in portfolios.list_all(database)
        for trade in list_trades(database, portfolio.portfolio_id)
    ]


def test_it_trades_by_itself_and_goes_on_after_a_restart(home: Path) -> None:
    port = free_port()
    with dev(home, port) as process, books(home) as database:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS) as page:
            assert page.status == 200
        again = subprocess.run([*PRESCIENT, "dev"], env=environment(home), capture_output=True, text=True, check=False)
        assert (again.returncode, again.stderr.count("\n"), "already runs" in again.stderr) == (1, 1, True)
        assert "Aggressive Momentum" in {portfolio.name for portfolio in portfolios.list_all(database)}
        wait_for("a trade", lambda: trades(database) != [])
    assert process.returncode == 0
    assert of_home(home) == []

    with books(home) as database:
        before, there = trades(database), portfolios.list_all(database)
        with dev(home, port):
            pass
        assert portfolios.list_all(database) == there
        after = trades(database)
    assert set(before) <= set(after)
    assert len({(slug, source) for slug, _, source in after}) == len(after)
    # The database server ran before, for us: it stays, alone.
    assert names_of_home(home) == {"postgres"}


def test_a_taken_port_is_told_before_anything_starts(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*PRESCIENT, "dev", "--port", str(port)], env=environment(home), capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"port {port}" in done.stderr
    assert not (home / "postgres").exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"PRESCIENT_VENUE": "polymarket"}, "belongs to the venue simulated"),
        ({"PRESCIENT_SIMULATION_EVENTS": "7"}, "was begun with events 60, not 7"),
    ],
)
def test_a_home_of_another_venue_is_told_before_dagster_starts(home: Path, changed: dict[str, str], told: str) -> None:
    database = connect(postgres.start(home))
    migrate.upgrade(database)
    settings = Settings()
    world.claim(database, settings.venue_name, settings.venue_parameters)
    database.close()
    done = subprocess.run(
        [*PRESCIENT, "dev", "--port", str(free_port())],
        env=environment(home) | changed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert told in done.stderr
    assert "Launching" not in (home / "dagster" / "dev.log").read_text()
    assert names_of_home(home) == {"postgres"}


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        ({}, True),
        ({"prescient/process": str(os.getpid())}, False),
        ({"prescient/process": "999999999"}, True),
        ({"prescient/process": "x"}, True),
    ],
)
def test_a_run_is_left_over_when_nobody_carries_it_out(tags: dict[str, str], left: bool) -> None:
    assert is_leftover(tags) is left
