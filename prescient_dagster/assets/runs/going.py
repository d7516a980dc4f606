"""Runs that have not ended: queued, about to start, or going."""

from collections.abc import Sequence
from datetime import UTC

import dagster as dg

WAITING = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED]
GOING = [*WAITING, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def going(instance: dg.DagsterInstance, job: str, limit: int | None = None) -> Sequence[dg.RunRecord]:
    """The runs of a job that have not ended, the newest first."""
    return instance.get_run_records(dg.RunsFilter(job_name=job, statuses=GOING), limit=limit)


def still_going(name: str, record: dg.RunRecord) -> str:
    """That a run has not ended, and since when it is there."""
    waits = "queued" if record.dagster_run.status in WAITING else "going"
    return f"the {name} run before is still {waits}, since {record.create_timestamp.astimezone(UTC):%H:%M:%S} UTC"
