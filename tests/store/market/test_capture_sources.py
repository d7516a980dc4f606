"""The captures of the database as a replay meets them: in order, verified, and with what was known at each."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, text

from prescient_dagster.domain.books.settlement import Ending
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import WRONG_CLOCK, StoredCaptures
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.store.tables import resolutions
from tests.store.listings import NOON, a_listing, some_markets
from tests.store.old_captures import as_before, of_version_1, replace_markets, written

EVERYWHERE = True


def save(database: Database, folder: Path, hours: float, status: str = "ready") -> CaptureRecord:
    record = captures.save(database, folder, a_listing(NOON + timedelta(hours=hours)))
    if status == "ready":
        captures.mark_ready(database, record.capture_id)
    elif status == "refused":
        captures.mark_refused(database, record.capture_id, "half is missing")
    return record


def resolve(database: Database, record: CaptureRecord, market_id: str, ending: str) -> None:
    row = {"market_id": market_id, "capture_id": record.capture_id, "ending": ending, "reason": ""}
    times = {"timestamp": record.captured_at, "confirmed_at": record.captured_at}
    with database.begin() as connection:
        connection.execute(insert(resolutions).values(row | times | {"resolution_status": ""}))


def test_captures_come_in_the_order_of_their_numbers_and_refused_ones_only_settle(
    database: Database, captures_folder: Path
) -> None:
    for hours, status in ((0, "ready"), (1, "refused"), (2, "stored"), (3, "ready"), (1.5, "refused"), (4, "ready")):
        save(database, captures_folder, hours, status)
    source = StoredCaptures(database, captures_folder)
    moments = list(source.moments())
    assert [(gap.capture_id, gap.reason) for gap in source.told.duplicated] == [(5, WRONG_CLOCK)]
    assert [(moment.at - NOON) / timedelta(hours=1) for moment in moments] == [0, 1, 3, 4]
    assert [moment.ready for moment in moments] == [True, False, True, True]
    assert [moment.previous for moment in moments] == [None, NOON, NOON, NOON + timedelta(hours=3)]


def test_the_capture_that_could_be_traded_before_the_first_is_known(database: Database, captures_folder: Path) -> None:
    for hours in (0, 1, 2):
        save(database, captures_folder, hours)
    since, until = NOON + timedelta(hours=1), NOON + timedelta(hours=1)
    (only,) = StoredCaptures(database, captures_folder, since, until).moments()
    assert (only.at, only.previous) == (since, NOON)


def test_a_resolution_is_known_from_its_capture_on_and_is_news_once(database: Database, captures_folder: Path) -> None:
    records = [save(database, captures_folder, hours) for hours in (0, 1, 2, 3)]
    resolve(database, records[1], "100", "yes")
    resolve(database, records[3], "100", "no")
    seen = []
    for moment in StoredCaptures(database, captures_folder).moments():
        told = moment.told.get("100")
        seen.append((None if told is None else told.verdict.ending, "100" in moment.news))
    assert seen == [(None, False), (Ending.YES, True), (Ending.YES, False), (Ending.NO, True)]


def test_what_was_told_on_a_capture_that_is_not_there_is_news_on_the_next(
    database: Database, captures_folder: Path
) -> None:
    records = [save(database, captures_folder, hours) for hours in (0, 1, 2)]
    resolve(database, records[1], "100", "yes")
    (captures_folder / f"{records[1].path}.markets.parquet").unlink()
    assert ["100" in moment.news for moment in StoredCaptures(database, captures_folder).moments()] == [False, True]


def test_why_a_capture_is_missing_is_told_and_the_same_reason_is_counted(
    database: Database, captures_folder: Path
) -> None:
    records = [save(database, captures_folder, hours) for hours in range(5)]
    files = [captures_folder / f"{record.path}.markets.parquet" for record in records]
    files[0].unlink()
    files[2].unlink()
    files[3].write_bytes(files[3].read_bytes()[:-1] + b"?")
    with database.begin() as connection:
        pruned = f"UPDATE prescient.captures SET pruned_at = now() WHERE capture_id = {records[4].capture_id}"
        connection.execute(text(pruned))
    source = StoredCaptures(database, captures_folder)
    assert [moment.capture.capture_id for moment in source.moments()] == [records[1].capture_id]
    assert (len(source), source.told.read, len(source.told.missing)) == (5, 1, 4)
    assert source.told.notes() == [
        f"2 captures were missing, the first of 2026-03-01 12:00:00, {records[0].capture_id}: its file is gone",
        f"1 capture was missing, the first of 2026-03-01 15:00:00, {records[3].capture_id}: its file is damaged",
        f"1 capture was missing, the first of 2026-03-01 16:00:00, {records[4].capture_id}: its files were pruned",
    ]


def test_captures_of_older_schemas_are_played_and_those_of_later_ones_told(
    database: Database, captures_folder: Path
) -> None:
    records = [save(database, captures_folder, hours) for hours in range(3)]
    replace_markets(database, captures_folder, records[0], of_version_1(some_markets()))
    replace_markets(database, captures_folder, records[2], written(some_markets().assign(colour="grey")))
    source = StoredCaptures(database, captures_folder)
    old, new = (moment.capture for moment in source.moments())
    assert (old.markets.equals(as_before(some_markets())), new.markets.equals(some_markets())) == (True, True)
    assert source.told.notes() == [
        f"1 capture was missing, the first of 2026-03-01 14:00:00, {records[2].capture_id}: "
        "its columns are those of another version of Prescient"
    ]
