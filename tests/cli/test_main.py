"""The command line documents itself, starts fast, and ends with one line where something is wrong."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from prescient_dagster.cli import main, status
from prescient_dagster.cli.terminal import sources
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.settings import Settings
from tests.cli.commands import Prescient

ROOT = Path(__file__).parents[2]


def every_command() -> Iterator[tuple[str, ...]]:
    for name, command in main.build().commands.items():
        if hasattr(command, "commands"):
            yield from ((name, each) for each in command.commands)
        else:
            yield (name,)


def commands_in(text: str) -> set[tuple[str, ...]]:
    """The commands that follow the word `prescient` in a text."""
    words = re.findall(r"prescient ([a-z]+)(?: ([a-z]+))?", text)
    groups = {first for first, *inner in every_command() if inner}
    return {(first, second) if first in groups else (first,) for first, second in words}


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: tuple[str, ...], bare_prescient: Prescient) -> None:
    told = bare_prescient(*command, "--help").out
    assert command in commands_in(told[told.index("Example:") :])


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_an_example_stands_on_one_line_to_be_copied(command: tuple[str, ...], bare_prescient: Prescient) -> None:
    lines = [line for line in bare_prescient(*command, "--help").out.splitlines() if "Example:" in line]
    assert len(lines) == 1
    assert lines[0].rstrip().endswith(example_of(command)[-10:])


def example_of(command: tuple[str, ...]) -> str:
    tree = main.build()
    for name in command:
        tree = tree.commands[name]
    return str(tree.loaded().help).rstrip()


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_what_a_list_says_of_a_command_is_what_the_command_says(command: tuple[str, ...]) -> None:
    tree = main.build()
    for name in command:
        tree = tree.commands[name]
    assert tree.get_short_help_str(limit=200) == tree.loaded().get_short_help_str(limit=200) != ""


def test_what_the_help_says_of_settings_is_what_they_say() -> None:
    told = {name: said for name, _, said in sources.settings()}
    assert told == {name: field.description for name, field in Settings.model_fields.items()}
    defaults = {name: default for name, default, _ in sources.settings()}
    assert defaults == {name: told_default(field.default) for name, field in Settings.model_fields.items()}


def told_default(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def test_the_help_lists_every_command_and_every_setting(bare_prescient: Prescient) -> None:
    told = bare_prescient("--help").out
    for command in every_command():
        assert re.search(rf"^  {command[0]} ", told, re.MULTILINE)
    for name in Settings.model_fields:
        assert f"PRESCIENT_{name.upper()}" in told


def test_without_arguments_it_shows_its_help(bare_prescient: Prescient) -> None:
    assert bare_prescient().out == bare_prescient("--help").out


def test_the_pages_for_users_mention_every_command() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert set(every_command()) <= {found for page in pages for found in commands_in(page.read_text(encoding="utf-8"))}


def test_the_help_waits_for_nothing_heavy() -> None:
    code = """
import sys
from prescient_dagster.cli.main import run
assert run(["--help"]) == 0 and run(["portfolio", "--help"]) == 0
assert not {"dagster", "pandas", "sqlalchemy", "pydantic_settings", "rich"} & set(sys.modules), "imported for nothing"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_of_portfolios_waits_for_nothing_that_it_does_not_need(database_url: str, tmp_path: Path) -> None:
    code = """
import sys
from prescient_dagster.cli.main import run
assert run(["portfolio", "list"]) == 0
assert not {"dagster", "pandas", "numpy", "pyarrow", "alembic"} & set(sys.modules), "imported for nothing"
"""
    home = {"PRESCIENT_DATABASE_URL": database_url, "PRESCIENT_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_what_the_root_seldom_needs_is_imported_within_a_function() -> None:
    found = {
        (module.name, ast.unparse(each))
        for module in (ROOT / "prescient_dagster" / "cli").rglob("*.py")
        for function in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for each in ast.walk(function)
        if isinstance(each, ast.Import | ast.ImportFrom)
    }
    assert found == {("main.py", "from importlib.metadata import version")}


def test_a_mistyped_command_is_answered_with_the_right_one(bare_prescient: Prescient) -> None:
    done = bare_prescient("portfolio", "creat")
    assert (done.code, "'create'" in done.complaint) == (2, True)


def test_a_missing_option_is_named_with_the_help_to_read(bare_prescient: Prescient) -> None:
    done = bare_prescient("portfolio", "create", "bold")
    assert done.code == 2
    assert "--strategy" in done.complaint
    assert "prescient portfolio create --help" in done.complaint


def failing_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> None:
        """Fail."""
        raise error

    monkeypatch.setattr(status, "status", failing)


def test_an_error_of_many_lines_is_told_in_one(bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_with(PrescientError("first\nsecond\x1b[31m\tthird"), monkeypatch)
    done = bare_prescient("status")
    assert (done.code, done.complaint) == (1, "error: first second [31m third")


def test_an_unexpected_error_is_one_line_too(bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_with(KeyError("x"), monkeypatch)
    done = bare_prescient("status")
    assert (done.code, "KeyError" in done.complaint, "--debug" in done.complaint) == (1, True, True)


def test_an_unexpected_error_shows_its_origin_on_request(
    bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_with(KeyError("x"), monkeypatch)
    assert "Traceback" in bare_prescient("--debug", "status").err


def test_a_setting_that_cannot_be_read_is_named(bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_VENUE", "betfair")
    done = bare_prescient("status")
    assert (done.code, "PRESCIENT_VENUE" in done.complaint) == (1, True)


def test_who_stops_reading_is_not_answered_with_an_error(bare_prescient: Prescient) -> None:
    command = f"{sys.executable} -m prescient_dagster.cli.main strategy show momentum --json | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_the_version_is_told(bare_prescient: Prescient) -> None:
    assert bare_prescient("--version").out == f"prescient {version('prescient')}\n"


@pytest.mark.parametrize(
    ("words", "completed"), [("portf", ["portfolio"]), ("portfolio l", ["list", "log"]), ("cycle --al", ["--all"])]
)
def test_the_shell_completes_commands_and_options(words: str, completed: list[str]) -> None:
    line = {"COMP_WORDS": f"prescient {words}", "COMP_CWORD": str(len(words.split()))}
    asked = {"_PRESCIENT_COMPLETE": "complete_bash", **line}
    command = [sys.executable, "-c", "from prescient_dagster.cli.main import main; main()"]
    done = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (completed, "")
