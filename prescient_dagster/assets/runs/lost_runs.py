"""Runs that no process carries out any more, and that nobody has noticed.

A code server looks after the processes of its runs. It stops doing so for good when it cannot reach the database at the
moment at which one of them has died, and the daemon cannot note that a launch has failed: what was about to start while
the database was away is STARTING until Dagster's start timeout, and all that time it would keep its job from running.

A sensor of each code location looks, because it is carried out by the code server that starts the location's runs:
their processes are its children. Where runs are started elsewhere (Celery, Kubernetes) this is left to Dagster.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import psutil
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME  # not exported
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # not exported
from dagster._core.storage.tags import (  # not exported
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    SCHEDULE_NAME_TAG,
)

from prescient_dagster.assets.runs.run_tags import NEVER_BEGAN_TAG, PROCESS_TAG
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.resources import DatabaseResource

EVERY_SECONDS = 15

QUIET = timedelta(seconds=20)
"""So long a run that shows no process is left alone: the launch may be on its way to the code server."""
CARRIED_OUT = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
WORKER = "spawn_main"


OF_US = "prescient/"
RANGE = (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG)


def runs_of(
    instance: dg.DagsterInstance, job: str, assets: Collection[dg.AssetKey], statuses: list[dg.DagsterRunStatus]
) -> list[dg.RunRecord]:
    """The runs of a job, and those that were started from the pages of its assets."""
    runs = list(instance.get_run_records(dg.RunsFilter(job_name=job, statuses=statuses)))
    other = instance.get_run_records(dg.RunsFilter(job_name=IMPLICIT_ASSET_JOB_NAME, statuses=statuses))
    return runs + [run for run in other if _is_of(run.dagster_run, (), assets)]


def _is_of(run: dg.DagsterRun, jobs: Collection[str], assets: Collection[dg.AssetKey]) -> bool:
    if run.job_name == IMPLICIT_ASSET_JOB_NAME:  # every code location has one of that name
        return not (run.asset_selection or set()).isdisjoint(assets)
    return run.job_name in jobs


def lost_runs_sensor(jobs: Sequence[dg.JobDefinition | UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """Gives up the runs of a code location that nobody carries out, and starts anew what a schedule had started.

    A run that had begun is left to the next capture; one that never did is made again at once, and once, so that its
    job does not wait for the next tick.

    Args:
        jobs: those whose runs are started again.
    """

    @dg.sensor(
        name="lost_runs",
        jobs=jobs,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Every {EVERY_SECONDS} seconds: marks runs as failed that no process carries out any more, and starts "
            "those again that a schedule had started and that never began."
        ),
    )
    def tick(context: dg.SensorEvaluationContext, database: DatabaseResource) -> dg.SensorResult | dg.SkipReason:
        try:
            database.open().require_newest()
        except PrescientError as error:
            return dg.SkipReason(str(error))
        repository = context.repository_def
        assert repository is not None  # Dagster gives it to who asks for jobs
        lost = [
            record.dagster_run
            for record in _lost(context.instance, datetime.now(UTC))
            if _is_of(record.dagster_run, repository.job_names, repository.asset_graph.executable_asset_keys)
        ]
        given_up = [run for run in lost if _give_up(context.instance, run.run_id)]
        if not given_up:
            return dg.SkipReason("every run that is going is carried out by a process, or has only just been started")
        return dg.SensorResult([_again(run) for run in given_up if _never_began(run) and SCHEDULE_NAME_TAG in run.tags])

    return tick


def _lost(instance: dg.DagsterInstance, now: datetime) -> Iterator[dg.RunRecord]:
    """The runs whose process has gone, or never came."""
    if not isinstance(instance.run_launcher, dg.DefaultRunLauncher):
        return
    for record in instance.get_run_records(dg.RunsFilter(statuses=CARRIED_OUT)):
        run = record.dagster_run
        quiet = now - record.update_timestamp > QUIET
        if quiet and PROCESS_TAG not in run.tags and not _is_carried_out(instance, run.run_id):
            yield record


def _never_began(run: dg.DagsterRun) -> bool:
    return run.status is dg.DagsterRunStatus.STARTING


def _give_up(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Mark a run as failed, unless it has ended since, which is why its process may have gone."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.status not in CARRIED_OUT:
        return False
    if _never_began(run):
        instance.add_run_tags(run_id, {NEVER_BEGAN_TAG: "yes"})
    instance.report_run_failed(
        run, "Given up: no process carries this run out. What it left undone, the next one does."
    )
    return True


def _again(run: dg.DagsterRun) -> dg.RunRequest:
    assets, checks = run.asset_selection, run.asset_check_selection
    return dg.RunRequest(
        job_name=run.job_name,
        run_config=run.run_config,
        tags=_asked(run.tags),
        asset_selection=None if assets is None else sorted(assets),
        asset_check_keys=None if checks is None else sorted(checks),
    )


def _asked(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a run was asked for with, without those that Dagster has put on it since."""
    return {name: value for name, value in tags.items() if name.startswith(OF_US) or name in RANGE}


def _is_carried_out(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether its process lives; of one that has not told its process, whether there is any that may be its own."""
    process = _process_of(instance, run_id)
    if process is not None:
        return _lives(process)
    going = instance.get_runs(dg.RunsFilter(statuses=CARRIED_OUT))
    known = {_process_of(instance, run.run_id) for run in going}
    return any(worker not in known for worker in _workers())


def _process_of(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process that a run told of when it began, as the first thing."""
    events = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    for record in events:
        event = record.event_log_entry.dagster_event
        told = event.engine_event_data.metadata.get("pid") if event is not None else None
        if told is not None:
            return int(str(told.value))
    return None


def _workers() -> Iterator[int]:
    """The processes that this code server has started to carry out runs."""
    for child in psutil.Process().children():
        try:
            if child.status() != psutil.STATUS_ZOMBIE and any(WORKER in word for word in child.cmdline()):
                yield child.pid
        except psutil.NoSuchProcess:
            continue


def _lives(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
