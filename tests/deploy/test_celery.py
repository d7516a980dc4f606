"""Runs on Celery workers: shards side by side, and no worker, broker or database that dies costs more than a minute."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import dagster as dg
import psutil
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from sqlalchemy import select, text

from prescient_dagster.assets.cycle import asset_key, partitions, partitions_name
from prescient_dagster.resources import CaptureFiles
from prescient_dagster.store import tables
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.usecases.sweeps.crews import crew
from prescient_dagster.usecases.sweeps.verifications import verified_by
from tests.deploy.celery_topology import STRATEGY, CeleryTopology, needed, on_workers
from tests.processes import wait_for

pytest.importorskip("dagster_celery", reason="needs the extra prescient[celery]")

from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

PORTFOLIOS = 2_000
IN_THE_LAST_SHARD = "p1900"
LAST_SHARD = "momentum/4"
HEALED_WITHIN = 120  # seconds


@contextmanager
def held(there: CeleryTopology, slug: str) -> Iterator[None]:
    """Nobody else can trade for the portfolio inside the block: the run of its shard stops in its middle."""
    with there.database.begin() as connection:
        connection.execute(select(tables.portfolios).where(tables.portfolios.c.slug == slug).with_for_update())
        yield


def worker_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[str, int]:
    """The worker that carries out a run, and the child of it that does."""
    task = run.tags[DAGSTER_CELERY_TASK_ID_TAG]
    told = instance.run_launcher.celery.AsyncResult(task).info  # type: ignore[attr-defined]
    return told["hostname"].partition("@")[0], told["pid"]


def all_traded(there: CeleryTopology, capture_id: int, seconds: float | None = None) -> None:
    began = monotonic()

    def reached() -> bool:
        there.revived()
        return there.traded(capture_id) == PORTFOLIOS

    wait_for(f"all portfolios on capture {capture_id}", reached)
    assert seconds is None or monotonic() - began < seconds


def came(there: CeleryTopology, capture_id: int) -> bool:
    """Whether all portfolios trade a capture in time; a run that the restart has ended leaves its own to the next."""
    end = monotonic() + HEALED_WITHIN
    while there.traded(capture_id) < PORTFOLIOS and monotonic() < end:
        there.revived()
        sleep(1)
    return there.traded(capture_id) == PORTFOLIOS


def stopped_in_the_middle(there: CeleryTopology, instance: dg.DagsterInstance, capture_id: int) -> dg.DagsterRun:
    """The run of the last shard, once it has saved some of its portfolios and waits for one that is held."""

    def stopped() -> bool:
        there.revived()
        return there.traded(capture_id) >= PORTFOLIOS - 200

    wait_for("a run in the middle", stopped)
    return there.runs(instance, capture_id)[LAST_SHARD]


@needed
@pytest.mark.skipif("CI" not in os.environ, reason="takes minutes: CI=1 runs it")
def test_two_workers_trade_four_shards_and_what_dies_is_resumed_or_healed(monkeypatch: pytest.MonkeyPatch) -> None:
    with on_workers(PORTFOLIOS, monkeypatch) as (there, instance):
        all_traded(there, 1)
        assert set(there.runs(instance, 1)) == {f"momentum/{number}" for number in range(1, 5)}

        with held(there, IN_THE_LAST_SHARD):
            capture_id = there.capture()
            run = stopped_in_the_middle(there, instance, capture_id)
            _, child = worker_of(instance, run)
            psutil.Process(child).kill()
        all_traded(there, capture_id, HEALED_WITHIN)

        wait_for("the end of all runs", lambda: ended(instance))
        there.crash("redis")
        there.start_redis()
        there.start_postgres(mode="restart")
        assert any(came(there, there.capture()) for _ in range(3)), "no later capture healed what the restart had ended"
        with held(there, IN_THE_LAST_SHARD):
            capture_id = there.capture()
            run = stopped_in_the_middle(there, instance, capture_id)
            worker, _ = worker_of(instance, run)
            there.crash(worker)
        all_traded(there, capture_id, HEALED_WITHIN)

        wait_for("the end of all runs", lambda: ended(instance))
        assert not any(reconcile(there.database).values())
        assert twice(there) == []
        assert [red(instance, stage) for stage in Stage] == [set(), set(), set()]
        everybody = portfolios.list_all(there.database)
        verified, _ = verified_by(crew(2), there.database, CaptureFiles().folder, everybody)
        assert len(verified) == PORTFOLIOS
        assert [each for each in verified if each.drift is None or not each.drift.is_none] == []


def red(instance: dg.DagsterInstance, stage: Stage) -> set[str]:
    """The portfolios that Dagster shows as failed."""
    keys = instance.get_dynamic_partitions(partitions_name(STRATEGY))
    with partition_loading_context(dynamic_partitions_store=instance):
        statuses = instance.get_status_by_partition(asset_key(STRATEGY, stage), keys, partitions(STRATEGY))
    assert statuses is not None
    return {key for key, status in statuses.items() if status is not None and status.value == "FAILED"}


def ended(instance: dg.DagsterInstance) -> bool:
    runs = instance.get_runs(dg.RunsFilter(job_name=STRATEGY))
    return all(run.is_finished for run in runs)


def twice(there: CeleryTopology) -> list[int]:
    """The portfolios that have traded a capture more than once, or a market more than once on one."""
    query = text(
        "SELECT portfolio_id FROM prescient.cycles GROUP BY portfolio_id, capture_id HAVING count(*) > 1 UNION "
        "SELECT portfolio_id FROM prescient.trades WHERE kind = 'buy' "
        "GROUP BY portfolio_id, market_id, side, capture_id HAVING count(*) > 1"
    )
    with there.database.begin() as connection:
        return list(connection.scalars(query))
