"""A home has its own server, its own Dagster folder, and an environment in which `dagster` works on it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from prescient_dagster.cli.server import home as cli_home
from prescient_dagster.settings import Settings
from prescient_dagster.store.server import postgres
from tests.cli.commands import Prescient
from tests.pages import ROOT
from tests.processes import PRESCIENT, environment


@pytest.fixture
def at_home(bare_prescient: Prescient, home: Path, monkeypatch: pytest.MonkeyPatch) -> Prescient:
    """Runs a command on a fresh home with a server of its own."""
    monkeypatch.setenv("PRESCIENT_HOME", str(home))
    return bare_prescient


def test_a_command_starts_the_server_it_needs_and_stop_ends_it(at_home: Prescient, home: Path) -> None:
    assert at_home("portfolio", "list", "--json").json == []
    assert postgres.is_running(home)
    assert at_home("db", "stop").err == "stopped\n"
    assert not postgres.is_running(home)
    assert at_home("db", "stop").err == "it was not running\n"
    assert at_home("portfolio", "list", "--json").json == []


def test_what_env_prints_is_for_a_shell_and_dagster_works_in_it(at_home: Prescient, home: Path) -> None:
    printed = at_home("env").out
    script = f"{printed}\n{sys.executable} -m dagster run list && echo $DAGSTER_HOME && echo $PRESCIENT_HOME"
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [f"{home}/dagster", str(home)]


def test_the_address_env_printed_does_not_outlive_its_server(
    at_home: Prescient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", at_home("env", "--json").json["PRESCIENT_DATABASE_URL"])
    assert at_home("db", "stop").code == 0
    assert at_home("portfolio", "list", "--json").json == []
    monkeypatch.setenv("PRESCIENT_HOME", str(home / "another"))
    assert cli_home.read_settings().database_url == ""


def test_an_address_of_ones_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://anna@db.example/prescient"
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
    assert cli_home.read_settings().database_url == url


def test_a_server_of_ones_own_is_not_stopped(prescient: Prescient) -> None:
    assert "not ours to stop" in prescient("db", "stop").complaint


def test_upgrading_an_upgraded_database_changes_nothing(prescient: Prescient) -> None:
    assert [prescient("db", "upgrade").code, prescient("db", "upgrade").code] == [0, 0]


def test_env_holds_for_any_folder(prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_HOME", "my home")
    monkeypatch.setenv("PRESCIENT_VENUE", "recorded:recordings")
    monkeypatch.setenv("PRESCIENT_CAPTURES", "captures")
    monkeypatch.setenv("PRESCIENT_STRICT", "true")
    printed = prescient("env", "--json").json
    assert {name: printed[name] for name in ("PRESCIENT_HOME", "PRESCIENT_VENUE", "PRESCIENT_CAPTURES")} == {
        "PRESCIENT_HOME": f"{tmp_path}/my home",
        "PRESCIENT_VENUE": f"recorded:{tmp_path}/recordings",
        "PRESCIENT_CAPTURES": f"{tmp_path}/captures",
    }
    assert printed["PRESCIENT_STRICT"] == "1"
    assert f"export PRESCIENT_HOME='{tmp_path}/my home'" in prescient("env").out.splitlines()


def test_our_dagster_yaml_is_brought_up_to_date_and_a_strangers_stays(prescient: Prescient, tmp_path: Path) -> None:
    laid = tmp_path / "home" / "dagster" / "dagster.yaml"
    prescient("env")
    ours = laid.read_text()
    laid.write_text(ours + "# of an older version\n")
    prescient("env")
    assert laid.read_text() == ours
    laid.write_text("telemetry:\n  enabled: false\n")
    prescient("env")
    assert laid.read_text() == "telemetry:\n  enabled: false\n"


def test_a_home_that_cannot_be_written_is_one_line(prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_HOME", f"{os.devnull}/home")
    assert "PRESCIENT_HOME" in prescient("env").complaint


def test_nobody_else_can_look_into_a_home(home: Path) -> None:
    there = home / "made" / "here"
    (home / "theirs").mkdir(mode=0o755)
    there.parent.mkdir(mode=0o755)
    for command in (["capture"], ["env"], ["report", "-o", str(home / "theirs" / "report.html")]):
        done = subprocess.run([*PRESCIENT, *command], env=environment(there), check=False, capture_output=True)
        assert done.returncode == 0 or command[0] == "report", done.stderr
    subprocess.run([*PRESCIENT, "db", "stop"], env=environment(there), check=True, capture_output=True)
    modes = {str(path.relative_to(home)): stat.S_IMODE(path.lstat().st_mode) for path in [there, *there.rglob("*")]}
    entered = {name for name, mode in modes.items() if mode & 0o077 and "postgres/" not in name}
    assert entered == ({"made/here"} if os.geteuid() == 0 else set())
    assert modes["made/here"] == (0o711 if os.geteuid() == 0 else 0o700)
    assert {modes[f"made/here/{name}"] for name in ("captures", "dagster", "postgres")} == {0o700}
    assert stat.S_IMODE(there.parent.stat().st_mode) == 0o755


def test_a_home_that_was_left_open_is_closed_and_a_dagster_folder_of_ones_own_is_not(home: Path) -> None:
    for name in ("ours", "theirs"):
        for folder in ("dagster", "captures"):
            (home / name / folder).mkdir(parents=True, mode=0o755)
        text = (ROOT / "dagster.yaml").read_text() if name == "ours" else "# mine\ntelemetry: {enabled: false}\n"
        (home / name / "dagster" / "dagster.yaml").write_text(text)
        cli_home.lay_dagster_home(Settings(home=home / name))
    modes = {name: stat.S_IMODE((home / name / "dagster").stat().st_mode) for name in ("ours", "theirs")}
    assert modes == {"ours": 0o700, "theirs": 0o755}
    assert stat.S_IMODE((home / "ours" / "captures").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "ours").stat().st_mode) & 0o055 == 0o055
