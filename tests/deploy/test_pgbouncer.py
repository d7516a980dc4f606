"""A home before whose database PgBouncer stands, in transaction mode, as docs/scale.md sets it up."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from prescient_dagster.store.server import postgres
from tests.conftest import on_server
from tests.pages import ROOT
from tests.processes import PRESCIENT, environment, free_port, new_home, wait_for

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="needs Debian's pgbouncer")
CONFIG = '{"fill_model": "touch", "market_min_conviction": null, "event_min_liquidity": null}'
CREATE = ("portfolio", "create", "kestrel", "--strategy", "momentum", "--balance", "7500", "--config", CONFIG)


def documented(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "scale.md").read_text("utf-8"), re.DOTALL)
    return str(found)


@dataclass(frozen=True)
class Pooled:
    """A server with an empty database of the user `prescient`, and a pooler before it."""

    folder: Path
    direct: str
    port: int

    def alter_role(self) -> None:
        on_server(self.direct, *(line for line in documented("sql").splitlines() if line))

    def prescient(self, *command: str) -> "subprocess.CompletedProcess[str]":
        url = f"postgresql://prescient@127.0.0.1:{self.port}/pooled"
        return subprocess.run(
            [*PRESCIENT, *command],
            env=environment(self.folder / "home", database_url=url),
            check=False,
            cwd="/",
            capture_output=True,
            text=True,
        )

    def tables(self) -> dict[str, int]:
        """How many tables lie in each schema that is not PostgreSQL's own."""
        query = "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname IN ('public', 'prescient') GROUP BY 1"
        engine = create_engine(self.direct.replace("/prescient?", "/pooled?"), poolclass=NullPool)
        with engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(text(query))}


@contextmanager
def pooled(settings: str) -> Iterator[Pooled]:
    """PgBouncer with few connections, so that what it is asked for meets the state that others have left on them."""
    with new_home() as folder:
        direct, port = postgres.start(folder), free_port()
        (folder / "home").mkdir()
        on_server(direct, "CREATE ROLE prescient LOGIN", "CREATE DATABASE pooled OWNER prescient")
        server = folder / "postgres"
        ini = folder / "pgbouncer.ini"
        ini.write_text(
            f"[databases]\npooled = host={server} port={postgres.PORT} user=prescient\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            f"default_pool_size = 4\n{settings}"
        )
        log = folder / "pgbouncer.log"
        with log.open("w") as stream:
            process = subprocess.Popen([str(PGBOUNCER), str(ini)], user=server.stat().st_uid, stderr=stream)
        try:
            wait_for("the pooler", lambda: process.poll() is not None or "process up" in log.read_text())
            yield Pooled(folder, direct, port)
        finally:
            process.terminate()
            process.wait()


def test_a_home_works_through_it_as_documented() -> None:
    with pooled(documented("ini")) as there:
        there.alter_role()
        for command in (
            ("db", "upgrade"),
            CREATE,
            ("capture",),
            ("cycle", "kestrel"),
            ("status",),
            ("db", "reconcile"),
        ):
            done = there.prescient(*command)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert there.prescient("trades", "kestrel", "--json").stdout.count("market_id") > 0
        assert there.tables().keys() == {"public", "prescient"}  # Dagster's tables, and ours


def test_a_role_whose_settings_are_missing_gets_no_tables() -> None:
    """For a user `prescient` Dagster's would go to our schema."""
    with pooled(documented("ini")) as there:
        done = there.prescient("db", "upgrade")
        assert done.returncode == 1
        assert "run `ALTER ROLE prescient SET search_path = 'public'`" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert there.tables() == {}


def test_what_it_refuses_is_told_with_the_setting_it_needs() -> None:
    with pooled("pool_mode = transaction\n") as there:
        done = there.prescient("db", "upgrade")
        assert done.returncode == 1
        assert "PgBouncer needs `ignore_startup_parameters = options,extra_float_digits`" in done.stderr
        assert len(done.stderr.splitlines()) == 1
