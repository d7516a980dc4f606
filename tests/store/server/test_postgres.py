"""The embedded server: one per home, alive until it is stopped, whatever becomes of the processes around it."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from prescient_dagster.domain.errors import DatabaseUnavailable, StoreError
from prescient_dagster.store.database import connect
from prescient_dagster.store.server import postgres
from prescient_dagster.store.server.server_account import run_as, server_account
from tests.processes import children, command_line

START = """
import sys
from pathlib import Path
from prescient_dagster.store.server import postgres
print(postgres.start(Path(sys.argv[1])))
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


def answer(url: str, query: str = "SELECT current_database()") -> object:
    database = connect(url)
    try:
        with database.unguarded() as connection:
            return connection.scalar(text(query))
    finally:
        database.close()


def remember(url: str, word: str) -> None:
    database = connect(url)
    with database.unguarded() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS words (word text)"))
        connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
    database.close()


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "postgres/data/postmaster.pid").read_text().split()[0]))


def child(server: psutil.Process, kind: str) -> psutil.Process:
    """The process of that kind, once it says so: it is named after its start, and workers come and go meanwhile."""
    for _ in range(500):
        for process in children(server):
            if kind in command_line(process):
                return process
        time.sleep(0.02)
    raise AssertionError(f"the server has no {kind}")


def kill(process: psutil.Process) -> None:
    """Kill it and wait until it is gone, or a zombie where nobody reaps."""
    process.send_signal(signal.SIGKILL)
    for _ in range(200):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.02)


def test_a_home_has_a_server_from_start_to_stop(home: Path) -> None:
    assert not postgres.is_running(home)
    url = postgres.start(home)
    assert url.startswith("postgresql+psycopg2://")
    assert postgres.is_running(home)
    assert answer(url) == "prescient"
    remember(url, "kept")
    assert postgres.start(home) == url
    postgres.stop(home)
    assert not postgres.is_running(home)
    with pytest.raises(DatabaseUnavailable):
        answer(url)
    assert answer(postgres.start(home), "SELECT word FROM words") == "kept"


def test_stopping_what_does_not_run_changes_nothing(home: Path) -> None:
    postgres.stop(home)
    assert list(home.iterdir()) == []


def test_the_server_outlives_the_process_that_started_it(home: Path) -> None:
    started = subprocess.run([sys.executable, "-c", START, home], check=True, capture_output=True, text=True)
    assert postgres.is_running(home)
    assert answer(started.stdout.strip()) == "prescient"


