"""Backups: taken while all goes on, whole or absent, and a home again on another path or server."""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, select

from prescient_dagster.domain.errors import InvalidInput, StoreError
from prescient_dagster.store import versions
from prescient_dagster.store.backup import manifest, programs
from prescient_dagster.store.backup.broken_off import MARK
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.database import Database, connect, driver_url
from prescient_dagster.store.market import captures
from prescient_dagster.store.server import postgres
from prescient_dagster.store.tables import captures as captures_table
from prescient_dagster.usecases.keeping.restore import checked
from tests.cli.busy import busy
from tests.cli.commands import Prescient
from tests.conftest import on_server
from tests.processes import environment, wait_for
from tests.store.older_homes import SLUGS, VERSIONS, older_home, rows

NEWEST = versions.known()[-1]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
BACK_UP = """
import sys
from pathlib import Path
from prescient_dagster.cli.server import home
from prescient_dagster.usecases.keeping.back_up import back_up
settings = home.read_settings()
database = home.reach_database(settings)
print("begun", flush=True)
back_up(database, settings.captures_folder, Path(sys.argv[1]), lambda *_: None)
"""


@pytest.fixture
def empty_url(template_url: str) -> Iterator[str]:
    """The URL of an empty database of one's own."""
    with an_empty_database(template_url) as url:
        yield url


@dataclass(frozen=True)
class Elsewhere:
    """A home that is not there yet, and an empty database of one's own."""

    url: str
    home: Path
    setenv: Callable[[str, str], None]

    def go(self) -> None:
        """Let the commands work there."""
        self.setenv("PRESCIENT_HOME", str(self.home))
        self.setenv("PRESCIENT_CAPTURES", str(self.home / "captures"))
        self.setenv("PRESCIENT_DATABASE_URL", self.url)

    def is_untouched(self) -> bool:
        return not self.home.exists() and all_rows(self.url) == {}


