"""Captures from the command line, and what is in them."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from tests.cli.commands import Prescient

SHOWN = ("capture_id", "captured_at", "venue", "events", "markets", "tradable_markets", "rejected_records")


def test_a_capture_of_the_simulated_venue_is_told_in_numbers(prescient: Prescient) -> None:
    shown = prescient("capture", "--json").json
    assert tuple(shown)[:7] == SHOWN
    assert (shown["venue"], shown["status"], shown["rejected_records"]) == ("simulated", "ready", 0)
    assert shown["events"] == len(prescient("events", "--json").json)
    assert shown["markets"] == len(prescient("markets", "--json").json)


def test_the_run_of_a_capture_shows_in_the_ui(prescient: Prescient) -> None:
    prescient("capture")
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        assert (run.job_name, run.status) == ("market_data", dg.DagsterRunStatus.SUCCESS)
        assert instance.get_latest_materialization_event(dg.AssetKey("markets")) is not None


def test_the_recordings_come_one_after_another_to_their_end(on_recordings: Prescient) -> None:
    taken = [on_recordings("capture", "--json").json for _ in range(3)]
    assert [(each["events"], each["markets"]) for each in taken] == [(100, 343)] * 3
    assert [each["captured_at"][:16] for each in taken] == ["2025-06-11T02:28", "2025-06-13T20:30", "2025-06-16T00:12"]
    end = on_recordings("capture")
    assert (end.code, end.out) == (0, "the recording is at its end: no capture was made\n")
    assert on_recordings("capture", "--json").json["capture_id"] is None
    assert on_recordings("status", "--json").json["market_data"]["capture_id"] == taken[-1]["capture_id"]


def test_the_log_of_a_run_is_shown_on_request_beside_the_document(prescient: Prescient) -> None:
    done = prescient("capture", "--verbose", "--json")
    assert done.json["capture_id"] == 1
    assert "RUN_SUCCESS" in done.err


def test_a_venue_that_is_not_there_fails_in_one_line(
    prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{tmp_path / 'nowhere'}")
    assert "nowhere" in prescient("capture").complaint


def test_a_home_of_another_venue_is_refused(prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    prescient("capture")
    monkeypatch.setenv("PRESCIENT_VENUE", "polymarket")
    assert "belongs to the venue simulated" in prescient("capture").complaint


def test_without_a_capture_there_is_a_hint(prescient: Prescient) -> None:
    assert "prescient capture" in prescient("markets").complaint


def test_a_capture_that_does_not_exist_is_not_found(prescient: Prescient) -> None:
    assert prescient("events", "--capture", "99").complaint == "error: there is no capture 99"


def test_markets_are_found_by_text_in_any_case(on_recordings: Prescient) -> None:
    on_recordings("capture")
    found = on_recordings("markets", "--search", "fed RATE", "--json").json
    assert found
    assert all("fed rate" in (row["question"] + row["event_title"]).lower() for row in found)
    assert on_recordings("markets", "--search", "(", "--json").code == 0


def test_a_missing_price_is_null_and_a_time_is_utc(on_recordings: Prescient) -> None:
    on_recordings("capture")
    rows = on_recordings("markets", "--json").json
    assert any(row["best_bid"] is None for row in rows)
    assert {row["event_end_date"][-1] for row in rows if row["event_end_date"]} == {"Z"}


def test_a_long_table_says_what_it_leaves_out(on_recordings: Prescient) -> None:
    on_recordings("capture")
    done = on_recordings("markets", "--rows", "3")
    assert "3 of 343 markets are shown" in done.err


def test_candidates_and_funnel_account_for_every_market(on_recordings: Prescient) -> None:
    on_recordings("capture")
    on_recordings("portfolio", "create", "bold", "--strategy", "momentum", "--balance", "10000")
    shown = on_recordings("candidates", "bold", "--json").json
    assert [row["market_id"] for row in shown["candidates"]] == ["507884"]
    removed = sum(step["removed"] for step in shown["funnel"])
    assert removed + len(shown["candidates"]) == shown["markets"] == 343
    assert {"filter": "market_min_conviction", "bound": 0.5} in [
        {name: step[name] for name in ("filter", "bound")} for step in shown["funnel"]
    ]


RUN_THAT_TALKS = """
import os
from prescient_dagster.cli.runs import _stdout_kept_clean

with _stdout_kept_clean():
    print("a strategy talks")
    os.system("echo and so does a child")
print("{}")
"""


def test_what_a_run_prints_is_kept_out_of_the_document() -> None:
    done = subprocess.run([sys.executable, "-c", RUN_THAT_TALKS], capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n"
    assert sorted(done.stderr.splitlines()) == ["a strategy talks", "and so does a child"]
