"""Captures as Dagster takes them: all or nothing, stored, then ready or refused."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster.assets.market_data import judged
from prescient_dagster.definitions import defs
from prescient_dagster.store.market import captures, rejections
from prescient_dagster.store.market.captures import CaptureStatus
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites
from tests.venue.gamma import serving

EVERYWHERE = True
FIRST = "2025-06-11T02-28-00Z.json"


def take(platform: Platform) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("market_data").execute_in_process(instance=platform.instance, raise_on_error=False)


def use_recording(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")


def test_three_recordings_become_three_captures_and_then_there_are_no_more(
    platform: Platform, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_recording(monkeypatch, shared_data / "events")

    for _ in range(4):
        assert take(platform).success

    taken = captures.list_recent(platform.database)
    assert [(record.status, record.events, record.markets) for record in taken] == [(CaptureStatus.READY, 100, 343)] * 3
    assert [record.captured_at.isoformat() for record in reversed(taken)] == [
        "2025-06-11T02:28:00+00:00",
        "2025-06-13T20:30:00+00:00",
        "2025-06-16T00:12:00+00:00",
    ]


def test_a_recording_that_cannot_be_read_makes_no_capture(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FIRST).write_text('[{"id": "1", ')
    use_recording(monkeypatch, tmp_path)

    result = take(platform)

    assert not result.success
    assert captures.newest(platform.database) is None
    assert not list(platform.captures_folder.rglob("*.parquet"))


def kept(platform: Platform) -> set[str]:
    return {str(path) for path in platform.captures_folder.rglob("*") if path.is_file()}


def use_server(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name, value in (("VENUE", "polymarket"), ("GAMMA_URL", address), ("CLOB_URL", address)):
        monkeypatch.setenv(f"PRESCIENT_{name}", value)


def capture_files(platform: Platform) -> tuple[bytes, ...]:
    """The two files of the newest capture."""
    record = captures.newest(platform.database)
    assert record is not None
    paths = (platform.captures_folder / f"{record.path}.{noun}.parquet" for noun in ("events", "markets"))
    return tuple(path.read_bytes() for path in paths)


def test_a_venue_that_throttles_and_fails_gives_the_same_two_files(
    platform: Platform, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(shared_data, [shared_data / "events" / FIRST]) as address:
        use_server(monkeypatch, address)
        assert take(platform).success
    smooth = capture_files(platform)

    faults = ("--max-page", "5", "--throttle-every", "7", "--fail-every", "11")
    with serving(shared_data, [shared_data / "events" / FIRST], *faults) as address:
        use_server(monkeypatch, address)
        assert take(platform).success

    assert len(captures.list_recent(platform.database)) == 2
    assert capture_files(platform) == smooth


@pytest.mark.parametrize("how", ["html", "loop"])
def test_a_crawl_that_breaks_off_leaves_the_capture_before_as_the_newest(
    platform: Platform, shared_data: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    with serving(shared_data, [shared_data / "events" / FIRST]) as address:
        use_server(monkeypatch, address)
        assert take(platform).success
    files, before = kept(platform), captures.newest(platform.database)

    with serving(shared_data, [shared_data / "events" / FIRST], "--max-page", "20", "--break-at", "3", how) as address:
        use_server(monkeypatch, address)
        result = take(platform)

    assert not result.success
    assert captures.newest(platform.database) == before
    assert kept(platform) == files


def test_records_that_cannot_be_parsed_are_counted_and_listed(
    platform: Platform, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: Sequence[dict[str, Any]] = json.loads((shared_data / "events" / FIRST).read_text())
    events[0]["markets"][0]["bestAsk"] = "cheap"
    (tmp_path / FIRST).write_text(json.dumps(events))
    use_recording(monkeypatch, tmp_path)

    assert take(platform).success

    record = captures.newest(platform.database)
    assert record is not None
    assert (record.markets, record.rejected_records) == (342, 1)
    left_out = rejections.of_capture(platform.database, record.capture_id)
    assert left_out[0].record_id == events[0]["markets"][0]["id"]
    assert "bestAsk" in left_out[0].reason


def test_a_capture_with_less_than_half_of_the_markets_before_is_refused_once(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(10)))
    folder = platform.captures_folder

    thin = judged(
        platform.database, folder, captures.save(platform.database, folder, a_listing(*favourites(4), hours=1))
    )
    again = judged(
        platform.database, folder, captures.save(platform.database, folder, a_listing(*favourites(4), hours=2))
    )

    assert thin.status is CaptureStatus.REFUSED
    assert thin.status_reason is not None
    assert "4 markets, the capture before 10" in thin.status_reason
    assert again.status is CaptureStatus.READY


def test_a_refused_capture_is_not_traded(platform: Platform) -> None:
    platform.portfolio("one")
    platform.capture(a_listing(*favourites(10), hours=0))
    refused = judged(
        platform.database,
        platform.captures_folder,
        captures.save(platform.database, platform.captures_folder, a_listing(*favourites(2), hours=1)),
    )

    ran = platform.run(["one"])
    by_hand = platform.run(["one"], config={"capture_id": refused.capture_id})

    assert ran.materialized["trades"]["one"]["capture_id"] != refused.capture_id
    assert "may not be traded, it is refused" in by_hand.failure


def test_lost_files_are_told_and_nothing_trades(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    for file in platform.captures_folder.rglob("*.parquet"):
        file.unlink()

    assert "cannot be read" in platform.run(["one"]).failure
