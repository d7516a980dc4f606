"""Schedules trade each capture once; partitions follow the portfolios."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets import automation
from prescient_dagster.assets.automation import PartitionChange, partition_change
from prescient_dagster.definitions import defs as platform_defs
from prescient_dagster.resources import resources
from prescient_dagster.store import portfolios
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Kept in files: a schedule gets its instance by reference."""
    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


def tick(platform: Platform, strategy: str = "momentum") -> dg.RunRequest | str:
    """One evaluation of a strategy's schedule: the run it asks for, or its skip reason."""
    schedule = defs.resolve_schedule_def(f"{strategy}_schedule")
    answer = schedule(dg.build_schedule_context(instance=platform.instance, resources=resources()))
    return answer if isinstance(answer, dg.RunRequest) else str(answer.skip_message)


def launch(platform: Platform, request: dg.RunRequest, strategy: str = "momentum") -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def(strategy)
    return job.execute_in_process(
        instance=platform.instance, run_config=request.run_config, tags=request.tags, raise_on_error=False
    )


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
    assert tick(platform) == "no capture is ready to be traded yet"


def test_a_run_still_going_holds_the_next_one_back(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    job = defs.resolve_job_def("momentum")
    platform.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=automation.range_tags(["a"]))

    assert tick(platform) == "a momentum run is still queued or going"


def sync(platform: Platform) -> str:
    sensor = platform_defs.resolve_sensor_def("portfolio_partitions")
    data = sensor.evaluate_tick(dg.build_sensor_context(instance=platform.instance, resources=resources()))
    return str(data.skip_message)


def momentum_keys(platform: Platform) -> list[str]:
    return list(platform.instance.get_dynamic_partitions("momentum_portfolios"))


def test_partitions_follow_the_portfolios(platform: Platform) -> None:
    platform.portfolio("a")
    platform.portfolio("b")
    platform.instance.add_dynamic_partitions("momentum_portfolios", ["stranger"])
    platform.instance.delete_dynamic_partition("momentum_portfolios", "b")
    portfolios.close(platform.database, "a")

    told = sync(platform)

    assert momentum_keys(platform) == ["b"]
    assert told == "partitions changed: +b -a -stranger"
    assert sync(platform) == "the partitions are the portfolios"


def test_an_unreachable_database_removes_no_partition(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.portfolio("a")
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    assert "no database answers" in sync(platform)
    assert momentum_keys(platform) == ["a"]


def test_keys_stay_while_a_run_may_use_them(platform: Platform) -> None:
    platform.portfolio("a")
    portfolios.close(platform.database, "a")
    job = defs.resolve_job_def("momentum")
    platform.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=automation.range_tags(["a"]))

    sync(platform)

    assert momentum_keys(platform) == ["a"]


def test_a_partition_change_is_a_pure_difference() -> None:
    assert partition_change(["a", "b"], ["b", "c", "d"], in_use=["d"]) == PartitionChange(("a",), ("c",))
