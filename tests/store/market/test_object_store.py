"""An object store that refuses, lacks the bucket or is away: one line, and nothing half-written; no key is told."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from upath import UPath

from prescient_dagster.domain.errors import InvalidInput, PrescientError, StoreError, StoreUnreachable
from prescient_dagster.domain.market.markets import MARKET_COLUMNS
from prescient_dagster.settings import load_settings
from prescient_dagster.store import retention
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import (
    capture_files,
    capture_folders,
    capture_rows,
    captures,
    object_store,
    price_marks,
)
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.usecases.keeping.back_up import back_up
from prescient_dagster.usecases.sweeps.sweep import candidates, swept
from tests.object_stores import KEYS, ObjectStore, forget_connections
from tests.processes import free_port, wait_for
from tests.store.listings import NOON, a_listing, some_markets

READ = ("s3:GetObject", "s3:ListBucket")
AGE = timedelta(days=14)
SAVE = """
import sys
from upath import UPath
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures
from tests.store.listings import a_listing
captures.save(connect(sys.argv[1]), UPath(sys.argv[2]), a_listing())
"""


@pytest.fixture
def folder(bucket: UPath) -> UPath:
    return bucket / "deep" / "captures"


def names(folder: UPath) -> set[str]:
    return {stored.name for stored in object_store.listing(folder)}


def told(what: Callable[[], object]) -> str:
    """The one line that says why it cannot be done; no key is in it."""
    with pytest.raises(PrescientError) as raised:
        what()
    line = str(raised.value)
    assert len(line.splitlines()) == 1
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in line
    return line


def test_a_bucket_that_is_not_there_takes_no_capture(database: Database, bucket: UPath) -> None:
    nowhere = UPath("s3://prescient-nobody-has-it/captures")
    assert "there is no such bucket; is PRESCIENT_CAPTURES right?" in told(
        lambda: captures.save(database, nowhere, a_listing())
    )
    assert captures.newest(database) is None


def test_a_bucket_that_turns_read_only_keeps_what_it_has(
    database: Database, folder: UPath, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = captures.save(database, folder, a_listing())
    there = names(folder)
    with object_store.keys_that_may(*READ) as keys:
        use(monkeypatch, keys)
        again = UPath(str(folder))
        line = told(lambda: captures.save(database, again, a_listing(NOON + timedelta(hours=1))))
        assert captures.load(database, again, first.capture_id).capture_id == first.capture_id
        assert "events.parquet cannot be written: access is denied" in line
        captures.mark_ready(database, first.capture_id)
    assert captures.newest_ready(database).capture_id == first.capture_id
    assert names(folder) == there


def test_a_bucket_that_turns_read_only_loses_and_gains_nothing_by_retention_and_hourly_prices(
    database: Database, folder: UPath, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(14):  # beyond midnight
        record = captures.save(database, folder, a_listing(NOON + timedelta(hours=hours)))
        captures.mark_ready(database, record.capture_id)
    there = names(folder)
    with object_store.keys_that_may(*READ) as keys:
        use(monkeypatch, keys)
        again = UPath(str(folder))
        marks = told(lambda: price_marks.write_due(database, again))
        assert "cannot be written: access is denied" in marks
        later = datetime.now(UTC) + timedelta(days=99)
        assert "cannot be removed: access is denied" in told(lambda: retention.prune(database, again, AGE, later))
        forget_connections()
        with database.begin() as connection:
            assert price_marks.files(connection, price_marks.MarkSourceKind.CAPTURES) == []
    assert names(folder) == there
    use(monkeypatch, object_store.environment())
    assert retention.prune(database, folder, AGE, later).files > 0  # what the rows gave up goes once it may


def use(monkeypatch: pytest.MonkeyPatch, keys: dict[str, str]) -> None:
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    forget_connections()


@pytest.mark.parametrize("keys", [{}, {"AWS_ACCESS_KEY_ID": "stranger"}, {"AWS_SECRET_ACCESS_KEY": "wrong"}])
def test_wrong_keys_are_told_wherever_captures_are_used(  # noqa: PLR0917
    database: Database,
    folder: UPath,
    object_store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    keys: dict[str, str],
) -> None:
    records = [captures.save(database, folder, a_listing(NOON + timedelta(hours=each))) for each in range(3)]
    for record in records:
        captures.mark_ready(database, record.capture_id)
    target = tmp_path / "monday"
    with object_store.keys_that_may("s3:ListAllMyBuckets") as strangers:
        use(monkeypatch, {**strangers, **keys})
        away = UPath(str(folder))
        found = candidates("momentum", {}, {"max_positions": [1, 2]})
        for what in (
            lambda: captures.save(database, away, a_listing(NOON + timedelta(hours=9))),
            lambda: captures.load(database, away),
            lambda: list(StoredCaptures(database, away).moments()),
            lambda: swept(StoredCaptures(database, away), "momentum", found, 1_000, share=0.5),
            lambda: retention.prune(database, away, AGE, datetime.now(UTC) + timedelta(days=99)),
            lambda: back_up(database, away, target, lambda *_: None),
        ):
            assert "access is denied: do the keys in the environment belong to it, and may they do this?" in told(what)
    assert not target.exists()
    assert [record.pruned_at for record in captures.list_recent(database)] == [None] * 3


def test_a_store_that_is_away_is_told_within_seconds(
    database: Database, folder: UPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(StoreUnreachable, match="Could not connect"):
        captures.save(database, UPath(str(folder)), a_listing())
    assert captures.newest(database) is None


def test_without_keys_it_says_so(database: Database, folder: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    forget_connections()
    assert "Unable to locate credentials" in told(lambda: captures.save(database, UPath(str(folder)), a_listing()))


def test_a_writer_that_is_killed_between_files_and_row_leaves_no_capture(
    database: Database, folder: UPath, object_store: ObjectStore
) -> None:
    with database.begin() as connection:  # whoever writes the row waits for this one
        connection.execute(text("LOCK TABLE prescient.captures IN SHARE MODE"))
        writer = subprocess.Popen(
            [sys.executable, "-c", SAVE, database.url, str(folder)],
            env={**os.environ, **object_store.environment()},
        )
        wait_for("both files", lambda: writer.poll() is not None or len(names(folder)) == 2)
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
    assert captures.newest(database) is None
    record = captures.save(database, folder, a_listing())  # the very same listing
    assert captures.load(database, folder, record.capture_id).captured_at == NOON
    later = datetime.now(UTC) + timedelta(hours=25)
    assert retention.prune(database, folder, AGE, later).files == 2
    assert names(folder) == {f"{record.path}.{noun}.parquet" for noun in ("events", "markets")}


def test_hourly_prices_are_kept_in_the_store_and_go_from_it(database: Database, folder: UPath) -> None:
    for hours in range(13):  # until midnight
        record = captures.save(database, folder, a_listing(NOON + timedelta(hours=hours)))
        captures.mark_ready(database, record.capture_id)
    (written,) = price_marks.write_due(database, folder)
    assert written.marks > 0
    assert str(written.path) in names(folder)
    assert price_marks.prune(database, folder, datetime.now(UTC) + timedelta(days=1)) == 1
    assert not any(name.startswith("marks/") for name in names(folder))


def test_files_of_others_in_the_bucket_stay(database: Database, folder: UPath) -> None:
    for hours in range(2):
        captures.save(database, folder, a_listing(NOON + timedelta(hours=hours)))
    strangers = {
        "notes.txt",
        "2026/03/01/1.orders.parquet",
        "2026/3/1/1.events.parquet",
        "2026/03/01/x/1.events.parquet",
    }
    for name in strangers:
        (folder / name).write_bytes(b"mine")
    done = retention.prune(database, folder, AGE, datetime.now(UTC) + timedelta(days=99))
    assert (done.captures, done.files) == (1, 2)
    assert strangers < names(folder)


def test_an_empty_place_is_not_taken_for_pruned_captures(database: Database, folder: UPath, bucket: UPath) -> None:
    for hours in range(2):
        captures.save(database, folder, a_listing(NOON + timedelta(hours=hours)))
    with pytest.raises(StoreError, match="is not there: is PRESCIENT_CAPTURES the right folder"):
        retention.prune(database, bucket / "elsewhere", AGE, datetime.now(UTC) + timedelta(days=99))
    assert all(record.pruned_at is None for record in captures.list_recent(database))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("S3://bucket/x", "no captures can be kept in S3://…: use a folder, or one of s3://, gs://, abfs://"),
        ("ftp://host/x", "no captures can be kept in ftp://…"),
        ("file:///tmp/x", "no captures can be kept in file://…"),
        ("https://user:hunter2@host/x", "no captures can be kept in https://…"),
        ("s3:/bucket/x", "use s3://BUCKET/PATH and nothing else"),
        ("s3://", "use s3://BUCKET/PATH and nothing else"),
        ("s3://key:hunter2@bucket/x", "keys come from the environment, not from the address"),
        ("s3://hunter2@bucket/x", "keys come from the environment, not from the address"),
        ("s3://bucket/x?key=hunter2", "keys come from the environment, not from the address"),
        ("abfs://box:hunter2@account.example/x", "keys come from the environment, not from the address"),
    ],
)
def test_addresses_of_no_known_kind_are_refused_and_not_repeated(
    text: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_CAPTURES", text)
    line = told(load_settings)
    assert line.startswith("PRESCIENT_CAPTURES: ")
    assert why in line
    assert "hunter2" not in line


@pytest.mark.parametrize(("text", "needs"), [("gs://bucket/x", "gcsfs"), ("abfs://box@account.example/x", "adlfs")])
def test_a_package_that_is_not_installed_is_named(text: str, needs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_folders, "find_spec", lambda _name: None)
    monkeypatch.setenv("PRESCIENT_CAPTURES", text)
    with pytest.raises(InvalidInput, match=rf"needs {needs}: pip install 'prescient\[{text[: text.index(':')]}\]'"):
        _ = load_settings().captures_folder


@pytest.mark.parametrize("text", ["s3://bucket/a/b", "s3://bucket//a///b/", "s3://bucket/a/b/"])
def test_an_address_means_one_place_however_its_slashes_are_written(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_CAPTURES", text)
    assert str(load_settings().captures_folder) == "s3://bucket/a/b"


@pytest.fixture
def in_parts(database: Database, folder: UPath, monkeypatch: pytest.MonkeyPatch) -> StoredCaptures:
    """Four captures that are large enough to be fetched in parts."""
    monkeypatch.setattr(capture_rows, "IN_PARTS_FROM_BYTES", 0)
    for hours in range(4):
        markets = some_markets(3000, liquidity=[float(hours)] * 3000)
        record = captures.save(database, folder, a_listing(NOON + timedelta(hours=hours), markets=markets))
        captures.mark_ready(database, record.capture_id)
    return StoredCaptures(database, folder)


def liquidities(source: StoredCaptures) -> list[float]:
    return [float(moment.capture.columns["liquidity"][-1]) for moment in source.moments()]


def test_of_large_files_a_replay_fetches_what_it_needs(
    in_parts: StoredCaptures, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[str] = []
    real = object_store.get
    monkeypatch.setattr(object_store, "get", lambda path: (whole.append(path.name), real(path))[1])
    assert liquidities(in_parts) == [0, 1, 2, 3]
    assert whole == ["1.markets.parquet"]  # what is needed is known from the one before
    whole.clear()
    for moment in StoredCaptures(in_parts._database, in_parts._folder).moments():
        _ = moment.capture.columns["liquidity"]
        if moment.capture.capture_id == 3:  # another column, for which the whole file is read and checked
            assert moment.capture.texts["market_id"][0]
    assert whole == ["1.markets.parquet", "3.markets.parquet"]


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_a_large_file_that_is_damaged_is_told_as_any(in_parts: StoredCaptures, folder: UPath, keep: int) -> None:
    file = next(folder.rglob("3.markets.parquet"))
    content = file.read_bytes()
    file.write_bytes(content[:keep] if keep >= 0 else content[:keep] + bytes(-keep))
    assert liquidities(in_parts) == [0, 1, 3]
    assert [(gap.capture_id, gap.reason) for gap in in_parts.told.missing] == [(3, "its file is damaged")]


def test_a_large_file_with_other_markets_is_not_taken_for_the_one_that_was_written(
    in_parts: StoredCaptures, folder: UPath
) -> None:
    file = next(folder.rglob("3.markets.parquet"))
    file.write_bytes(bytes(capture_files.encoded(some_markets(2999), MARKET_COLUMNS)))
    assert liquidities(in_parts) == [0, 1, 3]


@pytest.mark.parametrize("name", ["captures", "./c", "C:/captures", "/data/captures", "s3", "~/s3"])
def test_a_folder_stays_a_folder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_CAPTURES", name)
    assert load_settings().captures_folder.is_absolute()


@pytest.mark.parametrize(("name", "value"), [("HOME", "s3://bucket/home"), ("VENUE", "recorded:s3://bucket/past")])
def test_nothing_but_captures_is_kept_in_an_object_store(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"PRESCIENT_{name}", value)
    assert "folder of this machine" in told(load_settings)
