"""A sweep of 64 configs on 200 captures comes out the same in one process, on two, and on Dask, where one is killed."""

import multiprocessing
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prescient_dagster.domain.past.sweep import Sweep
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.usecases.sweeps import tasks
from prescient_dagster.usecases.sweeps.crews import Crew, crew
from prescient_dagster.usecases.sweeps.sweep import candidates, swept
from tests.dask_clusters import a_cluster
from tests.usecases.sweeps.test_sweep import CASH, WIDE
from tests.usecases.sweeps.test_tasks import Killer, kept
from tests.venue.test_series import a_csv, a_row

pytestmark = pytest.mark.skipif("CI" not in os.environ, reason="takes a minute: CI=1 runs it")

CAPTURES, MARKETS = 200, 24
GRID = {"max_positions": list(range(1, 17)), "trade_amount": [10, 20, 30, 40]}


def rows() -> Iterator[str]:
    """Favourites that wander for a day, a look at them every seven minutes."""
    wander, begin = random.Random(17), datetime(2026, 6, 5, tzinfo=UTC)
    for number in range(CAPTURES):
        time = f"{begin + timedelta(minutes=7 * number):%H:%M:%S}"
        for market in range(MARKETS if number > CAPTURES // 2 else MARKETS // 2):
            price = min(0.99, 0.78 + 0.01 * (market % 12) + wander.uniform(-0.03, 0.03))
            yield a_row(time, f"0x{market}", round(price, 3))


@pytest.fixture
def stored(
    database: Database, captures_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StoredCaptures:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", database.url)
    monkeypatch.setenv("PRESCIENT_CAPTURES", str(captures_folder))
    monkeypatch.setattr(tasks, "MOST_IN_A_TASK", 8)
    return kept(database, captures_folder, a_csv(tmp_path, *rows()))


def tried(source: StoredCaptures, hands: Crew | None = None, killer: Killer | None = None) -> Sweep:
    found = candidates("mean_reversion", WIDE, GRID)
    return swept(source, "mean_reversion", found, CASH, share=0.5, workers=hands, advance=killer or (lambda _: None))[0]


def test_64_configs_on_200_captures_come_out_the_same_whoever_plays_them(
    stored: StoredCaptures, tmp_path: Path
) -> None:
    alone = tried(stored)
    assert (len(alone.tried), len(stored)) == (64, CAPTURES)
    assert any(each.first.fills for each in alone.tried)
    assert any(each.rest.fills for each in alone.tried)

    assert tried(stored, crew(2)).digest == alone.digest

    killed = Killer(lambda: multiprocessing.active_children()[0].pid)
    assert tried(stored, crew(2), killed).digest == alone.digest

    with a_cluster(tmp_path, workers=2) as cluster:
        on_dask = Killer(lambda: cluster.workers[0].pid)
        assert tried(stored, crew(dask_address=cluster.address), on_dask).digest == alone.digest
    assert (killed.killed, on_dask.killed) == (True, True)
    assert {killed.steps, on_dask.steps} == {64 * CAPTURES}
