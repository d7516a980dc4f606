"""The processes of `prescient dev`: `dagster dev` in a process group of its own, and how it is stopped."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from prescient_dagster.assets.runs.run_tags import PROCESS_TAG
from prescient_dagster.cli.server import home
from prescient_dagster.domain.errors import Conflict, PrescientError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.1
LOOK_SECONDS = 3
GRACE_SECONDS = 20
ORPHAN_SECONDS = 180
"""So long the services of a `prescient dev` that was killed may take to end: `dagster dev` lets its runs end."""
KILL_SECONDS = 5


class Stop:
    """Whether somebody has asked to stop. Asking interrupts nothing: whoever waits looks here."""

    def __init__(self) -> None:
        self.asked = 0

    @classmethod
    @contextmanager
    def on_signals(cls) -> "Iterator[Stop]":
        """Count signals instead of dying of them.

        A shell starts background jobs with SIGINT ignored, and children inherit that; a handler they do not inherit.
        """
        stop = cls()
        before = {number: signal.signal(number, stop._count) for number in SIGNALS}
        try:
            yield stop
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _count(self, _number: int, _frame: object) -> None:
        self.asked += 1


@contextmanager
def only_one(folder: Path) -> "Iterator[IO[str]]":
    """Hold the lock of a home's services. They inherit it: it is free once the last of them has gone.

    The services of one that was killed end by themselves: they are waited for.

    Raises:
        Conflict: another `prescient dev` serves this home.
    """
    with (folder / "dev.lock").open("a+") as lock:
        end = time.monotonic() + ORPHAN_SECONDS
        while not _taken(lock):
            if any(map(_lives, _holders(lock)[:1])) or time.monotonic() > end:
                raise Conflict(
                    f"`prescient dev` already runs on {folder.parent} (process {_holder(lock)}): stop it, "
                    "or use another PRESCIENT_HOME"
                )
            time.sleep(POLL_SECONDS)
        lock.truncate(0)
        _note_holder(lock, os.getpid())
        yield lock


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note_holder(lock: IO[str], process: int) -> None:
    lock.write(f"{process}\n")
    lock.flush()


def _holders(lock: IO[str]) -> list[int]:
    """`prescient dev`, and behind it the services it has started."""
    lock.seek(0)
    return [int(line) for line in lock]


def _holder(lock: IO[str]) -> str:
    """Whom to stop: `prescient dev`, or where that was killed, the services it left."""
    return next((str(process) for process in _holders(lock) if _lives(process)), "unknown")


class Services:
    """`dagster dev` and everything it starts."""

    def __init__(self, process: "subprocess.Popen[str]", stop: Stop, log: Path | None) -> None:
        self.process, self.stop, self.log = process, stop, log

    @classmethod
    @contextmanager
    def loading(cls, port: int, log: Path | None, lock: IO[str], stop: Stop) -> "Iterator[Services]":
        """Load them; `go` starts them, and they end with the block. Without a log file, theirs goes to stderr."""
        options = ("-w", home.project_file("workspace.yaml"), "-h", "127.0.0.1", "-p", str(port))
        with _opened(log) as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "prescient_dagster.cli.server.dagster_dev", *options],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
        services = cls(process, stop, log)
        _note_holder(lock, process.pid)
        try:
            yield services
        finally:
            services.end()

    def go(self, environment: Mapping[str, str]) -> None:
        """Start them in this environment. Their stdin stays open: where it ends, they stop by themselves."""
        with contextlib.suppress(BrokenPipeError):  # it has ended: whoever waits for it is told why
            self._stdin.write(json.dumps(dict(environment)) + "\n")
            self._stdin.flush()

    @property
    def _stdin(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    def wait_until(self, reached: Callable[[], bool]) -> bool:
        """Wait for something; False: somebody asked to stop first.

        Raises:
            PrescientError: Dagster has ended by itself.
        """
        while not self.stop.asked:
            if self.process.poll() is not None:
                raise PrescientError(f"Dagster has ended: {self._last_words()}")
            if reached():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def wait_a_while(self) -> bool:
        """Wait until it is time to look after them; False: somebody asked to stop."""
        end = time.monotonic() + LOOK_SECONDS
        return self.wait_until(lambda: time.monotonic() > end)

    def end(self) -> None:
        """Ask Dagster to stop, and then make it; nothing of its process group is left. Once is enough."""
        if self.process.returncode is not None and not self._members():
            return
        asked = self.stop.asked
        self._signal(signal.SIGINT, group=False)
        self._gone(GRACE_SECONDS, lambda: self.stop.asked > asked)
        self._signal(signal.SIGTERM, group=True)
        self._gone(KILL_SECONDS, lambda: False)
        self._signal(signal.SIGKILL, group=True)
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()

    def _signal(self, number: signal.Signals, *, group: bool) -> None:
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, number)

    def _gone(self, seconds: float, impatient: Callable[[], bool]) -> None:
        """Wait until the whole group has gone, the time is up, or somebody asks a second time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not impatient() and self._members():
            self.process.poll()
            time.sleep(POLL_SECONDS)

    def _members(self) -> bool:
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _last_words(self) -> str:
        if self.log is None:
            return "its log stands above"
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        telling = [line for line in lines if "Error" in line or "Exception" in line]
        return f"{(telling or lines or ['it said nothing'])[-1].strip()}; its log is {self.log}"


@contextmanager
def _opened(log: Path | None) -> Iterator[Any]:
    if log is None:
        yield None
    else:
        with log.open("wb") as file:
            yield file


def is_leftover(tags: Mapping[str, str]) -> bool:
    """Whether a run that has not ended was left by services that are gone: no living process carries it out."""
    process = tags.get(PROCESS_TAG, "")
    return not (process.isdigit() and _lives(int(process)))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
