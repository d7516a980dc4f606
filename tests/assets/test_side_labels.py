"""Every table of the UI that tells a side tells its label: of cycles, settlements and replays."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.filled_forms import fill_in
from tests.derby import PLAYED, record


def tables(platform: Platform) -> list[dict[str, Any]]:
    """The rows of all tables of all materializations, with the names of their tables."""
    return [
        {"table": name, **row.data}
        for run in platform.instance.get_runs()
        for entry in platform.instance.all_logs(run.run_id)
        if (event := entry.dagster_event) is not None and event.is_step_materialization
        for name, value in event.step_materialization_data.materialization.metadata.items()
        if isinstance(value, dg.TableMetadataValue)
        for row in value.records
    ]


def capture(platform: Platform) -> None:
    job = defs.resolve_job_def("market_data")
    assert job.execute_in_process(instance=platform.instance, raise_on_error=False).success


def test_each_row_that_tells_a_side_tells_its_label(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recorded"
    record(folder, {}, PLAYED)
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    capture(platform)
    platform.portfolio("bold", market_max_conviction=0.8)
    platform.portfolio("shy", "mean_reversion")
    assert platform.run(["bold"]).success
    assert platform.run(["shy"], "mean_reversion").success
    capture(platform)
    found = [row for row in tables(platform) if {"side", "action"} & row.keys()]
    assert {row["table"] for row in found} == {"signals", "fills", "held", "entries"}
    sides = {row.get("side") or row.get("action") for row in found}
    assert sides == {
        *("yes (Ravensport)", "no (Milltown Rovers)"),
        *("buy_yes (Ravensport)", "buy_no (Milltown Rovers)"),
    }
    assert all("side_label" not in row for row in found)
    form = {"strategy": "momentum", "captures": str(folder), "config": {"market_max_conviction": 0.8}}
    played = fill_in(platform, "replay", form)
    assert {row.data["side"] for row in played.told["trades"].records} == {"yes (Ravensport)"}
