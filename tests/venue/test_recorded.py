"""A folder of recordings is a venue whose clock stands in the files' names."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from prescient_dagster.domain.errors import InvalidInput, PrescientError, VenueAnswerInvalid, VenueError
from prescient_dagster.venue.recorded import TIME_FORMAT, RecordedVenue
from tests.store.old_captures import as_before, of_version_1
from tests.venue.gamma import NOON, Record, a_market, an_event, listed

LATER = NOON + timedelta(hours=1)


def record(folder: Path, at: datetime, *events: Record) -> Path:
    path = folder / f"{at.strftime(TIME_FORMAT)}.json"
    path.write_text(json.dumps(events))
    return path


def store(folder: Path, at: datetime, *events: Record) -> None:
    listing = listed(*events)
    listing.events.to_parquet(folder / f"{at.strftime(TIME_FORMAT)}.events.parquet")
    listing.markets.to_parquet(folder / f"{at.strftime(TIME_FORMAT)}.markets.parquet")


def test_recordings_come_in_the_order_of_time_and_end(tmp_path: Path) -> None:
    record(tmp_path, LATER, an_event("later"))
    record(tmp_path, NOON, an_event("noon"))
    (tmp_path / "README.md").write_text("not a recording")
    venue = RecordedVenue(tmp_path)
    first = venue.next_listing(None)
    assert first is not None
    assert (first.venue, first.captured_at, first.events["event_id"].tolist()) == ("recorded", NOON, ["noon"])
    second = venue.next_listing(first.captured_at)
    assert second is not None
    assert (second.captured_at, second.events["event_id"].tolist()) == (LATER, ["later"])
    assert venue.next_listing(LATER) is None


def test_what_comes_next_follows_from_the_time_alone(tmp_path: Path) -> None:
    record(tmp_path, NOON, an_event("noon"))
    record(tmp_path, LATER, an_event("later"))
    listing = RecordedVenue(tmp_path).next_listing(NOON + timedelta(seconds=1))
    assert listing is not None
    assert listing.captured_at == LATER


def test_a_recording_may_be_an_answer_instead_of_an_array(tmp_path: Path) -> None:
    path = record(tmp_path, NOON)
    path.write_text("\ufeff" + json.dumps({"events": [an_event("e1")]}))
    listing = RecordedVenue(tmp_path).next_listing(None)
    assert listing is not None
    assert listing.events["event_id"].tolist() == ["e1"]


def closed_and_open() -> list[Record]:
    return [
        an_event("over", a_market("1", closed=True), a_market("2"), closed=True),
        an_event("open", a_market("3", closed=True), a_market("4")),
    ]


@pytest.mark.parametrize("written", [record, store])
def test_closed_events_are_not_listed_but_their_markets_are_found(tmp_path: Path, written: object) -> None:
    assert callable(written)
    written(tmp_path, NOON, *closed_and_open())
    venue = RecordedVenue(tmp_path)
    listing = venue.next_listing(None)
    assert listing is not None
    assert listing.events["event_id"].tolist() == ["open"]
    assert listing.markets["market_id"].tolist() == ["3", "4"]
    found = venue.find_markets(["4", "1", "unknown"], NOON)
    assert found.markets["market_id"].tolist() == ["1", "4"]
    assert found.events["event_id"].tolist() == ["open", "over"]


def test_a_stored_capture_is_the_same_as_the_recording_it_came_from(tmp_path: Path) -> None:
    record(tmp_path, NOON, *closed_and_open())
    store(tmp_path, LATER, *closed_and_open())
    recording, capture = RecordedVenue(tmp_path).next_listing(None), RecordedVenue(tmp_path).next_listing(NOON)
    assert recording is not None
    assert capture is not None
    pd.testing.assert_frame_equal(recording.events, capture.events)
    pd.testing.assert_frame_equal(recording.markets, capture.markets)


def test_rejections_travel_with_the_listing_and_with_the_markets_asked_for(tmp_path: Path) -> None:
    markets = [a_market(str(number)) for number in range(100)]
    record(tmp_path, NOON, an_event("e1", *markets, a_market("broken", bestBid=-1)))
    venue = RecordedVenue(tmp_path)
    listing = venue.next_listing(None)
    assert listing is not None
    assert [rejection.record_id for rejection in listing.rejections] == ["broken"]
    assert [rejection.record_id for rejection in venue.find_markets(["5", "broken"], NOON).rejections] == ["broken"]
    assert venue.find_markets(["5"], NOON).rejections == ()


def test_there_are_no_order_books(tmp_path: Path) -> None:
    assert RecordedVenue(tmp_path).order_books(["1"], NOON) == {}


def test_the_three_recordings_are_walked_through(shared_data: Path) -> None:
    venue, after, times = RecordedVenue(shared_data / "events"), None, []
    while listing := venue.next_listing(after):
        assert (len(listing.events), len(listing.markets)) == (100, 343)
        after = listing.captured_at
        times.append(after)
    assert times == [
        datetime(2025, 6, 11, 2, 28, tzinfo=UTC),
        datetime(2025, 6, 13, 20, 30, tzinfo=UTC),
        datetime(2025, 6, 16, 0, 12, tzinfo=UTC),
    ]


def fails(folder: Path, error: type[PrescientError], line: str) -> None:
    with pytest.raises(error, match=line) as raised:
        RecordedVenue(folder).next_listing(None)
    assert len(str(raised.value).splitlines()) == 1


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    fails(tmp_path / "nowhere", InvalidInput, "nowhere cannot be read: No such file or directory")


def test_a_file_instead_of_a_folder_is_one_line(tmp_path: Path) -> None:
    fails(record(tmp_path, NOON), InvalidInput, "cannot be read: Not a directory")


def test_a_folder_without_recordings_is_one_line(tmp_path: Path) -> None:
    fails(tmp_path, InvalidInput, "holds no recordings: expected files like")


@pytest.mark.parametrize("name", ["yesterday.json", "2026-13-01T00-00-00Z.json", "2026-03-01.json", ".json"])
def test_a_name_that_tells_no_time_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("[]")
    fails(tmp_path, InvalidInput, "the name tells no time")


def test_two_recordings_of_one_time_are_one_line(tmp_path: Path) -> None:
    record(tmp_path, NOON, an_event())
    store(tmp_path, NOON, an_event())
    fails(tmp_path, InvalidInput, "recordings of the same time; keep one")


def test_broken_json_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    record(tmp_path, NOON).write_text('[{"id": "1", "mark')
    fails(tmp_path, VenueAnswerInvalid, r"2026-03-01T12-00-00Z\.json: not JSON: ")


@pytest.mark.parametrize("missing", ["events", "markets"])
def test_half_a_capture_is_one_line(tmp_path: Path, missing: str) -> None:
    store(tmp_path, NOON, an_event())
    (tmp_path / f"2026-03-01T12-00-00Z.{missing}.parquet").unlink()
    fails(tmp_path, PrescientError, f"2026-03-01T12-00-00Z.{missing}.parquet")


def test_a_damaged_capture_is_one_line(tmp_path: Path) -> None:
    store(tmp_path, NOON, an_event())
    (tmp_path / "2026-03-01T12-00-00Z.markets.parquet").write_bytes(b"PAR1 no more")
    fails(tmp_path, VenueAnswerInvalid, "cannot be read")


def test_a_capture_with_other_columns_is_one_line(tmp_path: Path) -> None:
    store(tmp_path, NOON, an_event())
    path = tmp_path / "2026-03-01T12-00-00Z.markets.parquet"
    pd.read_parquet(path).drop(columns="tradable").to_parquet(path)
    fails(tmp_path, VenueAnswerInvalid, "columns differ")


def test_a_capture_of_an_older_schema_is_listed_with_the_columns_of_today(tmp_path: Path) -> None:
    store(tmp_path, NOON, an_event())
    listing = listed(an_event())
    (tmp_path / "2026-03-01T12-00-00Z.markets.parquet").write_bytes(of_version_1(listing.markets))
    found = RecordedVenue(tmp_path).next_listing(None)
    assert found is not None
    pd.testing.assert_frame_equal(found.markets, as_before(listing.markets))


@pytest.mark.parametrize("table", ["events", "markets"])
def test_a_capture_of_a_later_schema_is_one_line(tmp_path: Path, table: str) -> None:
    store(tmp_path, NOON, an_event())
    path = tmp_path / f"2026-03-01T12-00-00Z.{table}.parquet"
    pd.read_parquet(path).assign(colour="grey").to_parquet(path)
    fails(tmp_path, VenueAnswerInvalid, "columns differ: colour may be of a later Prescient: upgrade it")


def test_a_recording_that_lists_nothing_open_is_an_error(tmp_path: Path) -> None:
    record(tmp_path, NOON, an_event(closed=True))
    fails(tmp_path, VenueError, "lists no events")


def test_a_time_that_was_not_recorded_is_one_line(tmp_path: Path) -> None:
    record(tmp_path, NOON, an_event())
    with pytest.raises(InvalidInput, match=r"has no recording of 2026-03-01T13-00-00Z"):
        RecordedVenue(tmp_path).find_markets(["1"], LATER)