@pytest.fixture
def elsewhere(empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Elsewhere:
    return Elsewhere(empty_url, tmp_path / "again", monkeypatch.setenv)


@contextmanager
def an_empty_database(server_url: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    on_server(server_url, f"CREATE DATABASE {name} TEMPLATE template0")
    yield server_url.replace(f"/{make_url(server_url).database}?", f"/{name}?")
    on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def traded(prescient: Prescient) -> Prescient:
    """A home with a portfolio that has traded two captures."""
    prescient("portfolio", "create", "first", "--strategy", "momentum", "--balance", "10000")
    for _ in range(2):
        assert prescient("capture").code == 0
        assert prescient("cycle", "first").code == 0
    return prescient


@pytest.fixture
def backup(traded: Prescient, tmp_path: Path) -> Path:
    """A backup of it."""
    assert traded("backup", tmp_path / "backup").code == 0
    return tmp_path / "backup"


def all_rows(url: str) -> dict[str, list[str]]:
    database = connect(url)
    try:
        return rows(database)
    finally:
        database.close()


def assert_whole(database: Database, folder: Path) -> None:
    """The books balance, and every capture that is not pruned can be read."""
    assert {slug: wrong for slug, wrong in reconcile(database).items() if wrong} == {}
    with database.begin() as connection:
        kept = connection.scalars(select(captures_table.c.capture_id).where(captures_table.c.pruned_at.is_(None))).all()
    for capture_id in kept:
        assert len(captures.load(database, folder, capture_id).markets)


def test_a_backup_taken_while_all_goes_on_is_whole(
    home: Path, template_url: str, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    with busy(home):
        for number in range(ROUNDS):
            time.sleep(random.uniform(0.5, 3))
            restored, backup = tmp_path / f"home{number}", tmp_path / f"backup{number}"
            monkeypatch.setenv("PRESCIENT_HOME", str(home))
            monkeypatch.delenv("PRESCIENT_DATABASE_URL", raising=False)
            made = bare_prescient("backup", backup, "--json").json
            assert made["absent"] == 0
            with an_empty_database(template_url) as url:
                monkeypatch.setenv("PRESCIENT_HOME", str(restored))
                monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
                assert bare_prescient("restore", backup).code == 0
                database = connect(url)
                assert_whole(database, restored / "captures")
                database.close()
            seen.append((made["captures"], made["files"]))
    assert seen[-1] > seen[0]  # all did go on
    print("captures and files:", seen)


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(
    home: Path, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRESCIENT_HOME", str(home))
    with busy(home):
        wait_for("captures", lambda: len(list((home / "captures").rglob("*.markets.parquet"))) > 2)
        took = killed_backup(home, tmp_path / "whole", 60)
        assert took is not None
        assert checked(tmp_path / "whole", lambda *_: None)
        killed = 0
        for number in range(2 * ROUNDS):
            target = tmp_path / f"killed{number}"
            took_now = killed_backup(home, target, random.uniform(0, took))
            if target.exists():  # it was quicker
                took = min(took, took_now or took) / 2
                assert checked(target, lambda *_: None)
            else:
                killed += 1
                assert took_now is None
                with suppress(InvalidInput):  # it is no backup; killed just before it got its name, it is a whole one
                    checked(target.with_name(f".{target.name}.partial"), lambda *_: None)
                assert bare_prescient("backup", target).code == 0
            assert list(tmp_path.glob(".*.partial")) == []
            shutil.rmtree(target)
    assert killed
    print("killed before the end:", killed)


def killed_backup(home: Path, target: Path, after: float) -> float | None:
    """Kill a backup some seconds after its beginning; how long it took, if it was quicker."""
    process = subprocess.Popen(
        [sys.executable, "-c", BACK_UP, target], env=environment(home), cwd="/", stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = time.monotonic()
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return None
    assert process.returncode == 0
    return time.monotonic() - begun


def test_a_home_on_another_path_is_what_the_first_one_was(
    home: Path, bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = home / "first", home / "elsewhere" / "second"
    monkeypatch.setenv("PRESCIENT_HOME", str(first))
    bare_prescient("portfolio", "create", "first", "--strategy", "momentum", "--balance", "10000")
    bare_prescient("capture")
    bare_prescient("cycle", "first")
    try:
        assert bare_prescient("backup", tmp_path / "backup").code == 0
        monkeypatch.setenv("PRESCIENT_HOME", str(second))
        assert bare_prescient("restore", tmp_path / "backup").code == 0

        assert all_rows(postgres.start(first)) == all_rows(postgres.start(second))
        assert contents(first / "captures") == contents(second / "captures")
        assert bare_prescient("cycle", "first", "--json").json["results"][0]["status"] == "already_traded"
        assert bare_prescient("capture").code == 0
        assert bare_prescient("cycle", "first").code == 0
    finally:
        postgres.stop(first)
        postgres.stop(second)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_dagsters_runs_are_in_it(traded: Prescient, backup: Path, elsewhere: Elsewhere) -> None:
    there = runs(os.environ["PRESCIENT_DATABASE_URL"])
    elsewhere.go()
    assert traded("restore", backup).code == 0
    assert there
    assert runs(elsewhere.url) == there


def runs(url: str) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [row[0] for row in connection.exec_driver_sql("SELECT run_id FROM runs ORDER BY 1")]
    engine.dispose()
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_home_of_every_version_can_be_kept_before_it_is_upgraded(
    version: str, template_url: str, elsewhere: Elsewhere, bare_prescient: Prescient, tmp_path: Path
) -> None:
    with older_home(template_url, version, tmp_path) as older:
        elsewhere.setenv("PRESCIENT_DATABASE_URL", older.url)
        elsewhere.setenv("PRESCIENT_CAPTURES", str(tmp_path / "captures"))
        assert bare_prescient("backup", tmp_path / "backup", "--json").json["absent"] == 0
        there = rows(older)
    elsewhere.go()
    done = bare_prescient("restore", tmp_path / "backup")
    assert (done.code, "run `prescient db upgrade`" in done.err) == (0, version != NEWEST)
    assert all_rows(elsewhere.url) == there
    assert bare_prescient("db", "upgrade").code == 0
    assert bare_prescient("db", "reconcile", "--json").json["differences"] == {}
    assert bare_prescient("replay", "--portfolio", SLUGS[0], "--json").code == 0


def test_nobody_else_looks_into_a_backup(backup: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (backup, *backup.rglob("*"))} == {0}


def test_a_capture_that_was_damaged_before_stays_out_and_is_told(traded: Prescient, tmp_path: Path) -> None:
    first, *_ = sorted((tmp_path / "home/captures").rglob("*.markets.parquet"))
    first.write_bytes(b"damaged")
    done = traded("backup", tmp_path / "backup", "--json")
    assert done.json["absent"] == 1
    assert "warning: capture" in done.err
    assert "is not in it, since it was damaged before" in done.err


@pytest.mark.parametrize("wrong", ["taken", "a file", "no folder above"])
def test_a_place_that_cannot_be_used_is_refused(wrong: str, traded: Prescient, backup: Path, tmp_path: Path) -> None:
    places = {"taken": backup, "a file": backup / manifest.NAME, "no folder above": backup / manifest.NAME / "x"}
    before = contents(backup)
    assert re_told(traded("backup", places[wrong]).complaint)
    assert contents(backup) == before


def re_told(line: str) -> bool:
    return "is there already: name a folder that is not" in line or "cannot be written" in line


def damage_capture(backup: Path) -> None:
    flip(next(iter(backup.rglob("*.events.parquet"))))


def damage_dump(backup: Path) -> None:
    flip(backup / manifest.DUMP)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_dump(backup: Path) -> None:
    path = backup / manifest.DUMP
    path.write_bytes(path.read_bytes()[:-1])


def lose_capture(backup: Path) -> None:
    next(iter(backup.rglob("*.events.parquet"))).unlink()


def lose_manifest(backup: Path) -> None:
    (backup / manifest.NAME).unlink()


def cut_manifest(backup: Path) -> None:
    path = backup / manifest.NAME
    path.write_bytes(path.read_bytes()[:-20])


def from_the_future(backup: Path) -> None:
    change(backup, version="9999")


def of_another_format(backup: Path) -> None:
    change(backup, format=2)


def lead_elsewhere(backup: Path) -> None:
    found = json.loads((backup / manifest.NAME).read_text())
    change(backup, files=found["files"] | {"captures/../../x": {"sha256": "0" * 64, "bytes": 0}})


def change(backup: Path, **values: object) -> None:
    path = backup / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (damage_capture, "the checksum of captures/"),
        (damage_dump, "the checksum of books.dump differs"),
        (cut_dump, "the checksum of books.dump differs"),
        (lose_capture, "is not whole"),
        (lose_manifest, "is no backup"),
        (cut_manifest, "is damaged"),
        (from_the_future, "the database is at version 9999"),
        (of_another_format, "is a backup of format 2"),
        (lead_elsewhere, "names files that no backup has"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_not_whole_is_refused_before_anything_is_written(
    damage: Callable[[Path], None], told: str, traded: Prescient, backup: Path, elsewhere: Elsewhere
) -> None:
    damage(backup)
    elsewhere.go()
    assert told in traded("restore", backup).complaint
    assert elsewhere.is_untouched()


def test_a_home_that_is_not_empty_is_refused(
    traded: Prescient, backup: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "the database has tables" in traded("restore", backup).complaint
    monkeypatch.delenv("PRESCIENT_DATABASE_URL")
    before = contents(tmp_path / "home")
    assert "is not empty: a backup is restored into a new home" in traded("restore", backup).complaint
    assert contents(tmp_path / "home") == before


def test_captures_that_are_there_already_are_not_overwritten(
    traded: Prescient, backup: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", empty_url)
    assert "home/captures is not empty" in traded("restore", backup).complaint
    assert all_rows(empty_url) == {}


def test_a_dump_that_breaks_off_leaves_an_empty_database_and_a_home_that_nothing_opens(
    traded: Prescient, backup: Path, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    path = backup / manifest.DUMP
    path.write_bytes(path.read_bytes()[:-2_000])  # and the manifest says that this is right
    found = json.loads((backup / manifest.NAME).read_text())
    summed = manifest.summed(path)
    change(backup, files=found["files"] | {manifest.DUMP: {"sha256": summed.sha256, "bytes": summed.bytes}})
    elsewhere.go()
    assert "the database cannot be restored" in traded("restore", backup).complaint
    assert all_rows(elsewhere.url) == {}
    assert (elsewhere.home / MARK).exists()
    for command in (["portfolio", "list"], ["db", "upgrade"], ["backup", tmp_path / "x"]):
        assert "is going on, or was broken off" in traded(*command).complaint


def test_a_password_stands_in_no_argument_and_in_no_error(
    bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/books?sslpassword=hunter3"
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
    done = bare_prescient("backup", tmp_path / "backup")
    assert "no database answers" in done.complaint
    assert "hunter" not in done.err
    with programs.environment(create_engine(driver_url(url))) as given:
        file = Path(given["PGSERVICEFILE"])
        assert {"password=hunter2", "sslpassword=hunter3"} <= set(file.read_text().splitlines())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not any("hunter" in value for value in given.values())
    assert not file.exists()


def test_a_server_that_is_newer_than_every_program_is_told_with_what_to_install() -> None:
    with pytest.raises(StoreError, match=r"a PostgreSQL 99.* install .*postgresql-client-99"):
        programs.find("pg_dump", 99)


def test_what_holds_nothing_yet_is_not_backed_up(
    bare_prescient: Prescient, empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", empty_url)
    assert "there is nothing to back up" in bare_prescient("backup", tmp_path / "backup").complaint
    assert list(tmp_path.iterdir()) == []
