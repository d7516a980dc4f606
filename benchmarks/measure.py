"""A figure with its limit, and pieces of work measured in processes of their own, so that memory is theirs alone."""

import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prescient_dagster.store import migrate
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.server import postgres


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and what it should be at most."""

    name: str
    value: float
    limit: float
    unit: str = ""

    def told(self, value: float) -> str:
        return f"{value:.3g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of the work itself, and the peak memory of its process in MB."""

    seconds: float
    peak_mb: float
    answer: Any = None


def apart(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Run `work` in a fresh process. It returns its seconds, or a pair of them and an answer."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, work, arguments))
    process.start()
    sender.close()
    measured: Measured = receiver.recv()
    process.join()
    return measured


def _send(sender: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    answered = work(*arguments)
    seconds, answer = answered if isinstance(answered, tuple) else (answered, None)
    sender.send(Measured(seconds, _peak_mb(), answer))


def _peak_mb() -> float:
    """The peak of this process alone: what `getrusage` tells on Linux begins with the peak of who started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def scratch_home() -> Iterator[Path]:
    """An empty home whose database server ends with the block."""
    home = Path(tempfile.mkdtemp(prefix="prescient-bench-", dir="/tmp"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        postgres.stop(home)
        shutil.rmtree(home)


def migrated(home: Path) -> Database:
    """The database of a home, with its tables."""
    database = connect(postgres.start(home))
    migrate.upgrade(database)
    return database
