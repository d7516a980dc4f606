"""A Dask scheduler with workers, as processes of their own on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import free_port, wait_for

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cluster:
    address: str
    workers: Sequence["subprocess.Popen[bytes]"]


@contextmanager
def a_cluster(folder: Path, workers: int, **settings: str) -> Iterator[Cluster]:
    """A scheduler and so many workers with one thread each; they end with the block."""
    port, log = free_port(), folder / "dask.log"
    address = f"tcp://127.0.0.1:{port}"
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    commands = [["dask_scheduler", *quiet, "--port", str(port)]]
    commands += [["dask_worker", address, *quiet, "--nthreads", "1", "--no-nanny"]] * workers
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    started: list[subprocess.Popen[bytes]] = []
    with log.open("w") as stream:
        try:
            for name, *arguments in commands:
                command = [sys.executable, "-m", f"distributed.cli.{name}", *arguments]
                started.append(subprocess.Popen(command, env=environment, cwd=folder, stdout=stream, stderr=stream))
            wait_for("the workers", lambda: log.read_text().count("Registered to") >= workers)
            yield Cluster(address, started[1:])
        finally:
            for process in started:
                process.kill()
                process.wait()
