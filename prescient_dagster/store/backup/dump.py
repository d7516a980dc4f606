"""The database of a backup: our tables and Dagster's, of one moment, as one file; and back again, all or nothing."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.backup import programs
from prescient_dagster.store.backup.files import PRIVATE, sync
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import SCHEMA

DAGSTERS = "public"
SCHEMAS = tuple(f"--schema={name}" for name in (SCHEMA, DAGSTERS))
PLAIN = ("--no-owner", "--no-privileges")  # another server has other users
LOCK_PATIENCE = "60s"
LOOK_SECONDS = 0.2
HEADING_LINES = 100
NEWER_THAN_SOME = re.compile(rb"SET transaction_timeout = 0;\r?\n")  # servers before 17 do not know it
CHUNK_BYTES = 1 << 20
Watch = Callable[[int], None]
"""Is told how many bytes there are so far."""


def server_version(connection: Connection) -> int:
    """The major version of the server."""
    return int(connection.scalar(text("SHOW server_version_num"))) // 10_000


def write(connection: Connection, path: Path, watch: Watch) -> None:
    """Dump the database as this transaction sees it, whatever others commit meanwhile.

    Raises:
        StoreError: it cannot be dumped.
    """
    path.touch(PRIVATE)  # before the program does, by whatever umask
    snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
    program = programs.find("pg_dump", server_version(connection))
    options = ("--format=custom", f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_PATIENCE}", f"--file={path}")
    with programs.environment(connection.engine) as environment, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, *options, *SCHEMAS, *PLAIN], env=environment, stdin=subprocess.DEVNULL, stderr=said
        )
        with _ended(process):
            while not _has_ended(process):
                watch(path.stat().st_size)
        said.seek(0)
        if process.returncode != 0:
            raise StoreError(f"the database cannot be dumped: {programs.last_line(said.read())}")
    sync(path)


@contextmanager
def _ended(*processes: "subprocess.Popen[bytes]") -> Iterator[None]:
    """None of them goes on after the block."""
    try:
        yield
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def read_into(database: Database, path: Path, watch: Watch) -> None:
    """Bring a dump into an empty database, in one transaction.

    PostgreSQL's `psql` carries it out, so that a server may be older than the one that the dump is from.

    Raises:
        StoreError: the database refuses; nothing of the dump is in it.
    """
    with database.unguarded() as connection:
        reader, runner = programs.find("pg_restore", 17), programs.find("psql", server_version(connection))
    with programs.environment(database.engine) as environment, tempfile.TemporaryFile() as said:
        source = subprocess.Popen(
            [reader, "--file=-", *SCHEMAS, *PLAIN, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        )
        sink = subprocess.Popen(
            [runner, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        with _ended(source, sink):
            assert source.stdout is not None
            assert sink.stdin is not None
            done = _relayed(source.stdout, sink.stdin, source, watch) and sink.wait() == 0
        said.seek(0)
        if not done:
            raise StoreError(f"the database cannot be restored: {programs.last_line(said.read())}")


def _relayed(source: IO[bytes], sink: IO[bytes], reader: "subprocess.Popen[bytes]", watch: Watch) -> bool:
    """Hand on all statements of the dump. They count once it has been read to its end without an error."""
    try:
        sink.write(f"BEGIN;\nCREATE SCHEMA {SCHEMA};\n".encode())
        for sent, chunk in _counted(_known_to_all(source)):
            sink.write(chunk)
            watch(sent)
        if reader.wait() != 0:
            return False
        sink.write(b"COMMIT;\n")
        sink.close()
    except BrokenPipeError:
        return False
    return True


def _known_to_all(source: IO[bytes]) -> Iterator[bytes]:
    """The statements, less what older servers do not know: it stands in the heading alone."""
    for _ in range(HEADING_LINES):
        line = source.readline()
        if not NEWER_THAN_SOME.fullmatch(line):
            yield line
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def _counted(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    sent = 0
    for chunk in chunks:
        sent += len(chunk)
        yield sent, chunk
