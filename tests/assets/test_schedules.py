"""Schedules trade each capture once, and say in words why they did nothing."""

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from sqlalchemy import text

from prescient_dagster.assets.inputs.forecasts import NOWHERE
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.assets.runs.cycle_runs import synced_partitions
from prescient_dagster.definitions import defs as platform_defs
from prescient_dagster.resources import resources
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.market import captures
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites


@pytest.fixture
def instance(stored_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    return stored_instance


def tick(platform: Platform, schedule: str = "momentum_schedule", of: dg.Definitions = defs) -> dg.RunRequest | str:
    """One evaluation of a schedule: the run it asks for, or its skip reason."""
    context = dg.build_schedule_context(instance=platform.instance, resources=resources())
    answer = of.resolve_schedule_def(schedule)(context)
    if isinstance(answer, dg.SkipReason):
        return str(answer.skip_message)
    (request,) = answer if isinstance(answer, list) else [answer]
    return request


def launch(platform: Platform, request: dg.RunRequest, strategy: str = "momentum") -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def(strategy)
    return job.execute_in_process(
        instance=platform.instance, run_config=request.run_config, tags=request.tags, raise_on_error=False
    )


def traded(platform: Platform) -> int:
    """A capture that the momentum portfolios have traded."""
    capture = platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    request = tick(platform)
    assert isinstance(request, dg.RunRequest)
    assert launch(platform, request).success
    return capture


def make_older(platform: Platform, minutes: int) -> None:
    with platform.database.begin() as connection:
        connection.execute(text(f"UPDATE prescient.captures SET stored_at = now() - interval '{minutes} minutes'"))


def test_ten_ticks_with_one_capture_make_one_run(platform: Platform) -> None:
    capture = platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    platform.portfolio("b")

    answers = []
    for _ in range(10):
        answer = tick(platform)
        answers.append(answer)
        if isinstance(answer, dg.RunRequest):
            launch(platform, answer)

    assert isinstance(answers[0], dg.RunRequest)
    assert answers[1:] == [f"capture {capture} already traded"] * 9
    assert len(platform.rows("trades", "a")) == len(platform.rows("trades", "b")) == 1


def test_a_run_that_failed_is_not_repeated_on_the_same_capture(platform: Platform) -> None:
    capture = platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a", trade_amount=-1)
    request = tick(platform)
    assert isinstance(request, dg.RunRequest)

    assert not launch(platform, request).success

    assert tick(platform) == f"capture {capture} already traded"


def test_a_broken_stored_config_does_not_stop_the_tick(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    platform.portfolio("broken")
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.portfolios SET strategy_config = '[1]' WHERE slug = 'broken'"))

    request = tick(platform)

    assert isinstance(request, dg.RunRequest)
    launch(platform, request)
    assert len(platform.rows("trades", "a")) == 1


def test_skip_reasons_say_what_is_missing(platform: Platform) -> None:
    assert tick(platform) == "there is no momentum portfolio"
    platform.portfolio("a")
    assert tick(platform) == "no capture is ready to be traded yet: the first takes a minute"


def test_a_stale_market_is_told_with_its_age_and_where_to_look(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = traded(platform)
    make_older(platform, 17)

    assert tick(platform) == (
        f"capture {capture} already traded; market data is 17 minutes old, limit 10 minutes: "
        "one is due every minute, see the last runs of market_data"
    )


def test_a_refused_capture_is_told_with_its_reason(platform: Platform) -> None:
    capture = traded(platform)
    refused = captures.save(platform.database, platform.captures_folder, a_listing(*favourites(1), hours=1))
    captures.mark_refused(platform.database, refused.capture_id, "no market is tradable")

    assert tick(platform) == (
        f"capture {refused.capture_id} refused: no market is tradable; capture {capture} already traded"
    )


def test_a_first_capture_that_was_refused_is_told_too(platform: Platform) -> None:
    platform.portfolio("a")
    refused = captures.save(platform.database, platform.captures_folder, a_listing(*favourites(1)))
    captures.mark_refused(platform.database, refused.capture_id, "no market is tradable")

    assert str(tick(platform)).startswith(f"capture {refused.capture_id} refused: no market is tradable; no capture is")


def test_an_unreachable_database_is_a_skip_reason(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.portfolio("a")
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    assert "no database answers" in str(tick(platform))


@pytest.mark.parametrize(
    ("status", "told"), [(dg.DagsterRunStatus.STARTED, "going"), (dg.DagsterRunStatus.NOT_STARTED, "queued")]
)
def test_a_run_still_going_holds_the_next_one_back(platform: Platform, status: dg.DagsterRunStatus, told: str) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    job = defs.resolve_job_def("momentum")
    platform.instance.create_run_for_job(job, status=status, tags=range_tags(["a"]))

    assert str(tick(platform)).startswith(f"the momentum run before is still {told}, since ")


@pytest.mark.parametrize(
    "schedule", [each.name for each in platform_defs.schedules or () if isinstance(each, dg.ScheduleDefinition)]
)
def test_every_schedule_of_the_platform_starts_one_run_at_a_time(platform: Platform, schedule: str) -> None:
    job = platform_defs.resolve_job_def(platform_defs.resolve_schedule_def(schedule).job_name)
    assert tick(platform, schedule, platform_defs) in (dg.RunRequest(), "nothing has been traded yet", NOWHERE)

    platform.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)

    assert str(tick(platform, schedule, platform_defs)).startswith(f"the {job.name} run before is still going, since ")


@pytest.mark.parametrize("of", [platform_defs, defs], ids=["platform", "strategies"])
def test_every_schedule_is_on_and_says_how_often_it_does_what(of: dg.Definitions) -> None:
    for schedule in of.schedules or ():
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert (schedule.description or "").startswith("Every ")


@pytest.mark.parametrize(
    ("schedule", "status", "stays"),
    [
        ("momentum_schedule", TickStatus.STARTED, True),
        ("momentum_schedule", TickStatus.SUCCESS, False),
        ("scalping_schedule", TickStatus.STARTED, False),
    ],
)
def test_keys_stay_while_a_tick_is_about_to_make_its_run(
    schedule: str, status: TickStatus, stays: bool, platform: Platform
) -> None:
    platform.portfolio("a")
    portfolios.close(platform.database, "a")
    location = RegisteredCodeLocationOrigin("strategy_assets")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), schedule)
    kind = InstigatorType.SCHEDULE
    state = InstigatorState(origin, kind, InstigatorStatus.RUNNING, ScheduleInstigatorData("* * * * *"))
    platform.instance.add_instigator_state(state)
    platform.instance.create_tick(
        TickData(state.instigator_origin_id, schedule, kind, status, 0.0, run_ids=[], selector_id=state.selector_id)
    )

    assert (list(synced_partitions(platform.instance, platform.database, "momentum")) == ["a"]) is stays
