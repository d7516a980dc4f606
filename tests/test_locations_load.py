"""Each code location loads in a fresh interpreter, also when a strategy does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHOW = """
from {module} import defs
print("jobs", *sorted(job.name for job in defs.resolve_all_job_defs() if not job.name.startswith("__")))
print("groups", *sorted({{spec.group_name for spec in defs.resolve_all_asset_specs()}}))
print("errors", *[spec.metadata["error"] for spec in defs.resolve_all_asset_specs() if "error" in spec.metadata])
"""


def python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def a_project_with_a_broken_strategy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "strategy_assets", tmp_path / "strategy_assets", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "strategy_assets" / "momentum.py").write_text("def decide(view, config:\n")
    return tmp_path


@pytest.mark.parametrize("module", ["prescient_dagster.definitions", "strategy_assets.definitions"])
def test_a_code_location_loads_in_a_fresh_interpreter(module: str) -> None:
    shown = python(SHOW.format(module=module), ROOT, PRESCIENT_STRICT="1")

    assert shown.returncode == 0, shown.stderr
    assert "jobs" in shown.stdout


@pytest.mark.parametrize("module", ["prescient_dagster.definitions", "strategy_assets.definitions"])
def test_runs_do_not_inherit_the_webhook_of_the_alerts(module: str) -> None:
    """A run is a process that its code server starts, with its environment."""
    code = f"import os; from {module} import defs; print(sorted(name for name in os.environ if 'PRESCIENT' in name))"
    shown = python(code, ROOT, PRESCIENT_ALERT_WEBHOOK="http://127.0.0.1:9/secret", PRESCIENT_VENUE="simulated")

    assert shown.stdout == "['PRESCIENT_VENUE']\n"


def test_the_alerts_are_on_all_the_same() -> None:
    code = "from prescient_dagster.definitions import defs; print(defs.resolve_sensor_def('alerts').default_status)"
    shown = python(code, ROOT, PRESCIENT_ALERT_WEBHOOK="http://127.0.0.1:9/secret")

    assert shown.stdout == "DefaultSensorStatus.RUNNING\n"


def test_a_strategy_with_a_syntax_error_leaves_the_others_and_shows_its_error(
    a_project_with_a_broken_strategy: Path,
) -> None:
    shown = python(SHOW.format(module="strategy_assets.definitions"), a_project_with_a_broken_strategy)

    assert shown.returncode == 0, shown.stderr
    jobs, groups, errors = shown.stdout.splitlines()
    assert "momentum" not in jobs.split()
    assert "mean_reversion" in jobs.split()
    assert "momentum" in groups.split()
    assert "strategy momentum does not load" in errors
    assert "momentum.py, line 1" in errors


def test_market_data_does_not_notice_a_broken_strategy(a_project_with_a_broken_strategy: Path) -> None:
    shown = python(SHOW.format(module="prescient_dagster.definitions"), a_project_with_a_broken_strategy)

    assert shown.returncode == 0, shown.stderr
    assert "market_data" in shown.stdout


def test_a_strategy_that_does_not_load_is_fatal_where_strict(a_project_with_a_broken_strategy: Path) -> None:
    code = SHOW.format(module="strategy_assets.definitions")

    shown = python(code, a_project_with_a_broken_strategy, PRESCIENT_STRICT="1")

    assert shown.returncode != 0
    assert "strategy momentum does not load" in shown.stderr


def test_the_workspace_is_valid(tmp_path: Path) -> None:
    validated = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")],
        cwd=tmp_path,
        env={**os.environ, "PRESCIENT_STRICT": "1"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert validated.returncode == 0, validated.stderr
