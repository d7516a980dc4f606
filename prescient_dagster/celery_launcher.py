"""Where runs are carried out by Celery workers: dagster-celery's launcher, mended where it cannot do what it says.

Resuming: release 0.29.27 hands its task `execute_job_args_packed`, and the task wants `resume_job_args_packed`, so that
no run is ever resumed. A test fails once a release does better; then `resume_run` can go.

Dead workers: a task that was being carried out stays `STARTED` in the result backend for ever when its worker dies as a
whole, and the run would go on until it is too old. So the workers are asked.
"""

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, ResumeRunContext, WorkerStatus
from dagster._grpc.types import ResumeRunArgs
from dagster._serdes import pack_value
from dagster_celery.config import TASK_RESUME_JOB_NAME
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from dagster_celery.tasks import create_resume_job_task

PATIENCE_SECONDS = 5
"""So long workers have to answer; one that is alive does at once, whatever its children are doing."""


class ResumingCeleryRunLauncher(CeleryRunLauncher):
    """Starts runs as Celery tasks, notices when their worker has died, and has them resumed by another."""

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
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            if not ended():  # nor has it while the worker was asked
                return CheckRunHealthResult(WorkerStatus.FAILED, "no Celery worker carries out its task")
        told: CheckRunHealthResult = super().check_run_worker_health(run)
        return told

    def _is_carried_out(self, task_id: str) -> bool:
        """Whether the worker that took the task knows it; any worker, where it has been forgotten which one did."""
        told = self.celery.AsyncResult(task_id).info
        workers = [told["hostname"]] if isinstance(told, dict) and "hostname" in told else None
        known = self.celery.control.inspect(destination=workers, timeout=PATIENCE_SECONDS).query_task(task_id)
        return any(task_id in tasks for tasks in (known or {}).values())
