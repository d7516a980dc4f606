"""Old captures lose their files where nothing was traded on them; nothing else is ever removed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from prescient_dagster.domain.errors import NotFound, StoreError
from prescient_dagster.domain.market.markets import Rejection
from prescient_dagster.store import retention
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, captures, object_store, order_books, rejections
from prescient_dagster.store.retention import PrunedCaptures
from tests.builders import a_book
from tests.store.histories import Books
from tests.store.listings import NOON, a_listing

EVERYWHERE = True

AGE = timedelta(days=14)
LATER = timedelta(days=30)


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def a_ready_capture(database: Database, folder: Path, hours: float) -> int:
    listing = a_listing(NOON + timedelta(hours=hours), rejections=(Rejection("market", "9", "no price"),))
    record = captures.save(database, folder, listing)
    return captures.mark_ready(database, record.capture_id).capture_id


@pytest.fixture
def three(database: Database, captures_folder: Path) -> list[int]:
    """Three captures that may be traded, stored now."""
    return [a_ready_capture(database, captures_folder, hours) for hours in range(3)]


def in_a_month() -> datetime:
    return datetime.now(UTC) + LATER


def pruned(database: Database, folder: Path, now: datetime | None = None, **how: bool) -> PrunedCaptures:
    return retention.prune(database, folder, AGE, now or in_a_month(), **how)


def left(folder: Path) -> set[int]:
    """The captures with files."""
    return {int(path.name.partition(".")[0]) for path in folder.rglob("*.parquet")}


def test_old_captures_lose_their_files_and_keep_their_rows(
    database: Database, captures_folder: Path, three: list[int]
) -> None:
    before = captures.find(database, three[0])
    now = in_a_month()

    done = pruned(database, captures_folder, now)

    sizes = [captures.find(database, capture_id).bytes for capture_id in three[:2]]
    assert done == PrunedCaptures(captures=2, kept=0, files=4, bytes=sum(sizes))
    assert left(captures_folder) == {three[2]}
    after = captures.find(database, three[0])
    assert after.pruned_at == now
    assert (after.bytes, after.rejected_records) == (before.bytes, 1)
    assert rejections.of_capture(database, three[0]) == []


def test_the_second_pass_finds_nothing_to_do(database: Database, captures_folder: Path, three: list[int]) -> None:
    now = in_a_month()
    pruned(database, captures_folder, now)
    assert pruned(database, captures_folder, now + timedelta(hours=1)) == PrunedCaptures(0, 0, 0, 0)
    assert captures.find(database, three[0]).pruned_at == now


def test_captures_younger_than_the_age_stay(database: Database, captures_folder: Path, three: list[int]) -> None:
    assert pruned(database, captures_folder, datetime.now(UTC) + AGE - timedelta(minutes=1)).captures == 0
    assert left(captures_folder) == set(three)


def test_the_age_is_real_time_whatever_the_venues_clock_says(
    database: Database, captures_folder: Path, three: list[int]
) -> None:
    assert datetime.now(UTC) - AGE > NOON  # by the venue's clock all of them are old
    assert pruned(database, captures_folder, datetime.now(UTC)).captures == 0


def test_a_capture_that_was_traded_on_stays(database: Database, captures_folder: Path, three: list[int]) -> None:
    books = Books(database, captures_folder)
    portfolio_id = books.portfolio()
    books.buy(portfolio_id, hours=0)
    books.settle(portfolio_id, hours=1)
    assert pruned(database, captures_folder) == PrunedCaptures(1, 1, 2, captures.find(database, three[1]).bytes)
    assert left(captures_folder) == {three[0], three[2]}
    assert captures.load(database, captures_folder, three[0]).capture_id == three[0]


def test_the_newest_and_the_newest_ready_capture_stay_however_old(
    database: Database, captures_folder: Path, three: list[int]
) -> None:
    refused = captures.save(database, captures_folder, a_listing(NOON + timedelta(hours=9))).capture_id
    captures.mark_refused(database, refused, "it looks wrong")
    pruned(database, captures_folder)
    assert left(captures_folder) == {three[2], refused}


def test_captures_go_also_where_none_was_ever_ready(database: Database, captures_folder: Path) -> None:
    for hours in range(2):
        captures.save(database, captures_folder, a_listing(NOON + timedelta(hours=hours)))
    assert pruned(database, captures_folder).captures == 1


def test_the_order_books_of_a_pruned_capture_go_with_it(
    database: Database, captures_folder: Path, three: list[int]
) -> None:
    for capture_id in three:
        book = a_book("1-yes", asks="5@.5")
        order_books.load_or_fetch(database, capture_id, ["1-yes"], lambda _tokens, book=book: {"1-yes": book})  # type: ignore[misc]
    pruned(database, captures_folder)
    there = [bool(order_books.load(database, capture_id, ["1-yes"])) for capture_id in three]
    assert there == [False, False, True]


def test_a_pruned_capture_says_so_in_one_line(database: Database, captures_folder: Path, three: list[int]) -> None:
    pruned(database, captures_folder, datetime(2126, 5, 1, tzinfo=UTC))
    told = (
        f"capture {three[0]} of 2026-03-01 12:00 was pruned on 2126-05-01, since nothing was traded on it: "
        "raise PRESCIENT_RETENTION_CAPTURES_DAYS to keep more"
    )
    for asked in (
        lambda: captures.load(database, captures_folder, three[0]),
        lambda: captures.ready(database, three[0]),
    ):
        with pytest.raises(NotFound) as raised:
            asked()
        assert str(raised.value) == told


def test_a_dry_run_tells_the_same_and_removes_nothing(
    database: Database, captures_folder: Path, three: list[int]
) -> None:
    told = pruned(database, captures_folder, dry_run=True)
    assert left(captures_folder) == set(three)
    assert captures.find(database, three[0]).pruned_at is None
    assert pruned(database, captures_folder) == told


def test_a_pass_that_was_killed_between_row_and_files_is_finished_by_the_next(
    database: Database, captures_folder: Path, three: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(capture_files, "_unlink", stopped)
        killed.setattr(object_store, "remove", stopped)
        with pytest.raises(KeyboardInterrupt):
            pruned(database, captures_folder)
    assert left(captures_folder) == set(three)
    with pytest.raises(NotFound, match="was pruned"):
        captures.load(database, captures_folder, three[0])

    assert pruned(database, captures_folder).files == 4

    assert left(captures_folder) == {three[2]}


def test_what_an_interrupted_capture_left_goes_after_a_day(database: Database, captures_folder: Path) -> None:
    first = a_ready_capture(database, captures_folder, 0)
    day = captures_folder / "2026/03/01"
    number = first + 1
    with database.begin() as connection:
        connection.execute(text("SELECT nextval(pg_get_serial_sequence('prescient.captures', 'capture_id'))"))
    abandoned = [day / f"{number}.events.parquet", day / f".{number}.markets.parquet"]
    for path in abandoned:
        path.write_bytes(b"12345")
    a_ready_capture(database, captures_folder, 1)
    now = datetime.now(UTC)

    assert pruned(database, captures_folder, now).files == 0
    assert pruned(database, captures_folder, now + timedelta(hours=25)) == PrunedCaptures(0, 0, 2, 10)

    assert not any(path.exists() for path in abandoned)
    assert left(captures_folder) == {first, number + 1}


@pytest.mark.in_a_folder
def test_what_is_no_capture_file_of_this_database_stays(
    database: Database, captures_folder: Path, three: list[int], tmp_path: Path
) -> None:
    day, number = captures_folder / "2026/03/01", three[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    outside = elsewhere / f"{number}.events.parquet"
    strangers = [
        outside,
        day / "notes.txt",
        day / f"{number}.orders.parquet",
        day / f"{number}.events.parquet.bak",
        day / f"0{number}.events.parquet",
        captures_folder / f"{number}.events.parquet",
        captures_folder / "2026/03" / f"{number}.events.parquet",
        captures_folder / "2026/03/02" / f"{number}.events.parquet",  # another database's capture of this number
        day / f"{three[-1] + 7}.events.parquet",  # a number that is not given yet
    ]
    for path in strangers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"mine")
        os.utime(path, (0, 0))
    (day / f"{three[1]}.events.parquet").unlink()
    (day / f"{three[1]}.events.parquet").symlink_to(outside)
    (captures_folder / "2025").symlink_to(elsewhere)
    (captures_folder / "2026/03/05").symlink_to(elsewhere)

    pruned(database, captures_folder)

    assert [path for path in strangers if not path.exists()] == []
    assert (day / f"{three[1]}.events.parquet").is_symlink()
    assert not (day / f"{number}.events.parquet").exists()


@pytest.mark.in_a_folder
def test_a_day_that_is_a_link_out_of_the_folder_is_left_alone(
    database: Database, captures_folder: Path, three: list[int], tmp_path: Path
) -> None:
    day, elsewhere = captures_folder / "2026/03/01", tmp_path / "elsewhere"
    day.rename(elsewhere)
    day.symlink_to(elsewhere)
    assert pruned(database, captures_folder).files == 0
    assert left(elsewhere) == set(three)
    assert day.is_symlink()


@pytest.mark.in_a_folder
def test_folders_go_in_which_nothing_is_left_nor_has_changed_for_a_day(
    database: Database, captures_folder: Path
) -> None:
    for days in (0, 31, 40):
        a_ready_capture(database, captures_folder, 24 * days)
    for name in ("notes", "2026/05/01"):
        (captures_folder / name).mkdir(parents=True)

    pruned(database, captures_folder, datetime.now(UTC))
    assert folders(captures_folder) == ["2026/03/01", "2026/04/01", "2026/04/10", "2026/05/01"]

    pruned(database, captures_folder)
    assert folders(captures_folder) == ["2026/04/10"]
    assert (captures_folder / "notes").is_dir()


def folders(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*/*"))


@pytest.mark.in_a_folder
def test_the_captures_folder_may_be_a_link(
    database: Database, captures_folder: Path, three: list[int], tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(captures_folder)
    assert pruned(database, link).files == 4


def test_nothing_is_marked_where_the_folder_is_not_there(
    database: Database, captures_folder: Path, three: list[int], tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="is PRESCIENT_CAPTURES the right folder"):
        pruned(database, tmp_path / "not mounted")
    assert captures.find(database, three[0]).pruned_at is None
    assert pruned(database, tmp_path / "not mounted", datetime.now(UTC)) == PrunedCaptures(0, 0, 0, 0)
