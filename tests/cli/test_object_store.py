"""A home whose captures lie in an object store: everything that reads or writes captures works as on a folder."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from upath import UPath

from prescient_dagster.store.database import Database
from prescient_dagster.store.market import object_store
from tests.cli.commands import Prescient
from tests.cli.test_keeping import an_empty_database
from tests.object_stores import KEYS

TOUCH = '{"fill_model": "touch", "market_min_conviction": null, "event_min_liquidity": null}'
ADDRESSES = [
    ("replay", "--strategy", "momentum", "--captures", "s3://bucket/past"),
    ("sweep", "--strategy", "momentum", "--grid", "max_positions=1,2", "--captures", "recorded:s3://bucket/past"),
    ("backup", "s3://bucket/backup"),
    ("export", "s3://bucket/tables"),
    ("report", "-o", "s3://bucket/report.html"),
]


@pytest.fixture
def far(prescient: Prescient, bucket: UPath, monkeypatch: pytest.MonkeyPatch) -> Prescient:
    """Commands of a home with two captures in the store, and a portfolio that traded on both."""
    monkeypatch.setenv("PRESCIENT_CAPTURES", f"{bucket}/captures")
    monkeypatch.setenv("PRESCIENT_SIMULATION_EVENTS", "30")
    monkeypatch.setenv("PRESCIENT_SIMULATION_SPEED", "100000")
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", 10_000, "--config", TOUCH)
    for _ in range(2):
        assert prescient("capture", "--json").json["status"] == "ready"
        assert prescient("cycle", "bold", "--json").code == 0
    return prescient


def rows(prescient: Prescient, *command: object) -> Any:
    return prescient(*command, "--json").json


def test_captures_are_read_by_all_that_read_them(far: Prescient, bucket: UPath) -> None:
    kept = [each.name for each in object_store.listing(bucket / "captures")]
    assert len([name for name in kept if not name.startswith("marks/")]) == 4
    assert len(rows(far, "markets")) > 0
    assert far("replay", "--portfolio", "bold", "--verify", "--json").json["drift"] is False
    assert rows(far, "replay", "--portfolio", "bold")["captures_read"] == 2
    grid = ("sweep", "--strategy", "momentum", "--config", TOUCH, "--grid", "max_positions=1,5")
    assert len(rows(far, *grid)["configs"]) == 2
    trade = rows(far, "trades", "bold")[0]
    assert far("explain", "bold", trade["market_id"]).code == 0
    assert "s3://" in far("env").out
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in far("env").out


def test_old_captures_go_from_the_store(far: Prescient, database: Database, bucket: UPath) -> None:
    for _ in range(2):
        far("capture")
    with database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET stored_at = now() - interval '99 days'"))
    far("retention")
    with database.begin() as connection:
        pruned = list(connection.scalars(text("SELECT path FROM prescient.captures WHERE pruned_at IS NOT NULL")))
    kept = [stored.name for stored in object_store.listing(bucket / "captures")]
    left = {name.split(".")[0] for name in kept if not name.startswith("marks/")}
    assert pruned
    assert any(name.startswith("marks/") for name in kept)
    assert len(left) == 4 - len(pruned)
    assert not left & set(pruned)


def test_a_backup_holds_the_captures_and_goes_back_into_a_store_or_a_folder(
    far: Prescient, template_url: str, bucket: UPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = far("backup", tmp_path / "monday", "--json").json
    assert (made["captures"], made["absent"], made["files"]) == (2, 0, 6)  # one of them of hourly prices
    for place in (f"{bucket}/again", str(tmp_path / "folder")):
        with an_empty_database(template_url) as url:
            monkeypatch.setenv("PRESCIENT_HOME", str(tmp_path / f"home-{len(place)}"))
            monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
            monkeypatch.setenv("PRESCIENT_CAPTURES", place)
            assert far("restore", tmp_path / "monday", "--json").json["captures"] == 2
            assert far("replay", "--portfolio", "bold", "--verify", "--json").json["drift"] is False
    monkeypatch.setenv("PRESCIENT_CAPTURES", f"{bucket}//again/")
    with an_empty_database(template_url) as url:
        monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
        assert "is not empty: a backup is restored into a new home" in far("restore", tmp_path / "monday").complaint


@pytest.mark.parametrize("command", ADDRESSES, ids=lambda command: command[0])
def test_nothing_else_takes_an_address_for_a_folder(
    prescient: Prescient, command: tuple[str, ...], tmp_path: Path
) -> None:
    assert "s3://… is an address: name a folder or a file of this machine" in prescient(*command).complaint
    assert not (tmp_path / "s3:").exists()
