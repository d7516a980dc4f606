"""A strategy's partitions follow its portfolios."""

import dagster as dg
import pytest

from prescient_dagster.assets.partitions import PartitionChange, partition_change
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.definitions import defs as platform_defs
from prescient_dagster.resources import resources
from prescient_dagster.store.books import portfolios
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform


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
    assert told == "partitions: made b, removed a stranger"
    assert sync(platform) == "every portfolio has its partition, nothing to do"


def test_many_new_partitions_are_told_briefly(platform: Platform) -> None:
    for number in range(23):
        platform.portfolio(f"p{number}")
        platform.instance.delete_dynamic_partition("momentum_portfolios", f"p{number}")

    assert sync(platform).endswith(" p18 p19 and 3 more")


def test_an_unreachable_database_removes_no_partition(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.portfolio("a")
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    assert "no database answers" in sync(platform)
    assert momentum_keys(platform) == ["a"]


def test_keys_stay_while_a_run_may_use_them(platform: Platform) -> None:
    platform.portfolio("a")
    portfolios.close(platform.database, "a")
    job = defs.resolve_job_def("momentum")
    platform.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=range_tags(["a"]))

    sync(platform)

    assert momentum_keys(platform) == ["a"]


def test_a_partition_change_is_a_pure_difference() -> None:
    assert partition_change(["a", "b"], ["b", "c", "d"], in_use=["d"]) == PartitionChange(("a",), ("c",))
