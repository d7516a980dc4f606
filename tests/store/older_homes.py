"""Databases and captures as older versions of Prescient left them.

Each archive in `upgrades/` was made by the program of its time: four captures of a small simulated venue, three
portfolios that traded them, and a replay where there were replays. It holds `books.sql`, an SQL dump of our schema by
`pg_dump --inserts`, and the folder `captures`.

`0001a` and `0001b` are of the first hours of version 0001, when it lacked tables and columns.

Whoever adds a version makes the one of the version before, in a checkout of that: the portfolios of `SLUGS` (momentum,
mean_reversion, arbitrage) on a venue of 4 events at speed 20,000, four times `capture` and `cycle --all`, one `replay`;
then `pg_dump --schema=prescient --inserts --no-owner --no-privileges`, without its lines that begin with a backslash or
set `search_path`.
"""

import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from prescient_dagster.store.database import Database, connect
from tests.conftest import on_server

ARCHIVES = Path(__file__).parent / "upgrades"
SLUGS = ["keeps", "turns", "sets"]
CAPTURES = 4
VERSIONS = sorted(path.name.removesuffix(".tar.gz") for path in ARCHIVES.glob("*.tar.gz"))


@contextmanager
def older_home(server_url: str, version: str, folder: Path) -> Iterator[Database]:
    """A database of this version, on the server of this URL; its captures are unpacked to `folder / "captures"`."""
    with tarfile.open(ARCHIVES / f"{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    name = f"test_{uuid.uuid4().hex}"
    on_server(server_url, f"CREATE DATABASE {name} TEMPLATE template0")
    database = connect(server_url.replace(f"/{make_url(server_url).database}?", f"/{name}?"))
    with database.unguarded() as connection, connection.connection.cursor() as cursor:
        cursor.execute((folder / "books.sql").read_text())  # by the driver itself, to which % is just a sign
    yield database
    database.close()
    on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def rows(database: Database) -> dict[str, list[str]]:
    """Every row of our tables as text, by table, whatever their version is."""
    with database.unguarded() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'prescient' ORDER BY 1"))
        return {
            table: list(connection.scalars(text(f"SELECT row::text FROM prescient.{table} row ORDER BY 1")))
            for table in tables.all()
        }
