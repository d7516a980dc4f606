"""A PostgreSQL of one's own, whose user may be called as our schema is."""

from collections.abc import Iterator

import dagster as dg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from prescient_dagster.store.database import connect
from tests.cli.commands import Prescient

ROLE = "prescient"


@pytest.fixture
def own_url(template_url: str) -> Iterator[str]:
    """The URL of an empty database that belongs to a user called `prescient`."""
    server = create_engine(
        make_url(template_url).set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
        connection.execute(text(f"CREATE DATABASE own OWNER {ROLE}"))
        yield make_url(template_url).set(username=ROLE, database="own").render_as_string(hide_password=False)
        connection.execute(text("DROP DATABASE own WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {ROLE}"))


def test_dagsters_tables_go_to_public_also_for_a_user_called_prescient(
    bare_prescient: Prescient, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", own_url.replace("+psycopg2", ""))
    assert bare_prescient("db", "upgrade").code == 0
    environment = bare_prescient("env", "--json").json

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        instance.add_dynamic_partitions("momentum_portfolios", ["a"])
        instance.optimize_for_webserver(statement_timeout=5000, pool_recycle=60, max_overflow=1)
        assert instance.get_dynamic_partitions("momentum_portfolios") == ["a"]

    schemas = {schema: {name for owner, name in tables_of(own_url) if owner == schema} for schema in (ROLE, "public")}
    assert {"runs", "event_logs", "job_ticks", "alembic_version"} <= schemas["public"]
    assert "captures" in schemas[ROLE]
    assert not {"runs", "event_logs", "job_ticks"} & schemas[ROLE]
    assert bare_prescient("env", "--json").json == environment
    assert bare_prescient("portfolio", "list", "--json").json == []


def tables_of(url: str) -> list[tuple[str, str]]:
    database = connect(url)
    with database.begin() as connection:
        found = connection.execute(text("SELECT schemaname, tablename FROM pg_tables")).all()
    database.close()
    return [(row.schemaname, row.tablename) for row in found]


def test_options_of_ones_own_stay(bare_prescient: Prescient, own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = f"{own_url}&options=-c%20statement_timeout%3D60000"
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", given)
    bare_prescient("db", "upgrade")
    found = make_url(bare_prescient("env", "--json").json["PRESCIENT_DATABASE_URL"])
    assert found.query["options"] == "-c statement_timeout=60000 -csearch_path=public"
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", f"{own_url}&options=-csearch_path%3Dmine")
    found = make_url(bare_prescient("env", "--json").json["PRESCIENT_DATABASE_URL"])
    assert found.query["options"] == "-csearch_path=mine"
