"""Forecasts as Dagster reads them: before the capture, and never in its way."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster.definitions import defs
from prescient_dagster.domain.past.forecast_scores import ScoredForecast
from prescient_dagster.store.market import captures, forecast_outcomes, forecasts
from tests.assets.conftest import Platform
from tests.venue.gamma import a_market, an_event

HEAD = "market_id,probability,made_at\n"
MADE = "2026-02-28T10:00:00Z"


@pytest.fixture
def folder(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where forecasts are dropped; the venue is two recordings of one market."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for day in (1, 2):
        (recordings / f"2026-03-0{day}T12-00-00Z.json").write_text(json.dumps([an_event("e1", a_market("7"))]))
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{recordings}")
    dropped = tmp_path / "dropped"
    dropped.mkdir()
    monkeypatch.setenv("PRESCIENT_FORECASTS", str(dropped))
    return dropped


def take(platform: Platform) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("market_data").execute_in_process(instance=platform.instance, raise_on_error=False)


def check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = (each for each in result.get_asset_check_evaluations() if each.check_name == "forecasts_readable")
    return found


def test_a_folder_is_read_before_the_capture_is_taken(platform: Platform, folder: Path) -> None:
    (folder / "desk.csv").write_text(f"{HEAD}7,0.9,{MADE}\n")

    result = take(platform)

    assert result.success
    assert check(result).passed
    (said,) = forecasts.load(platform.database)
    assert said.read_after is None  # there was no capture yet
    steps = [event.step_key for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_START]
    assert steps.index("forecasts") < steps.index("capture")
    told = result.asset_materializations_for_node("forecasts")[0].metadata
    assert (told["new"].value, told["refused_rows"].value) == (1, 0)


def test_a_bad_row_fails_the_check_with_its_number_and_the_others_count(platform: Platform, folder: Path) -> None:
    (folder / "desk.csv").write_text(f"{HEAD}7,90,{MADE}\n7,0.9,{MADE}\n")

    result = take(platform)

    found = check(result)
    assert (result.success, found.passed, found.severity) == (True, False, dg.AssetCheckSeverity.WARN)
    (row,) = found.metadata["rows"].value.records  # type: ignore[union-attr]
    assert row.data == {"file": "desk.csv", "row": 1, "why": "probability is '90', not a number from 0 to 1"}
    assert len(forecasts.load(platform.database)) == 1


def test_a_folder_that_is_gone_is_told_and_the_capture_is_taken(platform: Platform, folder: Path) -> None:
    folder.rmdir()

    result = take(platform)

    assert result.success
    assert not check(result).passed
    assert captures.newest_ready(platform.database) is not None


def test_where_nothing_is_set_nothing_is_read(
    platform: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRESCIENT_FORECASTS")

    result = take(platform)

    assert (result.success, check(result).passed) == (True, True)
    assert not result.asset_materializations_for_node("forecasts")


def test_what_a_forecast_is_scored_by_is_noted_once_it_counts(platform: Platform, folder: Path) -> None:
    (folder / "desk.csv").write_text(f"{HEAD}7,0.9,{MADE}\n")
    take(platform)
    take(platform)

    (source,) = forecast_outcomes.counts(platform.database)
    assert (source["source"], source["read"], source["waiting"], source["without_market"]) == ("desk", 1, 1, 0)


def recorded(folder: Path, day: int, **fields: Any) -> None:
    """What the venue lists on a day: market 7, and others that stay open."""
    event = an_event("e1", a_market("7", **fields), closed=fields.get("closed", False))
    others = an_event("e2", *(a_market(f"{number}") for number in range(10, 20)))
    (folder.parent / "recordings" / f"2026-03-0{day}T12-00-00Z.json").write_text(json.dumps([event, others]))


ENDED = {"closed": True, "outcomePrices": '["1", "0"]', "umaResolutionStatus": "resolved"}
SCORED = [ScoredForecast("desk", "7", 0.9, 0.62, True)]


def test_how_a_market_ended_that_nobody_holds_is_asked_and_scored(platform: Platform, folder: Path) -> None:
    recorded(folder, 1)
    recorded(folder, 2, **ENDED)
    (folder / "desk.csv").write_text(f"{HEAD}7,0.9,{MADE}\n")
    for _ in range(2):
        assert take(platform).success
    assert forecast_outcomes.scored(platform.database) == []

    assert take(platform).success

    assert forecast_outcomes.scored(platform.database) == SCORED


def test_it_is_asked_also_where_the_forecasts_cannot_be_read_any_more(
    platform: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(folder, 1)
    recorded(folder, 2, **ENDED)
    (folder / "desk.csv").write_text(f"{HEAD}7,0.9,{MADE}\n")
    take(platform)
    (folder / "desk.csv").unlink()
    folder.rmdir()
    assert not check(take(platform)).passed
    monkeypatch.setenv("PRESCIENT_FORECASTS", "http://127.0.0.1:9/forecasts.csv")  # asked by its own schedule

    assert check(take(platform)).passed

    assert forecast_outcomes.scored(platform.database) == SCORED
