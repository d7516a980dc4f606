"""Resuming a run by Celery: what is sent to the broker fits the task, for which the release does not care."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest

pytest.importorskip("dagster_celery", reason="needs the extra prescient[celery]")

from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import ResumeRunContext
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from prescient_dagster.celery_launcher import ResumingCeleryRunLauncher

IN_MEMORY = {"broker": "memory://", "backend": "cache+memory://"}
ORIGIN = JobPythonOrigin("carry", RepositoryPythonOrigin("python", ModuleCodePointer("nowhere", "defs")))


@dg.job
def carry() -> None:
    """A run of it waits for a worker."""


@contextmanager
def interrupted(launcher: type[CeleryRunLauncher]) -> Iterator[tuple[dg.DagsterInstance, dg.DagsterRun]]:
    """A run that has begun, of an instance whose broker has no workers."""
    named = {"module": launcher.__module__, "class": launcher.__name__, "config": IN_MEMORY}
    with dg.instance_for_test(overrides={"run_launcher": named}) as instance:
        run = instance.create_run_for_job(carry, status=dg.DagsterRunStatus.STARTED, job_code_origin=ORIGIN)
        yield instance, run


def resume(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    instance.run_launcher.resume_run(ResumeRunContext(dagster_run=run, workspace=None))


def test_a_run_is_sent_to_a_worker_again() -> None:
    with interrupted(ResumingCeleryRunLauncher) as (instance, run):
        resume(instance, run)
        sent = instance.get_run_by_id(run.run_id)
        assert sent is not None
        assert sent.tags[DAGSTER_CELERY_TASK_ID_TAG]


def test_the_launcher_of_the_release_still_cannot_resume() -> None:
    """Once this fails, `resume_run` of ours can go."""
    with interrupted(CeleryRunLauncher) as (instance, run), pytest.raises(TypeError, match="execute_job_args_packed"):
        resume(instance, run)
