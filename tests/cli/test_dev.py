"""`prescient dev`, whole: it trades by itself, stops cleanly, and goes on where it was."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from prescient_dagster.cli.services import is_leftover
from prescient_dagster.store import migrate, portfolios, postgres, world
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.trades import list_trades

PRESCIENT = [sys.executable, "-m", "prescient_dagster.cli.main"]
PATIENCE_SECONDS = 240  # a loaded machine takes its time


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PRESCIENT_HOME": str(home), "PRESCIENT_SIMULATION_EVENTS": "40"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, reached: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < end, f"{what} did not come in {PATIENCE_SECONDS} s"
        time.sleep(1)


def of_home(home: Path) -> list[psutil.Process]:
    """The processes that work on a home, known by their environment or their folder."""
    return [process for process in psutil.process_iter() if _belongs(process, home)]


def _belongs(process: psutil.Process, home: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get("DAGSTER_HOME") == f"{home}/dagster" or process.cwd().startswith(f"{home}/")
    except psutil.Error:
        return False


@contextmanager
def dev(home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`prescient dev` as a shell starts a background job: with SIGINT ignored. It is ready inside the block."""
    log = home / "dev.err"
    with log.open("w") as stream:
        process = subprocess.Popen(
            ["bash", "-c", 'trap "" INT; exec "$@"', "bash", *PRESCIENT, "dev", "--port", str(port)],
            env=environment(home),
            cwd="/",
            stderr=stream,
            text=True,
        )
    try:
        wait_for("the ready line", lambda: process.poll() is not None or "ready: http" in log.read_text())
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            for left in [process, *of_home(home)]:
                left.kill()
            raise


@contextmanager
def books(home: Path) -> Iterator[Database]:
    """The database of a home, read from outside; its server runs afterwards."""
    database = connect(postgres.start(home))
    yield database
    database.close()


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
    assert {process.name() for process in of_home(home)} == {"postgres"}


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


def test_a_home_of_another_venue_is_told_before_dagster_starts(home: Path) -> None:
    database = connect(postgres.start(home))
    migrate.upgrade(database)
    world.claim(database, "simulated", {})
    database.close()
    done = subprocess.run(
        [*PRESCIENT, "dev", "--venue", "polymarket", "--port", str(free_port())],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "belongs to the venue simulated" in done.stderr
    assert "Launching" not in (home / "dagster" / "dev.log").read_text()
    assert {process.name() for process in of_home(home)} == {"postgres"}


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
