"""A sweep comes out the same, whoever does it, also where workers die in the middle."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from prescient_dagster.domain.errors import Conflict, InvalidInput, StoreError
from prescient_dagster.domain.past.sweep import Sweep
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import StoredCaptures, StoredWindow
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.usecases.sweeps import tasks
from prescient_dagster.usecases.sweeps.crews import Crew, crew, processes
from prescient_dagster.usecases.sweeps.sweep import candidates, swept
from prescient_dagster.venue.series.listings import Assumptions, imported
from prescient_dagster.venue.series.reading import read
from tests.dask_clusters import a_cluster
from tests.processes import wait_for
from tests.usecases.sweeps.test_sweep import CASH, WIDE, captures_of, rows
from tests.venue.test_series import a_csv

GRID = {"max_positions": list(range(1, 9)), "trade_amount": [10, 20, 30, 40]}
ENDLESS = """
import sys
from prescient_dagster.usecases.sweeps.crews import processes
with processes(2) as hands:
    sys.stdout.write("begun\\n"); sys.stdout.flush()
    import time
    list(hands.executor.map(time.sleep, [600, 600]))
"""


@pytest.fixture
def stored(
    database: Database, captures_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StoredCaptures:
    """Twelve captures of a database that this process's environment names."""
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", database.url)
    monkeypatch.setenv("PRESCIENT_CAPTURES", str(captures_folder))
    return kept(database, captures_folder, a_csv(tmp_path, *rows()))


def kept(database: Database, captures_folder: Path, series: Path) -> StoredCaptures:
    """The captures of a series, all ready."""
    for listing in imported(read(series), Assumptions()).listings():
        captures.mark_ready(database, captures.save(database, captures_folder, listing).capture_id)
    return StoredCaptures(database, captures_folder)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_IN_A_TASK", 4)


def tried(source: object, hands: Crew | None = None, advance: Callable[[int], None] = lambda _: None) -> Sweep:
    found = candidates("mean_reversion", WIDE, GRID)
    return swept(source, "mean_reversion", found, CASH, share=0.5, workers=hands, advance=advance)[0]  # type: ignore[arg-type]


@dataclass
class Killer:
    """Kills a worker as soon as the first task is done; what it had is not done then."""

    victim: Callable[[], int]
    steps: int = 0
    killed: bool = False

    def __call__(self, more: int) -> None:
        self.steps += more
        if not self.killed:
            os.kill(self.victim(), signal.SIGKILL)
            self.killed = True


def test_two_processes_come_to_the_same_as_one(stored: StoredCaptures) -> None:
    alone = tried(stored)
    steps: list[int] = []
    result = tried(stored, crew(2), steps.append)
    assert result.digest == alone.digest
    assert [each.overrides for each in result.tried] == [each.overrides for each in alone.tried]
    assert (result.chance, alone.where, result.where) == (
        alone.chance,
        "in one process",
        "on 2 processes of this machine",
    )
    assert sum(steps) == 32 * 12
    assert alone.tried[0].first.fills > 0


def test_a_process_that_is_killed_is_replaced_and_its_work_done_again(stored: StoredCaptures) -> None:
    killer = Killer(lambda: multiprocessing.active_children()[0].pid)
    result = tried(stored, crew(2), killer)
    assert result.digest == tried(stored).digest
    assert result.where == "on 2 processes of this machine; workers were lost and replaced, 1 times"
    assert killer.steps == 32 * 12


def test_a_dask_worker_that_is_killed_is_made_up_for_by_the_other(stored: StoredCaptures, tmp_path: Path) -> None:
    with a_cluster(tmp_path, workers=2) as cluster:
        killer = Killer(lambda: cluster.workers[0].pid)
        result = tried(stored, crew(dask_address=cluster.address), killer)
    assert killer.killed
    assert result.digest == tried(stored).digest
    assert result.where == f"on 2 workers of the Dask scheduler at {cluster.address}"


def test_recordings_are_swept_by_others_too(tmp_path: Path) -> None:
    past = captures_of(tmp_path, list(rows()))
    assert tried(FolderCaptures(past), crew(2)).digest == tried(FolderCaptures(past)).digest


def test_what_was_read_is_told_once_however_many_read_it(stored: StoredCaptures, captures_folder: Path) -> None:
    next(captures_folder.rglob("4.markets.parquet")).unlink()
    tried(stored, crew(2))
    assert (stored.told.read, [gap.reason for gap in stored.told.missing]) == (11, ["its file is gone"])
    assert (stored.told.first, stored.told.last) == (stored.times[0], stored.times[-1])


def test_workers_that_die_of_the_work_itself_are_given_up() -> None:
    with (
        Crew(lambda: processes(1)) as hands,
        pytest.raises(Conflict, match="workers died 4 times: is there too little"),
    ):
        list(hands.carry_out(os._exit, [1]))


def test_workers_end_at_once_where_the_work_is_interrupted(stored: StoredCaptures) -> None:
    def interrupted(_more: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tried(stored, crew(2), interrupted)
    assert multiprocessing.active_children() == []


def test_workers_end_with_who_started_them() -> None:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    wait_for("both workers", lambda: len(workers_of(process.pid)) >= 2)
    workers = workers_of(process.pid)
    process.kill()
    process.wait()
    wait_for("their end", lambda: not any(each.is_running() and each.status() != "zombie" for each in workers))


def workers_of(pid: int) -> list[psutil.Process]:
    return [each for each in psutil.Process(pid).children() if "spawn_main" in " ".join(each.cmdline())]


def test_captures_of_another_database_are_not_taken_for_those_that_are_meant(stored: StoredCaptures) -> None:
    window = stored.window(0, 3)
    assert len(stored.opened(window)) == 3
    for strange in (
        StoredWindow((*window.capture_ids, 99), window.content),
        StoredWindow(window.capture_ids, "0" * 64),
    ):
        with pytest.raises(StoreError, match="does PRESCIENT_DATABASE_URL name the same database everywhere"):
            stored.opened(strange)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"workers": 0}, "--workers takes 1 to 256, got 0"),
        ({"workers": 2, "dask_address": "tcp://127.0.0.1:1"}, "--workers N or --dask ADDRESS"),
    ],
)
def test_who_does_the_work_is_said_once(asked: dict[str, object], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        crew(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://here"])
def test_a_scheduler_that_does_not_answer_is_one_line(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prescient_dagster.usecases.sweeps.crews.DASK_SECONDS", 1)
    with pytest.raises(InvalidInput, match="no Dask scheduler answers at"), crew(dask_address=address):
        pass
