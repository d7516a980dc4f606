"""A tick of a strategy's schedule with 5,000 portfolios, through a code server as Dagster's daemon asks for it.

What follows is Dagster's own: the run is created, with an event for each partition of each asset.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg
from dagster._core.definitions.selector import JobSubsetSelector
from dagster._core.remote_representation.code_location import CodeLocation
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._daemon.daemon import SchedulerDaemon  # noqa: F401  # without it the scheduler cannot be imported
from dagster._scheduler.scheduler import _create_scheduler_run

from benchmarks.cycle import instance
from benchmarks.measure import Figure, apart, migrated, scratch_home, timed
from benchmarks.venue import crawled, write_pages
from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.store import world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.market import captures

PORTFOLIOS = 5_000
RUNS_OF = (200, 1_000, 5_000)
ROUNDS = 3
EVENTS = 40
STRATEGY = "momentum"
LOCATION, REPOSITORY = "strategy_assets", "__repository__"
WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"


def prepare(home: Path, paths: list[Path]) -> float:
    """A capture that may be traded, 5,000 portfolios, and their partitions."""
    database = migrated(home)
    world.claim(database, "simulated", {})
    record = captures.save(database, home / "captures", crawled(paths))
    captures.mark_ready(database, record.capture_id)
    slugs = [f"p{number:04}" for number in range(PORTFOLIOS)]
    for slug in slugs:
        portfolios.create(database, portfolios.NewPortfolio(slug, STRATEGY, Decimal(10_000)))
    with instance(home, database.url) as dagster:
        dagster.add_dynamic_partitions(partitions_name(STRATEGY), slugs)
    return 0


def tick(home: Path, url: str) -> tuple[float, dict[int, float]]:
    """Seconds of a tick, and seconds in which a run of so many portfolios is created."""
    with (
        instance(home, url) as dagster,
        WorkspaceProcessContext(dagster, WorkspaceFileTarget([str(WORKSPACE)])) as process,
    ):
        location = process.create_request_context().get_code_location(LOCATION)
        best = min(timed(lambda: _evaluate(dagster, location)) for _ in range(ROUNDS))
        return best, {number: _creation_seconds(dagster, location, number) for number in RUNS_OF}


def _evaluate(dagster: dg.DagsterInstance, location: CodeLocation) -> None:
    data = location.get_schedule_execution_data(
        instance=dagster,
        repository_handle=location.get_repository(REPOSITORY).handle,
        schedule_name=f"{STRATEGY}_schedule",
        scheduled_execution_time=None,
        log_key=None,
    )
    assert data.run_requests, data.skip_message


def _creation_seconds(dagster: dg.DagsterInstance, location: CodeLocation, number: int) -> float:
    schedule = location.get_repository(REPOSITORY).get_schedule(f"{STRATEGY}_schedule")
    job = location.get_job(JobSubsetSelector(LOCATION, REPOSITORY, STRATEGY, op_selection=None, asset_selection=None))
    keys = dagster.get_dynamic_partitions(partitions_name(STRATEGY))
    request = dg.RunRequest(tags=range_tags(keys[:number]))
    begun = time.perf_counter()
    run = _create_scheduler_run(dagster, datetime.now(UTC), location, schedule, job, request)
    took = time.perf_counter() - begun
    dagster.delete_run(run.run_id)
    return took


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        apart(prepare, home, write_pages(home, EVENTS))
        measured = apart(tick, home, migrated(home).url)
        yield Figure(f"{PORTFOLIOS:,} portfolios: the tick", measured.seconds, 10, "s")
        for number, seconds in measured.answer.items():
            yield Figure(f"creating a run of {number:,}, per portfolio", seconds / number * 1_000, 3, "ms")
