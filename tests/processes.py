"""Prescient as processes of their own: a home for them, `prescient dev` in it, and what of them runs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.server import postgres

PRESCIENT = [sys.executable, "-m", "prescient_dagster.cli.main"]
PATIENCE_SECONDS = 480  # a loaded machine takes its time
POLL_SECONDS = 0.25


@contextmanager
def new_home() -> Iterator[Path]:
    """A folder under /tmp that PostgreSQL's own account can reach; its server ends with the block."""
    path = Path(tempfile.mkdtemp(prefix="prescient-test-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        postgres.stop(path)
        shutil.rmtree(path)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a process on a home: nothing of the tester's settings, a small venue, and these settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PRESCIENT_", "DAGSTER_"))}
    ours = {"home": str(home), "simulation_events": "40", **settings}
    return inherited | {f"PRESCIENT_{name.upper()}": value for name, value in ours.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, reached: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < end, f"{what} did not come in {PATIENCE_SECONDS} s"
        time.sleep(POLL_SECONDS)


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


def command_line(process: psutil.Process) -> str:
    """How a process was started; nothing of one that has ended since it was found."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def children(process: psutil.Process) -> list[psutil.Process]:
    """Whom it has started and that are still there; nobody, if it has ended itself."""
    try:
        return list(process.children())
    except psutil.Error:
        return []


def names_of_home(home: Path) -> set[str]:
    """The names of the processes that work on a home, but for those that end while they are asked."""
    names = set()
    for process in of_home(home):
        with suppress(psutil.Error):
            names.add(process.name())
    return names


@contextmanager
def dev(home: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """`prescient dev` as a shell starts a background job: with SIGINT ignored. It is ready inside the block."""
    log = home / "dev.err"
    with log.open("w") as stream:
        process = subprocess.Popen(
            ["bash", "-c", 'trap "" INT; exec "$@"', "bash", *PRESCIENT, "dev", "--port", str(port)],
            env=environment(home, **settings),
            cwd="/",
            stderr=stream,
            text=True,
        )
    with interrupted(process, home):
        wait_for("the ready line", lambda: process.poll() is not None or "ready: http" in log.read_text())
        assert process.poll() is None, log.read_text()
        yield process


@contextmanager
def interrupted(
    process: "subprocess.Popen[str]", home: Path, send: Callable[[int, int], None] = os.kill
) -> Iterator[None]:
    """Send SIGINT at the end of the block, unless the process has ended; if it does not end by that, all are killed."""
    try:
        yield
    finally:
        if process.poll() is None:
            send(process.pid, signal.SIGINT)
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
