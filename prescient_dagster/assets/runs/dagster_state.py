"""What Dagster's own storage tells of health: whether its daemon lives, what runs, and what failed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorType

from prescient_dagster.assets.runs import runs_here
from prescient_dagster.assets.runs.going import GOING
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, SHARD_TAG
from prescient_dagster.catalog import PLATFORM_JOBS, strategy_names, strategy_schedule_name
from prescient_dagster.domain.watch.health import FailedRun
from prescient_dagster.usecases.state import DagsterState, RunGoing

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]  # a canceled run says nothing about its job
WHY = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
MOST_RUNS = 200


def watched_jobs() -> list[str]:
    """The jobs whose failure is a problem: those that nobody starts by hand, and so nobody watches."""
    return [*PLATFORM_JOBS, *strategy_names()]


def dagster_state(instance: dg.DagsterInstance, jobs: Iterable[str]) -> DagsterState:
    """What this instance knows. `jobs`: those whose failures count."""
    return DagsterState(heartbeats(instance), newest_failed(instance, jobs), going(instance), not_loaded(instance))


def heartbeats(instance: dg.DagsterInstance) -> dict[str, datetime]:
    """When each daemon that this instance needs last told that it lives; one that never ran is left out."""
    needed = set(instance.get_required_daemon_types())
    return {
        name: datetime.fromtimestamp(beat.timestamp, UTC)
        for name, beat in instance.get_daemon_heartbeats().items()
        if name in needed
    }


def going(instance: dg.DagsterInstance) -> list[RunGoing]:
    """The runs that are queued or going, the newest first."""
    records = instance.get_run_records(dg.RunsFilter(statuses=GOING), limit=MOST_RUNS)
    return [_going(record) for record in records]


def _going(record: dg.RunRecord) -> RunGoing:
    run = record.dagster_run
    return RunGoing(run.job_name, run.run_id, run.status.value.lower(), record.create_timestamp.astimezone(UTC))


def not_loaded(instance: dg.DagsterInstance) -> list[str]:
    """The strategies whose schedule the daemon has never seen; none while it has seen no strategy at all."""
    if instance.schedule_storage is None:  # an instance that ends with its process
        return []
    seen = {state.instigator_name for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)}
    by_schedule = {strategy_schedule_name(name): name for name in strategy_names()}
    return [by_schedule[name] for name in by_schedule if name not in seen] if seen & by_schedule.keys() else []


def newest_failed(instance: dg.DagsterInstance, jobs: Iterable[str]) -> list[FailedRun]:
    """The newest run of each job that has ended, where it failed; of one in shards, the newest of each of them."""
    newest = [run for job in jobs for run in _newest_ended(instance, job)]
    return [_failed(instance, run) for run in newest if run.status is dg.DagsterRunStatus.FAILURE]


def _newest_ended(instance: dg.DagsterInstance, job: str) -> Sequence[dg.DagsterRun]:
    """One run, or one for each shard: of those the last two captures count, since a strategy may have less by now.

    A run by hand, which no capture is noted for, counts besides while it is the newest.
    """
    ended = dg.RunsFilter(job_name=job, statuses=ENDED)
    newest = instance.get_runs(ended, limit=1)
    if not newest or SHARD_TAG not in newest[0].tags:
        return newest
    by_hand = [run for run in newest if CAPTURE_TAG not in run.tags]
    recent = [run for run in instance.get_runs(ended, limit=MOST_RUNS) if {SHARD_TAG, CAPTURE_TAG} <= run.tags.keys()]
    captures = sorted({int(run.tags[CAPTURE_TAG]) for run in recent})[-2:]
    of_shards: dict[str, dg.DagsterRun] = {}
    for run in recent:
        if int(run.tags[CAPTURE_TAG]) in captures:
            of_shards.setdefault(run.tags[SHARD_TAG], run)
    return [*by_hand, *of_shards.values()]


def failed_between(
    instance: dg.DagsterInstance, jobs: Iterable[str], after: datetime, until: datetime
) -> list[FailedRun]:
    """The runs of these jobs that failed in this time, by our clock, the newest first."""
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=after, updated_before=until)
    watched = set(jobs)
    return [_failed(instance, run) for run in instance.get_runs(failed, limit=MOST_RUNS) if run.job_name in watched]


def _failed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> FailedRun:
    entries = instance.all_logs(run.run_id, of_type=WHY)
    stored = runs_here.StoredRun(
        run.run_id, [entry.dagster_event for entry in entries if entry.dagster_event is not None]
    )
    reason, portfolios = runs_here.failure(stored), runs_here.failures_by_portfolio(stored)
    return FailedRun(run.job_name, run.run_id, str(reason), portfolios)
