"""What the pages of a strategy's assets say before anything has run."""

import dagster as dg
import pytest

from prescient_dagster.assets.cycle import asset_key, partitions
from prescient_dagster.catalog import code_version, load_strategy, strategy_names
from prescient_dagster.store.books.cycles import Stage
from strategy_assets.definitions import defs


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("strategy", strategy_names())
def test_every_asset_says_what_it_is_when_it_runs_and_what_its_partitions_are(strategy: str, stage: Stage) -> None:
    node = defs.resolve_asset_graph().get(asset_key(strategy, stage))

    assert node.group_name == strategy
    assert node.owners == ["team:prescient"]
    assert node.code_version == code_version(strategy)
    assert {"postgres", "python"} == node.kinds
    assert node.tags["strategy"] == strategy
    assert node.tags["stage"] == stage
    assert node.metadata["dagster/table_name"] == f"prescient.{stage}"
    assert node.partitions_def == partitions(strategy)
    for told in (load_strategy(strategy).description, f"`{strategy}_schedule`", "One partition is one portfolio"):
        assert told in (node.description or "")


@pytest.mark.parametrize("strategy", strategy_names())
def test_the_schedule_that_a_description_names_is_there(strategy: str) -> None:
    schedule = defs.resolve_schedule_def(f"{strategy}_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
