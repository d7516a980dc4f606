"""Resuming a run by Celery: what is sent to the broker fits the task, for which the release does not care."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
import yaml

pytest.importorskip("dagster_celery", reason="needs the extra prescient[celery]")

from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import ResumeRunContext, WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from prescient_dagster import celery_launcher
from prescient_dagster.celery_launcher import ResumingCeleryRunLauncher
from tests.deploy.topology import DEPLOY

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


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dg.DagsterInstance, dg.DagsterRun, list[float]]]:
    """A run whose worker does not answer, and the time by which the launcher goes."""
    now = [100.0]
    monkeypatch.setattr(celery_launcher, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(celery_launcher, "monotonic", lambda: now[0])
    with interrupted(ResumingCeleryRunLauncher) as (instance, run):
        resume(instance, run)
        sent = instance.get_run_by_id(run.run_id)
        assert sent is not None
        yield instance, sent, now


def health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> WorkerStatus:
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_worker_that_misses_one_question_is_not_dead_and_one_that_misses_all_is(
    silent: tuple[dg.DagsterInstance, dg.DagsterRun, list[float]],
) -> None:
    instance, run, now = silent
    assert health(instance, run) is WorkerStatus.RUNNING
    now[0] += celery_launcher.SILENT_SECONDS - 1
    assert health(instance, run) is WorkerStatus.RUNNING
    now[0] += 1
    assert health(instance, run) is WorkerStatus.FAILED
    assert health(instance, run) is WorkerStatus.RUNNING  # of a resumed run, the silence begins anew


def test_a_run_that_goes_on_telling_is_alive_however_long_its_worker_is_silent(
    silent: tuple[dg.DagsterInstance, dg.DagsterRun, list[float]],
) -> None:
    instance, run, now = silent
    for number in range(4):
        assert health(instance, run) is WorkerStatus.RUNNING
        now[0] += 3 * celery_launcher.SILENT_SECONDS
        instance.report_engine_event(f"portfolio {number}", run)
    assert health(instance, run) is WorkerStatus.RUNNING


def test_a_dead_worker_is_noticed_within_a_minute() -> None:
    """The death comes right after a question; each of its runs is asked for, one after the other."""
    text = (DEPLOY / "celery" / "dagster.yaml").read_text(encoding="utf-8")
    every = yaml.safe_load(text)["run_monitoring"]["poll_interval_seconds"]
    children, patience = 2, celery_launcher.PATIENCE_SECONDS
    rounds = 1 + -(-celery_launcher.SILENT_SECONDS // every)
    assert rounds * (every + children * patience) < 60
