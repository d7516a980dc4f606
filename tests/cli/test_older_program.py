"""The program of the version before, on tables that this one has upgraded, before it starts and while it runs."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.cli.server.webserver import Webserver
from prescient_dagster.store import migrate, versions
from prescient_dagster.store.database import Database
from tests.cli.older_program import lay_older_program
from tests.processes import PRESCIENT, books, dev, environment, free_port, new_home, wait_for
from tests.store.older_homes import rows
from tests.ui.served import Served

NEWEST, BEFORE = versions.known()[-1], versions.known()[-2]
MESSAGE = f"the database is at version {NEWEST}, this Prescient knows {BEFORE}: install the newer Prescient"
COMMANDS = [
    ["portfolio", "list"],
    ["portfolio", "create", "late", "--strategy", "momentum", "--balance", "10"],
    ["capture"],
    ["cycle", "--all"],
    ["db", "upgrade"],
    ["env"],
]
TICK = "ticks(limit: 1) { timestamp status skipReason error { message } }"
TICKS = f"""query {{ workspaceOrError {{ ... on Workspace {{ locationEntries {{ locationOrLoadError {{
  ... on RepositoryLocation {{ repositories {{ schedules {{ name scheduleState {{ {TICK} }} }}
    sensors {{ name sensorState {{ {TICK} }} }} }} }} }} }} }} }} }}"""
FAILED = """query { runsOrError(filter: {pipelineName: "market_data"}, limit: 1) { ... on Runs { results { status
  eventConnection { events { ... on ExecutionStepFailureEvent { failureMetadata { description } } } } } } } }"""


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_older_program(tmp_path_factory.mktemp("older"))


@pytest.fixture
def as_older(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that start from now on are the older program."""
    monkeypatch.setenv("PYTHONPATH", str(older))


def run(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PRESCIENT, *words], env=environment(home), cwd="/", capture_output=True, text=True, check=False, timeout=120
    )


def test_no_command_of_an_older_program_reads_or_writes_newer_tables(home: Path, as_older: None) -> None:
    with books(home) as database:
        migrate.upgrade(database)
        before = rows(database)
        for command in COMMANDS:
            done = run(home, *command)
            assert (done.returncode, done.stdout) == (1, ""), command
            assert done.stderr.startswith(f"error: {MESSAGE}"), command
            assert done.stderr.count("\n") == 1, command
        started = run(home, "dev", "--port", str(free_port()))
        assert (started.returncode, started.stdout) == (1, "")
        assert started.stderr.splitlines()[-1].startswith(f"error: {MESSAGE}")
        assert rows(database) == before


def test_an_older_prescient_dev_is_stopped_by_an_upgrade_in_all_its_processes(as_older: None) -> None:
    """Its code servers, its schedules, its sensors and its runs say so in one line, and write nothing from then on."""
    port = free_port()
    with new_home() as home, books(home) as database, dev(home, port):
        served = Served(home, f"http://127.0.0.1:{port}", database, {})
        wait_for("a trade", lambda: "trades" in rows(database) and bool(rows(database)["trades"]))
        assert _version(database) == BEFORE
        migrate.upgrade(database)
        before = rows(database)
        looked_at = {"market_data_schedule", "momentum_schedule", "portfolio_partitions"}
        wait_for(
            "a tick of each", lambda: looked_at <= {name for name, told in _told(served).items() if MESSAGE in told}
        )
        Webserver(port).launch("prescient_dagster", "market_data")
        wait_for("the end of the run", lambda: _newest_run(served)["status"] == "FAILURE")
        (failure,) = [event["failureMetadata"] for event in _newest_run(served)["eventConnection"]["events"] if event]
        assert failure["description"].startswith(MESSAGE)
        assert "\n" not in failure["description"]
        assert rows(database) == before


def _version(database: Database) -> str | None:
    with database.unguarded() as connection:
        return versions.version_of(connection)


def _told(served: Served) -> dict[str, str]:
    """What the newest tick of each schedule and sensor says."""
    entries = served.ask(TICKS)["workspaceOrError"]["locationEntries"]
    found: dict[str, str] = {}
    for entry in entries:
        for repository in (entry["locationOrLoadError"] or {}).get("repositories", []):
            for each in [*repository["schedules"], *repository["sensors"]]:
                state: dict[str, Any] = each.get("scheduleState") or each["sensorState"]
                found[each["name"]] = str(state["ticks"])
    return found


def _newest_run(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = served.ask(FAILED)["runsOrError"]["results"][0]
    return found
