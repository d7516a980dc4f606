"""The password of the database stands in nothing that is written, whatever happens to the database."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from sqlalchemy import make_url, text

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures
from prescient_dagster.store.server import postgres
from tests.cli.commands import Done, Prescient
from tests.conftest import on_server
from tests.processes import command_line, dev, free_port, new_home, of_home, wait_for

MARKER = "zx9marker"
PASSWORD = f"{MARKER}/ä%40: "
COMMANDS = [
    ("status",),
    ("portfolio", "list"),
    ("capture", "--verbose"),
    ("cycle", "--all"),
    ("replays", "list"),
    ("retention",),
    ("env",),
    ("db", "upgrade"),
    ("db", "reconcile"),
]


@dataclass(frozen=True)
class Server:
    """A server that lets nobody but its superuser in without a password."""

    home: Path

    def start(self) -> None:
        postgres.start(self.home)

    def stop(self) -> None:
        postgres.stop(self.home)

    def kill(self) -> None:
        postmaster = psutil.Process(int((self.home / "postgres/data/postmaster.pid").read_text().split()[0]))
        postmaster.kill()
        wait_for("its end", lambda: not psutil.pid_exists(postmaster.pid))

    def url(self, user: str = "books", password: str = PASSWORD, *, parameter: bool = False) -> str:
        """The address, with the password in its place or as a parameter."""
        secret = quote(password, safe="")
        login, more = (user, f"&password={secret}") if parameter else (f"{user}:{secret}", "")
        return f"postgresql://{login}@/books?host={make_url(postgres.start(self.home)).query['host']}{more}"


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with new_home() as home:
        url, roles = postgres.start(home), ("books", "reader")
        passwords = [f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'" for role in roles]
        on_server(url, *passwords, "CREATE DATABASE books OWNER books")
        hba = home / "postgres/data/pg_hba.conf"
        hba.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        on_server(url, "SELECT pg_reload_conf()")
        yield Server(home)


@pytest.fixture
def server(served: Server) -> Server:
    served.start()
    return served


def tell(run: Prescient, monkeypatch: pytest.MonkeyPatch, url: str) -> dict[tuple[str, ...], Done]:
    """What every command says of a database that it cannot use."""
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
    said = {command: run(*command) for command in COMMANDS}
    for command, done in said.items():
        assert done.code == 1, command
        assert MARKER not in done.out + done.err, command
        if command != ("status",):
            assert done.complaint.startswith("error: "), command
        else:
            assert done.err == ""
    return said


@pytest.mark.parametrize("parameter", [False, True])
def test_a_wrong_password_is_one_line(
    server: Server, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, parameter: bool
) -> None:
    url = server.url(password=f"{PASSWORD}wrong", parameter=parameter)
    said = tell(bare_prescient, monkeypatch, url)
    for command, done in said.items():
        problems = [line for line in done.out.splitlines() if line.startswith("problem: ")]
        told = problems if command == ("status",) else [done.complaint]
        assert len(told) == 1
        assert 'password authentication failed for user "books"; correct user and password in PRESC' in told[0]


@pytest.mark.parametrize("parameter", [False, True])
def test_a_server_that_is_down_is_one_line(
    server: Server, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, parameter: bool
) -> None:
    url = server.url(parameter=parameter)
    server.stop()
    said = tell(bare_prescient, monkeypatch, url)
    assert "no database answers at postgresql+psycopg2://books" in said["portfolio", "list"].complaint


@pytest.mark.parametrize(
    "login",
    [f"books:{MARKER}@rest@host", f"books:p@{MARKER}@host", f"books:{MARKER}?@x@host", f"books:9{MARKER}", MARKER],
)
def test_a_url_with_unescaped_signs_is_refused_and_not_told(
    bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    monkeypatch.setenv(
        "PRESCIENT_DATABASE_URL", f"postgresql://{login}/books" if "@" in login or ":" in login else login
    )
    for command in COMMANDS:
        done = bare_prescient(*command)
        assert "PRESCIENT_DATABASE_URL" in done.complaint, command
        assert MARKER not in done.err


def test_a_user_who_may_only_read_is_refused_in_one_line(
    server: Server, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", server.url())
    assert bare_prescient("db", "upgrade").code == 0
    database = connect(server.url())
    with database.begin() as connection:
        connection.execute(text("GRANT USAGE ON SCHEMA prescient TO reader"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA prescient TO reader"))
    database.close()
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", server.url("reader"))

    assert bare_prescient("portfolio", "list", "--json").json == []
    done = bare_prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", 10)
    assert "the database refuses: permission denied for table portfolios" in done.complaint
    assert MARKER not in done.err


def test_the_status_tells_where_the_database_is_without_the_password(
    server: Server, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for parameter in (False, True):
        monkeypatch.setenv("PRESCIENT_DATABASE_URL", server.url(parameter=parameter))
        bare_prescient("db", "upgrade")
        done = bare_prescient("status", "--json")
        assert "books" in done.json["database"]["info"]
        assert MARKER not in done.out + done.err


def test_nothing_that_prescient_dev_leaves_holds_the_password(server: Server, home: Path) -> None:
    """The database is restarted and killed under it, and then goes for good."""
    url = server.url(parameter=True)
    database = connect(url)
    with dev(home, free_port(), database_url=url, alert_webhook=f"http://127.0.0.1:9/{MARKER}"):
        wait_for("a capture", lambda: captures.newest_ready(database) is not None)
        words = [command_line(process) for process in of_home(home)]
        server.stop()
        server.start()
        wait_for("another capture", lambda: latest(url) > 1)
        server.kill()
        server.start()
        seen = latest(url)
        wait_for("one more", lambda: latest(url) > seen)
    assert not [word for word in words if MARKER in word]
    assert not [table for table, content in everything(url).items() if MARKER in content]
    server.stop()
    assert not [path for path in home.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]
    assert MARKER not in (server.home / "postgres/log").read_text()
    database.close()


def latest(url: str) -> int:
    """The number of the newest capture; 0: nobody answers."""
    database = connect(url)
    with suppress(StoreError):
        newest = captures.newest_ready(database)
        return newest.capture_id if newest else 0
    return 0


def everything(url: str) -> dict[str, str]:
    """Every row of every table, ours and Dagster's."""
    database = connect(url)
    with database.begin() as connection:
        tables = connection.execute(
            text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'prescient')")
        )
        found = {
            table: "\n".join(connection.scalars(text(f"SELECT row::text FROM {table} row")))
            for table in tables.scalars().all()
        }
    database.close()
    return found
