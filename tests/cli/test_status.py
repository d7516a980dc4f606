"""The state of everything, for people and for monitors: exit code 0 only if all is well."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from prescient_dagster.store.books.cycles import note_failure
from prescient_dagster.store.database import Database, connect
from tests.cli.commands import Prescient


@pytest.fixture
def database(database_url: str) -> Database:
    return connect(database_url)


def kinds(document: dict[str, list[dict[str, str]]]) -> list[str]:
    return [problem["kind"] for problem in document["problems"]]


def test_a_fresh_database_is_online_and_lacks_a_capture(prescient: Prescient) -> None:
    done = prescient("status", "--json")
    assert (done.code, done.json["database"]["status"], done.json["market_data"]) == (1, "online", None)
    assert (done.json["healthy"], kinds(done.json)) == (False, ["no_capture"])
    momentum = done.json["strategies"]["momentum"]
    assert momentum.pop("info")
    nothing = {"portfolios": 0, "failing": 0, "failures": {}, "halted": {}, "last_cycle_at": None}
    assert momentum == {"status": "online", **nothing}
    assert done.json["dagster"] == {"daemon": "never ran here", "heartbeats": {}, "runs": []}


def test_a_capture_and_a_cycle_show_and_all_is_well(prescient: Prescient) -> None:
    prescient("capture")
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", "1000")
    prescient("cycle", "bold")
    done = prescient("status", "--json")
    assert (done.code, done.json["healthy"], done.json["problems"]) == (0, True, [])
    assert {"captured_at", "age_seconds", "events", "markets"} <= set(done.json["market_data"])
    assert 0 <= done.json["market_data"]["age_seconds"] < 120
    assert done.json["strategies"]["momentum"]["last_cycle_at"] is not None
    shown = prescient("status")
    assert (shown.code, shown.out.splitlines()[-1]) == (0, "all is well")
    assert "online" in shown.out


def test_what_is_wrong_is_told_a_line_each_with_exit_code_1(prescient: Prescient, database: Database) -> None:
    prescient("capture")
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", "1000")
    note_failure(database, "momentum", "bold", "no\ncash \x1b[31m")
    with database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET stored_at = now() - interval '17 minutes'"))

    done = prescient("status")

    told = [line for line in done.out.splitlines() if line.startswith("problem: ")]
    assert done.code == 1
    assert told == [
        "problem: market data is 17 minutes old, limit 10 minutes: see the last runs of market_data",
        "problem: portfolio bold fails: no cash  [31m",
    ]


def test_a_failed_capture_and_a_silent_daemon_are_told(prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg
    from dagster._daemon.types import DaemonHeartbeat

    prescient("capture")
    prescient("cycle", "--all")
    monkeypatch.setenv("PRESCIENT_VENUE", "polymarket")  # of another venue's home
    assert prescient("capture").code == 1
    with dg.DagsterInstance.from_config(os.environ["DAGSTER_HOME"]) as instance:
        at = datetime.now(UTC) - timedelta(minutes=12)
        instance.add_daemon_heartbeat(DaemonHeartbeat(at.timestamp(), "SENSOR", "1", []))

    done = prescient("status", "--json")

    assert (done.code, kinds(done.json)) == (1, ["venue_other", "daemon_silent", "run_failed"])
    assert done.json["dagster"]["daemon"] == "not well"
    assert "simulated" in done.json["problems"][2]["text"]


def test_settings_of_another_venue_or_simulation_than_the_homes_are_told(
    prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    prescient("capture")
    assert prescient("status").code == 0
    for name, value, what in (
        ("PRESCIENT_SIMULATION_SEED", "99", "set PRESCIENT_SIMULATION_SEED=7"),
        ("PRESCIENT_VENUE", "polymarket", "belongs to the venue simulated, not polymarket"),
    ):
        monkeypatch.setenv(name, value)
        done = prescient("status")
        (told,) = (line for line in done.out.splitlines() if line.startswith("problem: "))
        assert (done.code, what in told) == (1, True), told
        assert "all is well" not in done.out


def test_a_dagster_that_cannot_be_opened_is_told(prescient: Prescient) -> None:
    prescient("capture")
    home = prescient("env").out
    folder = next(line for line in home.splitlines() if "DAGSTER_HOME" in line).split("=")[1].strip("'\"")
    Path(folder, "dagster.yaml").write_text("# of somebody else\nstorage: nonsense\n", encoding="utf-8")

    done = prescient("status", "--json")

    assert (done.code, kinds(done.json)) == (1, ["daemon_silent"])
    assert "Dagster cannot be asked how it is" in done.json["problems"][0]["text"]


def test_a_database_that_does_not_answer_is_offline_with_exit_code_1(
    bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://anna:secret@127.0.0.1:1/nowhere")
    done = bare_prescient("status", "--json")
    assert (done.code, done.json["database"]["status"], done.json["market_data"]) == (1, "offline", None)
    assert (done.json["healthy"], kinds(done.json)) == (False, ["database"])
    assert "no database answers" in done.json["database"]["error"]
    assert "secret" not in done.out
    momentum = done.json["strategies"]["momentum"]
    assert (momentum["status"], momentum["portfolios"], momentum["failing"]) == ("online", None, None)
    shown = bare_prescient("status")
    assert shown.code == 1
    assert len([line for line in shown.out.splitlines() if "no database answers" in line]) == 1
