"""Captures are stored whole or not at all, come back exactly as they were, and never change."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from prescient_dagster.domain.errors import Conflict, NotFound, StoreError, VenueAnswerInvalid
from prescient_dagster.domain.market.markets import MARKET_COLUMNS, Rejection, check_events, check_markets
from prescient_dagster.store import world
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, rejections
from prescient_dagster.store.market.captures import CaptureStatus
from tests.store.listings import NOON, a_listing, some_markets
from tests.store.old_captures import as_before, of_version_1, replace_markets, written

EVERYWHERE = True

LATER = NOON + timedelta(minutes=5)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_capture_comes_back_exactly_as_it_was_listed(database: Database, captures_folder: Path) -> None:
    listing = a_listing()
    record = captures.save(database, captures_folder, listing)
    capture = captures.load(database, captures_folder, record.capture_id)
    check_events(capture.events)
    check_markets(capture.markets)
    pd.testing.assert_frame_equal(capture.events, listing.events)
    pd.testing.assert_frame_equal(capture.markets, listing.markets)
    assert (capture.capture_id, capture.captured_at) == (record.capture_id, NOON)


def test_an_empty_venue_comes_back_with_its_types(database: Database, captures_folder: Path) -> None:
    record = captures.save(database, captures_folder, a_listing(markets=some_markets(0)))
    check_markets(captures.load(database, captures_folder, record.capture_id).markets)


def test_the_record_tells_what_was_stored_and_where(database: Database, captures_folder: Path) -> None:
    record = captures.save(database, captures_folder, a_listing(), run_id="run-1")
    assert (record.venue, record.status, record.captured_at) == ("simulated", CaptureStatus.STORED, NOON)
    assert (record.events, record.markets, record.tradable_markets, record.rejected_records) == (2, 3, 2, 0)
    assert record.path == f"2026/03/01/{record.capture_id}"
    stored = files_of(captures_folder)
    assert list(stored) == [f"{record.capture_id}.events.parquet", f"{record.capture_id}.markets.parquet"]
    assert record.bytes == sum(len(content) for content in stored.values())
    assert captures.of_run(database, "run-1") == record
    assert captures.of_run(database, "run-2") is None


def test_equal_content_gives_equal_bytes(database: Database, captures_folder: Path) -> None:
    whole = some_markets(3000, question=["Will it rain " + "very " * 80 + "much?"] * 3000)  # more than a page
    pieces = pd.concat([whole.iloc[:7], whole.iloc[7:1777], whole.iloc[1777:]], ignore_index=True)
    first = captures.save(database, captures_folder, a_listing(NOON, markets=whole))
    second = captures.save(database, captures_folder, a_listing(LATER, markets=pieces))
    assert first.capture_id != second.capture_id
    assert first.markets_sha256 == second.markets_sha256
    stored = files_of(captures_folder)
    assert stored[f"{first.capture_id}.markets.parquet"] == stored[f"{second.capture_id}.markets.parquet"]


def test_files_hold_the_columns_and_nothing_that_varies(database: Database, captures_folder: Path) -> None:
    record = captures.save(database, captures_folder, a_listing())
    content = (captures_folder / f"{record.path}.markets.parquet").read_bytes()
    schema = pq.read_schema(pa.BufferReader(content))
    assert schema.names == list(MARKET_COLUMNS)
    assert schema.metadata is None


def test_the_same_listing_again_is_the_same_capture(database: Database, captures_folder: Path) -> None:
    first = captures.save(database, captures_folder, a_listing())
    before = files_of(captures_folder)
    assert captures.save(database, captures_folder, a_listing()) == first
    assert files_of(captures_folder) == before


def test_other_content_of_the_same_moment_is_refused(database: Database, captures_folder: Path) -> None:
    captures.save(database, captures_folder, a_listing())
    with pytest.raises(Conflict, match="already holds another listing"):
        captures.save(database, captures_folder, a_listing(markets=some_markets(4)))
    assert len(captures.list_recent(database)) == 1


def test_processes_that_store_one_moment_at_once_get_one_capture(database: Database, captures_folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        saved = list(threads.map(lambda _: captures.save(database, captures_folder, a_listing()), range(8)))
    assert len(set(saved)) == 1
    assert len(files_of(captures_folder)) == 2


def test_a_row_that_cannot_be_written_leaves_no_capture(database: Database, captures_folder: Path) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE prescient.rejected_records ADD CHECK (reason <> 'impossible')"))
    listing = a_listing(rejections=(Rejection("market", "1", "no price"), Rejection("market", "2", "impossible")))
    with pytest.raises(StoreError, match="refuses"):
        captures.save(database, captures_folder, listing)
    assert captures.newest(database) is None
    record = captures.save(database, captures_folder, a_listing())
    assert captures.load(database, captures_folder, record.capture_id).captured_at == NOON


def test_files_that_cannot_be_written_leave_no_capture(database: Database, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be written"):
        captures.save(database, occupied, a_listing())
    assert captures.newest(database) is None


def test_a_malformed_listing_is_not_stored(database: Database, captures_folder: Path) -> None:
    with pytest.raises(VenueAnswerInvalid, match="columns differ"):
        captures.save(database, captures_folder, a_listing(markets=some_markets().drop(columns="spread")))
    assert files_of(captures_folder) == {}


def test_a_damaged_file_is_found(database: Database, captures_folder: Path) -> None:
    record = captures.save(database, captures_folder, a_listing())
    file = captures_folder / f"{record.path}.markets.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"markets\.parquet is damaged"):
        captures.load(database, captures_folder, record.capture_id)


def test_a_capture_of_an_older_schema_is_a_capture_of_today(database: Database, captures_folder: Path) -> None:
    record = captures.save(database, captures_folder, a_listing())
    replace_markets(database, captures_folder, record, of_version_1(some_markets()))
    found = captures.load(database, captures_folder, record.capture_id)
    check_markets(found.markets)
    pd.testing.assert_frame_equal(found.markets, as_before(some_markets()))


@pytest.mark.parametrize(
    ("markets", "why"),
    [
        (some_markets().assign(colour="grey"), "colour may be of a later Prescient: upgrade it"),
        (some_markets().drop(columns="tradable"), "tradable of version 3 missing"),
    ],
)
def test_a_capture_of_no_known_schema_is_refused_in_one_line(
    database: Database, captures_folder: Path, markets: pd.DataFrame, why: str
) -> None:
    record = captures.save(database, captures_folder, a_listing())
    replace_markets(database, captures_folder, record, written(markets))
    with pytest.raises(StoreError, match=rf"markets\.parquet cannot be read: its columns differ: {why}") as refused:
        captures.load(database, captures_folder, record.capture_id)
    assert len(str(refused.value).splitlines()) == 1


def test_a_missing_file_is_named(database: Database, captures_folder: Path) -> None:
    record = captures.save(database, captures_folder, a_listing())
    (captures_folder / f"{record.path}.events.parquet").unlink()
    with pytest.raises(StoreError, match=r"events\.parquet cannot be read: (No such file|it is not there)"):
        captures.load(database, captures_folder, record.capture_id)


def test_rejections_are_kept_in_their_order(database: Database, captures_folder: Path) -> None:
    left_out = (Rejection("market", "9", "no outcomes"), Rejection("event", "8\0", "half a \ud83d surrogate"))
    record = captures.save(database, captures_folder, a_listing(rejections=left_out))
    assert record.rejected_records == 2
    assert rejections.of_capture(database, record.capture_id) == [
        Rejection("market", "9", "no outcomes"),
        Rejection("event", "8\ufffd", "half a \ufffd surrogate"),
    ]


def test_another_venues_capture_is_refused(database: Database, captures_folder: Path) -> None:
    world.claim(database, "polymarket", {})
    with pytest.raises(Conflict, match=r"belongs to the venue polymarket, not simulated.*PRESCIENT_HOME"):
        captures.save(database, captures_folder, a_listing(venue="simulated"))
    assert captures.newest(database) is None


def test_only_a_ready_capture_is_traded(database: Database, captures_folder: Path) -> None:
    with pytest.raises(NotFound, match="prescient capture"):
        captures.load(database, captures_folder)
    old = captures.save(database, captures_folder, a_listing(NOON))
    captures.mark_ready(database, old.capture_id)
    new = captures.save(database, captures_folder, a_listing(LATER))
    assert captures.load(database, captures_folder).capture_id == old.capture_id
    with pytest.raises(Conflict, match="it is stored: its settlements are not booked yet"):
        captures.ready(database, new.capture_id)
    captures.mark_ready(database, new.capture_id)
    assert captures.load(database, captures_folder).capture_id == new.capture_id


def test_a_mark_is_final_and_can_be_repeated(database: Database, captures_folder: Path) -> None:
    first = captures.save(database, captures_folder, a_listing(NOON)).capture_id
    second = captures.save(database, captures_folder, a_listing(LATER)).capture_id
    assert captures.mark_ready(database, first) == captures.mark_ready(database, first)
    assert captures.mark_refused(database, second, "half of it is gone").status_reason == "half of it is gone"
    assert captures.mark_refused(database, second, "another reason").status_reason == "half of it is gone"
    with pytest.raises(Conflict, match="already ready"):
        captures.mark_refused(database, first, "too late")
    with pytest.raises(Conflict, match=r"already refused \(half of it is gone\)"):
        captures.mark_ready(database, second)
    with pytest.raises(Conflict, match="it is refused: half of it is gone"):
        captures.ready(database, second)


def test_captures_are_found_by_the_venues_clock(database: Database, captures_folder: Path) -> None:
    later = captures.save(database, captures_folder, a_listing(LATER))
    earlier = captures.save(database, captures_folder, a_listing(NOON))
    assert captures.newest(database) == later
    assert captures.list_recent(database) == [later, earlier]
    assert captures.list_recent(database, limit=1) == [later]
    earlier = captures.mark_ready(database, earlier.capture_id)
    assert captures.newest_ready(database) == earlier


def test_the_one_before_is_told_by_the_numbers(database: Database, captures_folder: Path) -> None:
    first, second = (captures.save(database, captures_folder, a_listing(at)) for at in (NOON, LATER))
    assert captures.previous(database, second.capture_id) == first
    assert captures.previous(database, first.capture_id) is None
    assert captures.previous_ready(database, second.capture_id) is None
    first = captures.mark_ready(database, first.capture_id)
    assert captures.previous_ready(database, second.capture_id) == first


def test_a_capture_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="no capture 7"):
        captures.find(database, 7)
    with pytest.raises(NotFound, match="no capture 10000000000000000000000"):
        captures.mark_ready(database, 10**22)
