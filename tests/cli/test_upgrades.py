"""A home of every version there has been: refused as it is, upgraded on demand, and then as good as a new one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from prescient_dagster.store import versions
from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient
from tests.store.older_homes import CAPTURES, SLUGS, VERSIONS, older_home

NEWEST = versions.known()[-1]


@pytest.fixture(params=VERSIONS)
def older(
    request: pytest.FixtureRequest, template_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    with older_home(template_url, request.param, tmp_path) as database:
        monkeypatch.setenv("PRESCIENT_DATABASE_URL", database.url)
        monkeypatch.setenv("PRESCIENT_CAPTURES", str(tmp_path / "captures"))
        yield database


def test_there_is_a_home_of_every_version_that_is_over() -> None:
    """Whoever adds a version makes the one of the version before: see `older_homes`."""
    assert set(versions.known()[:-1]) <= {name[:4] for name in VERSIONS} <= set(versions.known())


def test_a_home_is_upgraded_on_demand_alone(older: Database, bare_prescient: Prescient) -> None:
    there = version(older)
    if there != NEWEST:
        refused = f"the database is at version {there}, this Prescient needs {NEWEST}: stop what runs on it, then run"
        assert refused in bare_prescient("portfolio", "list").complaint
        assert version(older) == there
    assert bare_prescient("db", "upgrade").code == 0
    assert version(older) == NEWEST


def test_the_books_of_an_upgraded_home_are_whole(older: Database, bare_prescient: Prescient) -> None:
    assert bare_prescient("db", "upgrade").code == 0

    assert bare_prescient("db", "reconcile", "--json").json["differences"] == {}
    assert {row["slug"] for row in bare_prescient("portfolio", "list", "--json").json} == set(SLUGS)
    for command in ("signals", "trades", "positions", "snapshots"):
        assert [bare_prescient(command, slug, "--json").code for slug in SLUGS] == [0] * len(SLUGS), command
    assert bare_prescient("trades", SLUGS[0], "--json").json
    assert bare_prescient("status", "--json").json["database"]["status"] == "online"
    assert bare_prescient("replays", "list", "--json").code == 0


def test_an_upgraded_home_can_be_replayed_and_verified(older: Database, bare_prescient: Prescient) -> None:
    assert bare_prescient("db", "upgrade").code == 0

    assert bare_prescient("replay", "--portfolio", SLUGS[0], "--json").json["captures_read"] == CAPTURES
    # Rules may have changed since: what counts is that all it did can be decided again.
    verified = bare_prescient("replay", "--portfolio", SLUGS[0], "--verify", "--json").json
    assert (verified["captures"], verified["unverified"]) == (CAPTURES, [])


def version(database: Database) -> str | None:
    with database.unguarded() as connection:
        return versions.version_of(connection)