def test_two_processes_that_start_at_once_share_one_server(home: Path) -> None:
    starters = [
        subprocess.Popen([sys.executable, "-c", START, home], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [starter.communicate(timeout=60) for starter in starters]
    assert {errors for _, errors in told} == {""}
    assert len({url for url, _ in told}) == 1
    assert answer(told[0][0].strip()) == "prescient"


def test_a_killed_server_starts_again_with_what_was_committed(home: Path) -> None:
    url = postgres.start(home)
    remember(url, "committed")
    kill(postmaster(home))
    assert not postgres.is_running(home)
    assert answer(postgres.start(home), "SELECT word FROM words") == "committed"


def test_a_process_number_that_was_given_away_does_not_keep_the_server_down(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    with subprocess.Popen(["sleep", "60"], **run_as(server_account())) as somebody:
        stale = home / "postgres/data/postmaster.pid"
        stale.write_text(f"{somebody.pid}\n{stale.parent}\n0\n5432\n\n\n\nready\n")
        (home / "postgres/.s.PGSQL.5432.lock").write_text(f"{somebody.pid}\n")
        assert not postgres.is_running(home)
        assert answer(postgres.start(home)) == "prescient"
        assert somebody.poll() is None
        somebody.kill()


def test_orphans_of_a_killed_server_are_ended_before_another_starts(home: Path) -> None:
    url = postgres.start(home)
    server = postmaster(home)
    orphan = child(server, "checkpointer")
    orphan.suspend()
    try:
        kill(server)
        with ThreadPoolExecutor(1) as thread:
            started = thread.submit(postgres.start, home)
            with pytest.raises(TimeoutError):
                started.result(timeout=0.5)
            orphan.resume()
            assert answer(started.result()) == "prescient"
        assert started.result() == url
    finally:
        with suppress(psutil.NoSuchProcess):
            orphan.resume()


def test_a_set_up_that_was_broken_off_is_done_again(home: Path) -> None:
    broken_off = home / "postgres/data.new"
    broken_off.mkdir(parents=True)
    (broken_off / "PG_VERSION").write_text("18\n")
    assert answer(postgres.start(home)) == "prescient"


def test_a_home_that_was_deleted_under_its_server_can_be_made_again(home: Path) -> None:
    remember(postgres.start(home), "gone")
    shutil.rmtree(home / "postgres")
    assert not postgres.is_running(home)
    url = postgres.start(home)
    assert answer(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'words'") == 0


def test_two_homes_never_disturb_each_other(home: Path) -> None:
    one, two = postgres.start(home / "one"), postgres.start(home / "two")
    try:
        remember(one, "mine")
        assert answer(two, "SELECT count(*) FROM pg_tables WHERE tablename = 'words'") == 0
        postgres.stop(home / "two")
        assert answer(one, "SELECT word FROM words") == "mine"
    finally:
        postgres.stop(home / "one")
        postgres.stop(home / "two")


@pytest.mark.parametrize("name", ["deep/" * 30 + "home", "sp ace, 'q\"uote' & $HOME %s", "räin"])
def test_a_home_may_be_deep_and_be_called_anything(home: Path, name: str) -> None:
    try:
        url = postgres.start(home / name)
        assert answer(url) == "prescient"
        socket_folder = Path(url.partition("host=")[2])
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    finally:
        postgres.stop(home / name)
    assert not socket_folder.exists()


def test_nobody_else_gets_in(home: Path) -> None:
    postgres.start(home)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home / "postgres").iterdir()}
    assert modes[".s.PGSQL.5432"] == 0o700
    assert modes["data"] == 0o700
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
    assert postmaster(home).net_connections("tcp") == []


def test_settings_for_other_servers_are_not_ours(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "nowhere", "PGDATABASE": "none"}.items():
        monkeypatch.setenv(name, value)
    assert answer(postgres.start(home)) == "prescient"


def test_a_folder_that_cannot_be_used_is_named(home: Path) -> None:
    occupied = home / "occupied"
    occupied.write_text("not a folder")
    with pytest.raises(StoreError, match=r"the embedded database cannot use .*occupied"):
        postgres.start(occupied)


def test_a_server_that_does_not_start_tells_why_in_one_line(home: Path) -> None:
    postgres.start(home)
    postgres.stop(home)
    (home / "postgres/data/PG_VERSION").write_text("9.6\n")
    with pytest.raises(StoreError, match=r"FATAL:.*incompatible") as caught:
        postgres.start(home)
    assert "\n" not in str(caught.value)


@as_root
def test_a_home_that_the_servers_account_cannot_reach_is_refused_and_left_alone(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(StoreError, match=f"cannot traverse {closed}: set PRESCIENT_HOME"):
        postgres.start(closed / "home")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert list(closed.iterdir()) == []


@as_root
def test_the_server_does_not_run_as_root(home: Path) -> None:
    postgres.start(home)
    assert postmaster(home).uids().effective != 0


@as_root
def test_a_strangers_folder_is_not_taken_for_the_sockets(home: Path) -> None:
    deep = home / ("deep/" * 30)
    strangers = Path(postgres._Server(deep).url("x").partition("host=")[2])
    strangers.mkdir()
    try:
        os.chown(strangers, 12345, 12345)
        with pytest.raises(StoreError, match="belongs to somebody else"):
            postgres.start(deep)
    finally:
        strangers.rmdir()
