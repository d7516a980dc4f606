"""The job `sweep`: what `prescient sweep` does, from the UI, told as it goes on and with the same result."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster.definitions import defs
from prescient_dagster.store.past import sweeps
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.usecases.sweeps.sweep import candidates, swept
from tests.assets.conftest import Platform
from tests.processes import wait_for
from tests.usecases.sweeps.test_sweep import CASH, WIDE, captures_of, rows

GRID = {"max_positions": [2, 20], "trade_frequency": ["high", "low"]}


@pytest.fixture
def past(tmp_path: Path) -> Path:
    return captures_of(tmp_path, list(rows()))


def ran(platform: Platform, past: Path, **given: Any) -> tuple[dg.ExecuteInProcessResult, dict[str, Any]]:
    config = {"strategy": "mean_reversion", "config": WIDE, "grid": GRID, "captures": str(past), **given}
    job = defs.resolve_job_def("sweep")
    result = job.execute_in_process(run_config=config, instance=platform.instance, raise_on_error=False)
    outputs = [event.step_output_data for event in result.all_events if event.is_successful_output]
    told = {name: value.value for name, value in outputs[0].metadata.items()} if outputs else {}
    return result, told


def test_two_parts_come_to_what_the_command_comes_to(platform: Platform, past: Path) -> None:
    result, told = ran(platform, past)
    found = candidates("mean_reversion", WIDE, GRID)
    alone, _ = swept(FolderCaptures(past), "mean_reversion", found, CASH, share=0.6)
    assert result.success
    assert (told["tried"], told["digest"], told["chance"], told["ran"]) == (
        4,
        alone.digest,
        alone.chance,
        "in one process",
    )
    assert len(told["configs"].records) == 4
    logs = platform.instance.all_logs(result.run_id)
    assert any("100 % of 48 captures" in (log.user_message or "") for log in logs)


def test_windows_are_kept_under_a_number(platform: Platform, past: Path) -> None:
    _, told = ran(platform, past, windows=3, workers=2)
    kept = sweeps.get(platform.database, told["sweep_id"])
    assert kept.result["digest"] == told["digest"]
    assert told["ran"] == "on 2 processes of this machine"
    assert told["page"] == "reports/sweep:1"
    assert [record.data["window"] for record in told["turns"].records] == [1, 2][: len(kept.result["turns"])]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"grid": {"max_position": [1]}}, "max_position"),
        ({"workers": 0}, "--workers takes 1 to 256"),
        ({"windows": 99}, "a walk-forward has 2 to 50 windows, got 99"),
        ({"dask": "tcp://127.0.0.1:9"}, "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    platform: Platform, past: Path, given: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prescient_dagster.usecases.sweeps.crews.DASK_SECONDS", 1)
    result, _ = ran(platform, past, **given)
    assert not result.success
    assert why in str(result.failure_data_for_node("try_configs").user_failure_data.description)  # type: ignore[union-attr]


def test_workers_end_where_the_run_is_terminated(platform: Platform, past: Path) -> None:
    """Dagster interrupts the process of a run that is terminated."""

    def terminate() -> None:
        wait_for("the workers", lambda: len(multiprocessing.active_children()) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=terminate)
    watcher.start()
    result, _ = ran(platform, past, workers=2, grid={"max_positions": list(range(1, 40))})
    watcher.join()
    assert not result.success
    assert multiprocessing.active_children() == []
