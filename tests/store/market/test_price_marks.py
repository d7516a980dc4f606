"""Hourly marks: written once a day is over, the same numbers as the captures they outlive, removed once old."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.store import retention
from prescient_dagster.store.backup import manifest
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, captures, price_marks
from prescient_dagster.store.market.price_marks import MarksFile
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.store.tables import price_marks as table
from prescient_dagster.usecases.keeping.back_up import back_up
from tests.store.listings import NOON, a_listing, some_markets

EVERY = timedelta(minutes=20)
MARKETS = ("100", "101", "102")


EVERYWHERE = True


def price(at: datetime, market: int) -> float:
    """What a market costs at a time; no two are alike."""
    return round(0.1 + (at - NOON) / timedelta(minutes=20) / 1_000 + market / 10, 6)


def a_capture(
    database: Database, folder: Path, at: datetime, *, tradable: tuple[bool, ...] = (True, True, False)
) -> int:
    prices = [price(at, market) for market in range(3)]
    listing = a_listing(at, markets=some_markets(3, tradable=list(tradable), yes_price=prices))
    return captures.mark_ready(database, captures.save(database, folder, listing).capture_id).capture_id


@pytest.fixture
def two_days(database: Database, captures_folder: Path) -> list[datetime]:
    """Captures every twenty minutes for two days and an hour, from noon on."""
    times = [NOON + number * EVERY for number in range(3 * 49 + 1)]
    for at in times:
        a_capture(database, captures_folder, at)
    return times


def path(database: Database, folder: Path, hours: int) -> list[list[float]]:
    """The hourly prices of before the newest capture, market by market, as a fresh process sees them."""
    newest = captures.load(database, folder)
    found = PriceHistory(StoredPast(database, folder)).prices(newest, np.arange(3), hours, hours)
    told: list[list[float]] = np.nan_to_num(found, nan=-1).tolist()
    return told


def stored(database: Database, folder: Path) -> list[tuple[MarksFile, bytes]]:
    with database.begin() as connection:
        files = price_marks.files(connection, price_marks.MarkSourceKind.CAPTURES)
    return [(file, (folder / file.path).read_bytes()) for file in files]


def test_of_each_day_that_is_over_the_last_capture_of_every_hour_is_kept(
    database: Database, captures_folder: Path, two_days: list[datetime]
) -> None:
    written = price_marks.write_due(database, captures_folder)
    assert [(f"{file.day}", file.marks) for file in written] == [("2026-03-01", 12 * 2), ("2026-03-02", 24 * 2)]
    marks = pd.read_parquet(BytesIO((captures_folder / written[1].path).read_bytes()))
    assert list(marks.columns) == ["captured_at", "market_id", "yes_price", "best_bid", "best_ask", "volume"]
    assert sorted(set(marks["captured_at"])) == [at for at in two_days if at.day == 2 and at.minute == 40]
    assert marks["yes_price"].tolist() == [
        price(at, market) for at in two_days if at.day == 2 and at.minute == 40 for market in range(2)
    ]


def test_marks_are_never_rewritten(database: Database, captures_folder: Path, two_days: list[datetime]) -> None:
    price_marks.write_due(database, captures_folder)
    before = stored(database, captures_folder)
    assert price_marks.write_due(database, captures_folder) == []
    a_capture(database, captures_folder, two_days[-1] + timedelta(days=1))
    assert [f"{file.day}" for file in price_marks.write_due(database, captures_folder)] == ["2026-03-03"]
    assert stored(database, captures_folder)[:2] == before


def test_the_history_is_the_same_by_captures_and_by_the_marks_that_outlive_them(
    database: Database, captures_folder: Path, two_days: list[datetime]
) -> None:
    by_captures = path(database, captures_folder, 48)
    assert np.sum(np.array(by_captures) > 0, axis=1).tolist() == [48, 48, 0]
    price_marks.write_due(database, captures_folder)
    assert path(database, captures_folder, 48) == by_captures
    for row in captures.list_recent(database, 1_000):
        if row.captured_at < two_days[-1] - timedelta(days=1):
            for file in capture_files.file_pair(captures_folder, row.path):
                file.unlink()
    assert path(database, captures_folder, 48) == by_captures


def test_a_capture_that_is_gone_without_a_mark_is_missing_and_noted(
    database: Database, captures_folder: Path, two_days: list[datetime]
) -> None:
    gone = two_days[-1] - timedelta(hours=3)
    record = next(each for each in captures.list_recent(database, 1_000) if each.captured_at == gone)
    capture_files.file_pair(captures_folder, record.path)[1].unlink()
    past = StoredPast(database, captures_folder)
    newest = captures.load(database, captures_folder)
    assert np.isnan(PriceHistory(past).prices(newest, np.arange(2), 3, 1)).all()
    assert past.missed == {gone: "its file is gone"}


def test_refused_captures_are_nobodys_past(database: Database, captures_folder: Path) -> None:
    for hours in range(3):
        listing = a_listing(NOON + timedelta(hours=hours))
        record = captures.save(database, captures_folder, listing)
        if hours == 1:
            captures.mark_refused(database, record.capture_id, "crossed")
        else:
            captures.mark_ready(database, record.capture_id)
    newest: Capture = captures.load(database, captures_folder)
    times = StoredPast(database, captures_folder).times(0, 2**60)
    assert [datetime.fromtimestamp(at / 1e6, UTC) for at in times.tolist()] == [NOON, newest.captured_at]


def test_old_marks_go_and_newer_ones_stay(database: Database, captures_folder: Path, two_days: list[datetime]) -> None:
    price_marks.write_due(database, captures_folder)
    now = datetime.now(UTC)
    assert price_marks.prune(database, captures_folder, now - timedelta(days=400)) == 0
    assert price_marks.prune(database, captures_folder, now, dry_run=True) == 2
    assert len(stored(database, captures_folder)) == 2
    assert price_marks.prune(database, captures_folder, now) == 2
    assert list((captures_folder / "marks").rglob("*.parquet")) == []
    with database.begin() as connection:
        assert connection.execute(select(table)).all() == []


def test_a_pass_over_old_captures_leaves_the_marks_alone(
    database: Database, captures_folder: Path, two_days: list[datetime]
) -> None:
    price_marks.write_due(database, captures_folder)
    before = stored(database, captures_folder)
    retention.prune(database, captures_folder, timedelta(days=14), datetime.now(UTC) + timedelta(days=30))
    assert len(captures.list_recent(database, 1_000)) == len(two_days)
    assert stored(database, captures_folder) == before


def test_a_backup_holds_the_marks(database: Database, captures_folder: Path, tmp_path: Path) -> None:
    for hours in (0, 24):
        a_capture(database, captures_folder, NOON + timedelta(hours=hours))
    (file,) = price_marks.write_due(database, captures_folder)
    back_up(database, captures_folder, tmp_path / "backup", lambda *_: None)
    found = manifest.load(tmp_path / "backup")
    name = f"captures/{file.path}"
    assert found.files[name].sha256 == file.sha256
    assert (tmp_path / "backup" / name).read_bytes() == (captures_folder / file.path).read_bytes()
