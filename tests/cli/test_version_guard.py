"""No command works on tables of another version: one line says what to do, and nothing is written."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from prescient_dagster.store import versions
from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient
from tests.cli.test_main import every_command
from tests.processes import PRESCIENT, environment, free_port
from tests.store.older_homes import rows

NEWEST = versions.known()[-1]
NEWER = f"error: the database is at version 9999, this Prescient knows {NEWEST}: install the newer Prescient"
OLDER = f"error: the database is at version 0001, this Prescient needs {NEWEST}: stop what runs on it, then run"
# What a command needs to get as far as the database.
ARGUMENTS: dict[tuple[str, ...], list[str]] = {
    ("candidates",): ["bold"],
    ("cycle",): ["--all"],
    ("signals",): ["bold"],
    ("trades",): ["bold"],
    ("positions",): ["bold"],
    ("snapshots",): ["bold"],
    ("explain",): ["bold", "1"],
    ("compare",): ["bold", "calm"],
    ("report",): ["-o", "sheet.html"],
    ("export",): ["tables"],
    ("replay",): ["--portfolio", "bold"],
    ("sweep",): ["--strategy", "momentum", "--grid", "max_positions=5,10"],
    ("portfolio", "create"): ["bold", "--strategy", "momentum", "--balance", "10"],
    ("portfolio", "show"): ["bold"],
    ("portfolio", "update"): ["bold", "--name", "Bold"],
    ("portfolio", "pause"): ["bold"],
    ("portfolio", "resume"): ["bold"],
    ("portfolio", "close"): ["bold"],
    ("portfolio", "halt"): ["bold"],
    ("portfolio", "log"): ["bold"],
    ("sell",): ["bold", "1"],
    ("sweeps", "show"): ["1"],
    ("sweeps", "delete"): ["1"],
    ("captures", "backfill"): ["-o", "past"],
    ("replays", "show"): ["1"],
    ("replays", "delete"): ["1"],
}
WITHOUT_DATABASE = {("strategy", each) for each in ("list", "show", "validate")} | {
    ("captures", "import"),
    ("db", "stop"),
}
# A backup may be wanted just before an upgrade; what is restored names its own version (test_keeping).
OF_THEIR_OWN = {("dev",), ("status",), ("db", "upgrade"), ("backup",), ("restore",)}
GUARDED = sorted(set(every_command()) - WITHOUT_DATABASE - OF_THEIR_OWN)


def stamp(database: Database, version: str) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE prescient.alembic_version SET version_num = :v"), {"v": version})


@pytest.mark.parametrize(("version", "message"), [("9999", NEWER), ("0001", OLDER)])
def test_no_command_reads_or_writes_tables_of_another_version(
    prescient: Prescient, database: Database, version: str, message: str, tmp_path: Path
) -> None:
    stamp(database, version)
    before = rows(database)
    for command in GUARDED:
        done = prescient(*command, *ARGUMENTS.get(command, []))
        assert message in done.complaint, command
        assert done.code == 1
    assert rows(database) == before
    assert not list((tmp_path / "home").rglob("*.parquet"))


def test_the_status_says_it(prescient: Prescient, database: Database) -> None:
    stamp(database, "9999")
    done = prescient("status", "--json")
    assert done.code == 1
    assert [problem["kind"] for problem in done.json["problems"]] == ["database"]
    assert NEWER.removeprefix("error: ") in done.json["problems"][0]["text"]


def test_a_newer_database_is_not_backed_up(prescient: Prescient, database: Database, tmp_path: Path) -> None:
    stamp(database, "9999")
    done = prescient("backup", str(tmp_path / "kept"))
    assert (done.code, done.out) == (1, "")
    assert NEWER in done.complaint
    assert not list(tmp_path.glob("*kept*"))


def test_a_newer_database_is_not_upgraded(prescient: Prescient, database: Database) -> None:
    stamp(database, "9999")
    assert NEWER in prescient("db", "upgrade").complaint


def test_dev_does_not_start_on_a_newer_database(home: Path, database: Database) -> None:
    stamp(database, "9999")
    done = subprocess.run(
        [*PRESCIENT, "dev", "--port", str(free_port())],
        env=environment(home, database_url=database.url),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(NEWER)
