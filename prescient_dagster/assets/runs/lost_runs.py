"""Runs that no process carries out any more, and that nobody has noticed.

A code server looks after the processes of its runs. It stops doing so for good when it cannot reach the database at the
moment at which one of them has died, and the daemon cannot note that a launch has failed: what was about to start while
the database was away is STARTING until Dagster's start timeout, and all that time it would keep its job from running.

The tick of a schedule looks, because it is carried out by the code server that starts the runs of its job: their
processes are its children. Where runs are started elsewhere (Celery, Kubernetes) this is left to Dagster.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import dagster as dg
import psutil
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME  # not exported

from prescient_dagster.assets.runs.run_tags import NEVER_BEGAN_TAG, PROCESS_TAG

QUIET = timedelta(seconds=20)
"""So long a run that shows no process is left alone: the launch may be on its way to the code server."""
CARRIED_OUT = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
WORKER = "spawn_main"


def runs_of(
    instance: dg.DagsterInstance, job: str, assets: Collection[dg.AssetKey], statuses: list[dg.DagsterRunStatus]
) -> list[dg.RunRecord]:
    """The runs of a job, and those that were started from the pages of its assets."""
    runs = list(instance.get_run_records(dg.RunsFilter(job_name=job, statuses=statuses)))
    if assets:
        other = instance.get_run_records(dg.RunsFilter(job_name=IMPLICIT_ASSET_JOB_NAME, statuses=statuses))
        runs += [run for run in other if set(assets) & (run.dagster_run.asset_selection or set())]
    return runs


def give_up_lost(instance: dg.DagsterInstance, job: str, assets: Collection[dg.AssetKey], now: datetime) -> None:
    """Mark as failed the runs of a job whose process has gone, or never came."""
    if not isinstance(instance.run_launcher, dg.DefaultRunLauncher):
        return
    for record in runs_of(instance, job, assets, CARRIED_OUT):
        run = record.dagster_run
        quiet = now - record.update_timestamp > QUIET
        if quiet and PROCESS_TAG not in run.tags and not _is_carried_out(instance, run.run_id):
            _give_up(instance, run.run_id)


def _give_up(instance: dg.DagsterInstance, run_id: str) -> None:
    run = instance.get_run_by_id(run_id)  # its process may have gone because it has ended since
    if run is None or run.status not in CARRIED_OUT:
        return
    if run.status is dg.DagsterRunStatus.STARTING:
        instance.add_run_tags(run_id, {NEVER_BEGAN_TAG: "yes"})
    instance.report_run_failed(
        run, "Given up: no process carries this run out. What it left undone, the next one does."
    )


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
