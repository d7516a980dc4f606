"""Where runs are carried out by Celery workers: dagster-celery's launcher, mended where it cannot do what it says.

Resuming: release 0.29.27 hands its task `execute_job_args_packed`, and the task wants `resume_job_args_packed`, so that
no run is ever resumed. A test fails once a release does better; then `resume_run` can go.

Dead workers: a task that was being carried out stays `STARTED` in the result backend for ever when its worker dies as a
whole, and the run would go on until it is too old. So the workers are asked. One that is loaded may miss a question: a
worker is dead that misses all of them for a while, if the run tells nothing meanwhile.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, ResumeRunContext, WorkerStatus
from dagster._grpc.types import ResumeRunArgs
from dagster._serdes import pack_value
from dagster_celery.config import TASK_RESUME_JOB_NAME
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from dagster_celery.tasks import create_resume_job_task

PATIENCE_SECONDS = 5
"""So long workers have to answer a question; one that is alive does at once, unless its machine is overloaded."""
SILENT_SECONDS = 15
"""So long nothing is heard of a worker after the first question that it missed, before it counts as dead.

Questions are 15 seconds apart (`poll_interval_seconds`): the worker has missed two in a row, and has not come to answer
for 20 seconds. A dead one is noticed within 40 seconds, 50 where it had two runs; the promise is a minute.
"""


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when a run's worker does not answer, and the newest event of the run by then."""

    since: float
    newest_event: int


class ResumingCeleryRunLauncher(CeleryRunLauncher):
    """Starts runs as Celery tasks, notices when their worker has died, and has them resumed by another."""

    def __init__(self, *settings: Any, **named_settings: Any) -> None:
        super().__init__(*settings, **named_settings)
        self._silences: dict[str, Silence] = {}

    def resume_run(self, context: ResumeRunContext) -> None:
        """Send a run to a worker again."""
        run = context.dagster_run
        assert run.job_code_origin is not None
        args = ResumeRunArgs(
            job_origin=run.job_code_origin,
            run_id=run.run_id,
            instance_ref=self._instance.get_ref(),
            set_exit_code_on_failure=True,
        )
        task = create_resume_job_task(self.celery).si(resume_job_args_packed=pack_value(args))
        self._launch_celery_task_run(run=run, task_signature=task, routing_key=TASK_RESUME_JOB_NAME)

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether a worker carries out the run's task. A broker that does not answer is an error, not a dead worker."""
        task_id = run.tags[DAGSTER_CELERY_TASK_ID_TAG]
        ended = self.celery.AsyncResult(task_id).ready
        if not ended():
            if self._is_carried_out(task_id):
                self._silences.pop(run.run_id, None)
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            if self._may_live(run.run_id):
                return CheckRunHealthResult(WorkerStatus.RUNNING, "its Celery worker does not answer")
            if not ended():  # nor has it while the worker was asked
                del self._silences[run.run_id]
                return CheckRunHealthResult(WorkerStatus.FAILED, "no Celery worker carries out its task")
        self._silences.pop(run.run_id, None)
        told: CheckRunHealthResult = super().check_run_worker_health(run)
        return told

    def _is_carried_out(self, task_id: str) -> bool:
        """Whether the worker that took the task knows it; any worker, where it has been forgotten which one did."""
        told = self.celery.AsyncResult(task_id).info
        workers = [told["hostname"]] if isinstance(told, dict) and "hostname" in told else None
        known = self.celery.control.inspect(destination=workers, timeout=PATIENCE_SECONDS).query_task(task_id)
        return any(task_id in tasks for tasks in (known or {}).values())

    def _may_live(self, run_id: str) -> bool:
        """Whether a worker that does not answer has been silent for a short time only, or its run goes on telling."""
        newest = self._newest_event(run_id)
        silence = self._silences.get(run_id)
        if silence is None or silence.newest_event != newest:
            self._silences[run_id] = Silence(monotonic(), newest)
            return True
        return monotonic() - silence.since < SILENT_SECONDS

    def _newest_event(self, run_id: str) -> int:
        """By its number, so that no two machines have to agree on the time."""
        records = self._instance.get_records_for_run(run_id, limit=1, ascending=False).records
        return records[0].storage_id if records else 0
