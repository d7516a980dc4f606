"""`prescient dev` against a bare `dagster dev` with two empty code locations: seconds until both have loaded."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.measure import Figure, scratch_home, timed

LOADED = (
    "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus locationOrLoadError { __typename } } } } }"
)
PATIENCE_SECONDS = 180
ROUNDS = 3
PRESCIENT_DEV = [str(Path(sys.executable).with_name("prescient")), "dev", "--port"]
EMPTY_WORKSPACE = """
load_from:
  - python_file: {relative_path: empty.py, location_name: one}
  - python_file: {relative_path: empty.py, location_name: two}
"""


def seconds_until_loaded(command: Sequence[str], folder: Path, **environment: str) -> float:
    """Start a command that serves the Dagster UI on the port it is given, and stop it once its locations are loaded."""
    port = free_port()
    with running([*command, str(port)], folder, environment):
        return timed(lambda: wait_until_loaded(port))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_loaded(port: int) -> None:
    """Wait until the UI on this port knows both code locations."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not _loaded(port):
        if time.monotonic() > end:
            raise TimeoutError(f"port {port} is not ready after {PATIENCE_SECONDS} s")
        time.sleep(0.05)


def _loaded(port: int) -> bool:
    try:
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": LOADED}, timeout=5).json()
    except httpx.HTTPError:
        return False
    entries = answer["data"]["workspaceOrError"].get("locationEntries", [])
    return len(entries) == 2 and all(entry["loadStatus"] == "LOADED" for entry in entries)


@contextmanager
def running(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """A command in a folder, stopped as by Ctrl-C at the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def bare() -> float:
    with tempfile.TemporaryDirectory(prefix="prescient-bench-") as name:
        folder = Path(name)
        (folder / "empty.py").write_text("import dagster as dg\n\ndefs = dg.Definitions()\n")
        (folder / "workspace.yaml").write_text(EMPTY_WORKSPACE)
        command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-p"]
        return seconds_until_loaded(command, folder, DAGSTER_HOME=str(folder), DAGSTER_DISABLE_TELEMETRY="1")


def prescient(home: Path) -> float:
    return seconds_until_loaded(PRESCIENT_DEV, home, PRESCIENT_HOME=str(home))


def run() -> Iterator[Figure]:
    plain = min(bare() for _ in range(ROUNDS))
    with scratch_home() as home:
        first = prescient(home)
        again = min(prescient(home) for _ in range(ROUNDS))
    yield Figure("`prescient dev` / bare `dagster dev`", again / plain, 1.3)
    yield Figure("the same in a new home, database made", first / plain, 1.3)
