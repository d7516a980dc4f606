"""A run that no process carries out is given up within seconds; one that is carried out never is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from sqlalchemy import text

from prescient_dagster.assets.cycle import asset_keys
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, NEVER_BEGAN_TAG, PROCESS_TAG
from prescient_dagster.definitions import defs as platform_defs
from prescient_dagster.resources import resources
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.test_schedules import tick
from tests.assets.worlds import a_listing, favourites

STARTING, STARTED, FAILURE = dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE
NOBODY = 999_999_999


@pytest.fixture
def instance(stored_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    return stored_instance


@pytest.fixture
def traded(platform: Platform) -> Platform:
    """A portfolio, and a capture that is ready."""
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    return platform


def a_run(
    platform: Platform,
    status: dg.DagsterRunStatus,
    process: int | None = None,
    *,
    seconds: float = 60,
    tags: dict[str, str] | None = None,
    from_the_page: bool = False,
) -> str:
    """A momentum run on the capture that has not changed for so long, and has told its process."""
    if from_the_page:
        job = defs.resolve_implicit_global_asset_job_def()
        run = platform.instance.create_run_for_job(job, status=status, asset_selection=asset_keys("momentum"))
    else:
        job = defs.resolve_job_def("momentum")
        run = platform.instance.create_run_for_job(job, status=status, tags={CAPTURE_TAG: "1", **(tags or {})})
    if process is not None:
        message = f"Started process for run (pid: {process})."
        platform.instance.report_engine_event(message, run, EngineEventData.in_process(process))
    changed = f"UPDATE runs SET update_timestamp = datetime('now', '-{seconds} seconds') WHERE run_id = '{run.run_id}'"
    with platform.instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(text(changed))
    return run.run_id


def status_of(platform: Platform, run_id: str) -> dg.DagsterRunStatus:
    run = platform.instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def look(platform: Platform, of: dg.Definitions = defs) -> list[dg.RunRequest]:
    """One evaluation of the sensor: the runs that it starts again."""
    context = dg.build_sensor_context(instance=platform.instance, definitions=of, resources=resources())
    return list(of.resolve_sensor_def("lost_runs").evaluate_tick(context).run_requests or ())


def look_and_tick(platform: Platform) -> dg.RunRequest | str:
    look(platform)
    return tick(platform)


@contextmanager
def a_worker() -> Iterator[int]:
    """A process such as a code server starts for a run."""
    command = [sys.executable, "-c", "import sys; print('spawn_main', flush=True); sys.stdin.read()", "spawn_main"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("process", [None, NOBODY])
def test_a_run_that_never_began_is_given_up_and_its_capture_is_traded_at_once(
    process: int | None, traded: Platform
) -> None:
    lost = a_run(traded, STARTING, process)
    answer = look_and_tick(traded)
    assert status_of(traded, lost) is FAILURE
    assert isinstance(answer, dg.RunRequest)
    assert answer.tags[CAPTURE_TAG] == "1"


def test_a_run_that_died_on_its_way_is_given_up_and_the_next_capture_heals_it(traded: Platform) -> None:
    lost = a_run(traded, STARTED, NOBODY)
    assert look_and_tick(traded) == "capture 1 already traded"
    assert status_of(traded, lost) is FAILURE
    traded.capture(a_listing(*favourites(1), hours=1))
    assert isinstance(look_and_tick(traded), dg.RunRequest)


def test_one_that_was_started_from_the_page_of_an_asset_does_not_hold_the_pool(traded: Platform) -> None:
    lost = a_run(traded, STARTING, from_the_page=True)
    assert isinstance(look_and_tick(traded), dg.RunRequest)
    assert status_of(traded, lost) is FAILURE


@pytest.mark.parametrize("status", [STARTING, STARTED])
def test_a_run_whose_process_lives_is_waited_for(status: dg.DagsterRunStatus, traded: Platform) -> None:
    run = a_run(traded, status, os.getpid(), seconds=500)
    assert "still going" in str(look_and_tick(traded))
    assert status_of(traded, run) is status


def test_a_run_whose_process_has_not_told_yet_is_waited_for(traded: Platform) -> None:
    run = a_run(traded, STARTING, seconds=500)
    with a_worker():
        assert "still going" in str(look_and_tick(traded))
    assert status_of(traded, run) is STARTING
    assert isinstance(look_and_tick(traded), dg.RunRequest)


def test_the_process_of_another_run_is_none_of_its_own(traded: Platform) -> None:
    with a_worker() as worker:
        other = a_run(traded, STARTED, worker, from_the_page=True)
        lost = a_run(traded, STARTING)
        look_and_tick(traded)
    assert (status_of(traded, other), status_of(traded, lost)) == (STARTED, FAILURE)


def test_a_run_that_is_just_being_launched_is_waited_for(traded: Platform) -> None:
    run = a_run(traded, STARTING, seconds=1)
    assert "still going" in str(look_and_tick(traded))
    assert status_of(traded, run) is STARTING


def test_a_run_that_a_command_carries_out_is_its_own_affair(traded: Platform) -> None:
    run = a_run(traded, STARTED, NOBODY, tags={PROCESS_TAG: "1"})
    assert "still going" in str(look_and_tick(traded))
    assert status_of(traded, run) is STARTED


def test_a_lost_run_says_whether_it_ever_began(traded: Platform) -> None:
    runs = [a_run(traded, STARTING), a_run(traded, STARTED, NOBODY)]
    look_and_tick(traded)
    tags = [traded.instance.get_run_by_id(run).tags for run in runs]  # type: ignore[union-attr]
    assert [NEVER_BEGAN_TAG in each for each in tags] == [True, False]


SCHEDULED = {"dagster/schedule_name": "momentum_schedule", "dagster/tick": "7", ".dagster/grpc_info": "{}"}


def test_what_a_schedule_started_and_never_began_is_started_again_as_it_was_asked_for(traded: Platform) -> None:
    asked = tick(traded)
    assert isinstance(asked, dg.RunRequest)
    a_run(traded, STARTING, tags={**asked.tags, **SCHEDULED})
    [again] = look(traded)
    assert (again.job_name, again.tags) == ("momentum", asked.tags | {"dagster/sensor_name": "lost_runs"})
    assert look(traded) == []


@pytest.mark.parametrize(
    ("status", "process", "tags"),
    [(STARTING, None, {}), (STARTED, NOBODY, SCHEDULED), (STARTING, None, {"dagster/sensor_name": "lost_runs"})],
)
def test_nothing_else_is_started_again(
    status: dg.DagsterRunStatus, process: int | None, tags: dict[str, str], traded: Platform
) -> None:
    lost = a_run(traded, status, process, tags=tags)
    assert look(traded) == []
    assert status_of(traded, lost) is FAILURE


def test_each_code_location_looks_after_its_own_runs(traded: Platform) -> None:
    lost = a_run(traded, STARTING, tags=SCHEDULED)
    of_a_page = a_run(traded, STARTING, from_the_page=True)
    assert look(traded, platform_defs) == []
    assert {status_of(traded, run) for run in (lost, of_a_page)} == {STARTING}
    assert len(look(traded)) == 1
    assert {status_of(traded, run) for run in (lost, of_a_page)} == {FAILURE}
