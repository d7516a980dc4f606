"""What the pages print is what one gets: their commands are run, in order, by a new user in a fresh home."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
import yaml

from prescient_dagster.catalog import load_strategy
from prescient_dagster.cli.demo import demo_portfolios
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.database import Database
from prescient_dagster.store.server import postgres
from strategy_assets.definitions import defs
from tests.pages import PAGES, README, Page, Step
from tests.strategies.contract import CHECKS, load

DRY_RUNS = next(page for page in PAGES if page.path.stem == "dry-runs")
RUNS_ON = re.compile(r"(make|prescient) (dev|test|check|bench)\b")
"""Commands that are tested elsewhere, or are this test."""
END_OF_STEP = "--- end of step, exit code"
RULE = "───"
MORE = "…"
ROWS = " with rows"


def steps(page: Page) -> list[Step]:
    return [step for step in page.steps() if not RUNS_ON.match(step.command)]


@pytest.fixture
def folder(home: Path) -> Path:
    """A working folder with a virtual environment where the pages expect it."""
    scripts = home / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "activate").write_text(f'export PATH="{Path(sys.executable).parent}:$PATH"\n', encoding="utf-8")
    return home


@pytest.mark.parametrize("page", [page for page in PAGES if steps(page)], ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_says(page: Page, folder: Path) -> None:
    prepared = [] if page == README else [Step(". .venv/bin/activate", "")]
    told = [*prepared, *steps(page)]
    try:
        got = in_one_shell([step.command for step in told], folder)
    finally:
        for each in folder.glob(".prescient*"):
            postgres.stop(each)
    for step, done in zip(told, got, strict=True):
        fails = re.search(r"^error: ", step.output, re.MULTILINE)
        assert done.code == (1 if fails else 0), f"{step.command}\n{done.output}"
        if step.output:
            assert_alike(done.output, step.output, step.command)


def assert_alike(got: str, told: str, command: str) -> None:
    """Both say the same, but for what the market does; of a shortened output, what is left of it."""
    whole, shown = shape(got), shape(told)
    if MORE in shown:
        whole = [part for part in whole if part in shown]
        shown.remove(MORE)
    assert whole == shown, f"{command}\n{got}"


@dataclass(frozen=True)
class Done:
    """What a command printed, on stdout and stderr, and its exit code."""

    output: str
    code: int


def in_one_shell(commands: list[str], folder: Path) -> list[Done]:
    """Run commands one after the other in one shell, as somebody at a terminal does."""
    script = "\n".join(f'{command}\necho "{END_OF_STEP} $?"' for command in commands)
    done = subprocess.run(
        [shutil.which("bash") or "bash", "--norc"],
        input=script,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PRESCIENT_", "DAGSTER_"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outputs = re.split(rf"^{END_OF_STEP} (\d+)\n", done.stdout, flags=re.MULTILINE)
    return [Done(output, int(code)) for output, code in zip(outputs[::2], outputs[1::2], strict=False)]


def shape(output: str) -> list[str]:
    """What an output says whatever the market does: headings and text, without numbers and the rows of tables."""
    found: list[str] = []
    lines = output.splitlines()
    in_table = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        in_table = (in_table or RULE in line) and line.strip() not in ("", MORE)
        if not in_table and line.strip():
            found.append(heading(line) if RULE in following else masked(line))
        elif in_table and RULE not in line and not found[-1].endswith(ROWS):
            found[-1] += ROWS
    return found


def heading(line: str) -> str:
    return " | ".join(re.split(r"\s{2,}", line.strip()))


def masked(line: str) -> str:
    """A line without its numbers, times and paths."""
    without_paths = re.sub(r"(?<!\w)/\S*/", "/…/", line)
    return " ".join(re.sub(r"-?\d[\d,.:-]*", "#", without_paths).split())


def test_a_shape_has_headings_and_text_and_that_there_are_rows() -> None:
    shown = (
        "bold: 3 markets\n\n market id   yes price\n ────────\n  1   0.5\n  2   0.6\n\nequity  9,992.78 of /tmp/x/y\n"
    )
    assert shape(shown) == ["bold: # markets", "market id | yes price with rows", "equity # of /…/y"]
    assert shape(shown.replace("  1   0.5\n  2   0.6\n", "")) != shape(shown)


def run_configs() -> list[str]:
    return [block for page in PAGES for block in page.fences("yaml") if "ops:" in block]


@pytest.mark.parametrize("block", run_configs())
def test_a_run_config_can_be_pasted_into_the_launchpad(block: str) -> None:
    config = yaml.safe_load(block)
    ((op, given),) = config["ops"].items()
    strategy = op.removesuffix("_cycle")
    assert dg.validate_run_config(defs.resolve_job_def(strategy), config)
    settings = {name: value for name, value in given["config"].items() if name not in ("portfolios", "capture_id")}
    for overrides in ({}, *given["config"].get("portfolios", {}).values()):
        assert validated(load_strategy(strategy).config, settings, overrides)


def test_the_overrides_are_shown_for_all_and_for_one_portfolio() -> None:
    shown = [yaml.safe_load(block)["ops"]["momentum_cycle"]["config"] for block in DRY_RUNS.fences("yaml")]
    assert [("portfolios" in config) for config in shown] == [False, True]


def test_the_readme_is_read_in_one_sitting_and_shows_three_pictures() -> None:
    assert len(README.text.splitlines()) <= 200
    assert len([link for link in README.links() if link.endswith(".png")]) == 3


def test_the_strategy_in_the_readme_keeps_the_contract(tmp_path: Path) -> None:
    (source,) = README.fences("python")
    path = tmp_path / "coin_toss.py"
    path.write_text(source, encoding="utf-8")
    assert f"`strategy_assets/{path.name}`" in README.text
    subject = load(path)
    for check in CHECKS:
        check(subject)


def test_the_portfolios_that_dev_makes_are_those_that_the_readme_names(database: Database) -> None:
    (line,) = re.findall(r"^made (\d+) portfolios to watch: (.+)$", README.text, re.MULTILINE)
    told = line[1].split(", ")
    assert len(told) == int(line[0])
    assert set(told) <= set(demo_portfolios(database))
