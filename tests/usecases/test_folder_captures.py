"""Folders as a source of captures: in the order of time, and nothing left out without a word."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from prescient_dagster.domain.books.settlement import Ending
from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.market.markets import EVENT_COLUMNS, MARKET_COLUMNS, Listing
from prescient_dagster.domain.past import replay
from prescient_dagster.store.market.capture_files import encoded
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.venue.recorded import EVENTS, MARKETS, TIME_FORMAT
from tests.assets.worlds import START, a_listing, favourites
from tests.store.old_captures import as_before, of_version_1

HOURS = range(5)


def write(folder: Path, listing: Listing) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = listing.captured_at.strftime(TIME_FORMAT)
    (folder / f"{name}{EVENTS}").write_bytes(encoded(listing.events, EVENT_COLUMNS))
    (folder / f"{name}{MARKETS}").write_bytes(encoded(listing.markets, MARKET_COLUMNS))


def at(*hours: float) -> list[datetime]:
    return [START + timedelta(hours=each) for each in hours]


def seen(source: FolderCaptures) -> list[datetime]:
    return [moment.at for moment in source.moments()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five captures, an hour apart, in folders whose names are no order."""
    for hours, name in zip(HOURS, ("z", "b", "", "a/deep", "c"), strict=True):
        write(tmp_path / name, a_listing(*favourites(2), hours=hours))
    return tmp_path


def test_captures_come_in_the_order_of_time_wherever_they_lie(folder: Path) -> None:
    source = FolderCaptures(folder)
    moments = list(source.moments())
    assert [moment.at for moment in moments] == at(*HOURS)
    assert [moment.previous for moment in moments] == [None, *at(*HOURS)[:-1]]
    assert all(moment.ready for moment in moments)
    assert (len(source), source.told.read, source.told.notes()) == (5, 5, [])


def test_bounds_are_inclusive_and_the_capture_before_is_remembered(folder: Path) -> None:
    since, until = at(1, 3)
    source = FolderCaptures(folder, since, until)
    moments = list(source.moments())
    assert [moment.at for moment in moments] == at(1, 2, 3)
    assert moments[0].previous == START


def test_a_capture_that_lost_a_file_or_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "z" / f"{START.strftime(TIME_FORMAT)}{EVENTS}").unlink()
    (folder / "b" / f"{at(1)[0].strftime(TIME_FORMAT)}{MARKETS}").unlink()
    (folder / "c" / f"{at(4)[0].strftime(TIME_FORMAT)}{MARKETS}").write_bytes(b"nothing")
    source = FolderCaptures(folder)
    assert seen(source) == at(2, 3)
    assert [gap.captured_at for gap in source.told.missing] == at(0, 1, 4)
    lost, unreadable = source.told.notes()
    assert lost == "2 captures were missing, the first of 2026-03-01 12:00:00: one of its two files is gone"
    assert "cannot be read" in unreadable


def test_captures_of_older_schemas_are_played_and_those_of_later_ones_told(folder: Path) -> None:
    listing = a_listing(*favourites(2))
    (folder / "z" / f"{START.strftime(TIME_FORMAT)}{MARKETS}").write_bytes(of_version_1(listing.markets))
    for name, hours, written in (("b", 1, EVENTS), ("c", 4, MARKETS)):
        path = folder / name / f"{at(hours)[0].strftime(TIME_FORMAT)}{written}"
        pd.read_parquet(path).assign(colour="grey").to_parquet(path)
    source = FolderCaptures(folder)
    captures = [moment.capture for moment in source.moments()]
    assert [capture.captured_at for capture in captures] == at(0, 2, 3)
    assert captures[0].markets.equals(as_before(listing.markets))
    assert all("colour may be of a later Prescient" in note for note in source.told.notes())


def test_of_two_recordings_of_a_moment_one_counts_and_it_is_told(folder: Path) -> None:
    write(folder / "again", a_listing(*favourites(2), hours=3))
    write(folder / "broken", a_listing(*favourites(2), hours=0))
    (folder / "broken" / f"{START.strftime(TIME_FORMAT)}{MARKETS}").write_bytes(b"nothing")
    source = FolderCaptures(folder)
    assert seen(source) == at(*HOURS)
    assert [gap.captured_at for gap in source.told.duplicated] == at(3)
    assert source.told.notes() == [
        "1 capture was left out, the first of 2026-03-01 15:00:00: there is another recording of the same moment"
    ]


def test_a_name_that_tells_no_time_is_told(folder: Path) -> None:
    (folder / "import.txt").write_text("a note")
    (folder / "copy of something.json").write_text("[]")
    source = FolderCaptures(folder)
    assert seen(source) == at(*HOURS)
    assert source.told.notes() == ["1 file was left out for a name that tells no time: copy of something.json"]


def test_what_a_live_capture_would_be_refused_for_is_not_traded(tmp_path: Path) -> None:
    for hours, markets in ((0, favourites(5)), (1, favourites(2)), (2, favourites(2))):
        write(tmp_path, a_listing(*markets, hours=hours))
    write(tmp_path, a_listing(*favourites(2, best_bid=0.9), hours=3))
    assert [moment.ready for moment in FolderCaptures(tmp_path).moments()] == [True, False, True, False]


def test_closed_events_are_not_listed_and_tell_how_their_markets_ended(tmp_path: Path) -> None:
    ended = {"closed": True, "tradable": False, "resolution_status": "resolved"}
    write(tmp_path, a_listing(*favourites(2)))
    write(tmp_path, two_events(hours=1, first=[{**ended, "yes_price": 1.0, "no_price": 0.0}]))
    open_one, after = FolderCaptures(tmp_path).moments()
    assert after.capture.texts["market_id"] == ["900"]
    assert after.news == {"500"}
    verdict = replay.known_at(after).verdict("500")
    assert verdict is not None
    assert verdict.ending is Ending.YES
    assert open_one.capture.captured_at == START


def two_events(hours: float, first: Sequence[dict[str, object]]) -> Listing:
    """A closed event with these markets, and an open one."""
    closed = a_listing(*first, hours=hours)
    other = a_listing(*favourites(1, market_id="900", event_id="20"), hours=hours)
    events = pd.concat([closed.events.assign(closed=True), other.events.assign(event_id="20")], ignore_index=True)
    events["event_id"] = events["event_id"].astype("str")
    markets = pd.concat([closed.markets, other.markets], ignore_index=True)
    return Listing("recorded", closed.captured_at, events, markets)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no recordings"):
        FolderCaptures(tmp_path)
    with pytest.raises(InvalidInput, match="holds no recordings"):
        FolderCaptures(tmp_path / "nowhere")


def test_recordings_of_the_venue_are_read_with_the_events_that_were_open(shared_data: Path) -> None:
    source = FolderCaptures(shared_data / "events", until=datetime(2025, 6, 14, tzinfo=UTC))
    assert [len(moment.capture.markets) for moment in source.moments()] == [343, 343]
