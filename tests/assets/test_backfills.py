"""Backfills: what of them can be seen without a daemon. The range that it runs, and the partitions it must not lose."""

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from sqlalchemy import text

from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.assets.runs.cycle_runs import synced_partitions
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

FIVE = ["a", "b", "c", "d", "e"]


@pytest.fixture
def five(platform: Platform) -> Platform:
    """Five portfolios, of which c has a config that its strategy refuses."""
    platform.capture(a_listing(*favourites(1)))
    for slug in FIVE:
        platform.portfolio(slug)
    set_config(platform, "c", '{"min_confidense": 0.8}')
    return platform


def set_config(platform: Platform, slug: str, config: str) -> None:
    query = text("UPDATE prescient.portfolios SET strategy_config = :config WHERE slug = :slug")
    with platform.database.begin() as connection:
        connection.execute(query, {"config": config, "slug": slug})


def test_a_backfill_of_a_strategy_is_one_run_up_to_the_limit() -> None:
    for strategy in ("momentum", "mean_reversion"):
        policy = defs.resolve_asset_graph().get(asset_key(strategy, Stage.SIGNALS)).backfill_policy
        assert policy == dg.BackfillPolicy.multi_run(1000)


def test_the_failed_one_alone_is_run_again_after_a_repair_and_turns_green(five: Platform) -> None:
    five.run(FIVE)
    assert [five.failed_partitions(stage) for stage in Stage] == [{"c"}] * 3
    set_config(five, "c", '{"fill_model": "touch"}')

    again = five.run(["c"])

    assert again.success
    assert [five.failed_partitions(stage) for stage in Stage] == [set()] * 3
    assert [len(five.rows("trades", slug)) for slug in FIVE] == [1] * 5


def a_backfill(status: BulkActionStatus, *assets: str) -> PartitionBackfill:
    return PartitionBackfill(
        "one",
        status,
        False,
        tags={},
        backfill_timestamp=0.0,
        asset_selection=[dg.AssetKey(a.split("/")) for a in assets],
    )


@pytest.mark.parametrize(
    ("status", "asset", "stays"),
    [
        (BulkActionStatus.REQUESTED, "momentum/signals", True),
        (BulkActionStatus.CANCELING, "momentum/trades", True),
        (BulkActionStatus.COMPLETED_SUCCESS, "momentum/signals", False),
        (BulkActionStatus.REQUESTED, "scalping/signals", False),
    ],
    ids=str,
)
def test_the_partition_of_a_closed_portfolio_stays_while_a_backfill_needs_it(
    status: BulkActionStatus, asset: str, stays: bool, platform: Platform
) -> None:
    platform.portfolio("a")
    portfolios.close(platform.database, "a")
    platform.instance.add_backfill(a_backfill(status, asset))

    assert (list(synced_partitions(platform.instance, platform.database, "momentum")) == ["a"]) is stays


@pytest.mark.parametrize(("strategy", "stays"), [("momentum", True), ("scalping", False)])
def test_the_partition_of_a_closed_portfolio_stays_while_a_run_from_the_assets_page_needs_it(
    strategy: str, stays: bool, platform: Platform
) -> None:
    platform.portfolio("a")
    portfolios.close(platform.database, "a")
    job, selection = defs.resolve_implicit_global_asset_job_def(), frozenset({asset_key(strategy, Stage.SIGNALS)})
    platform.instance.create_run_for_job(job, asset_selection=selection, status=dg.DagsterRunStatus.STARTED)

    assert (list(synced_partitions(platform.instance, platform.database, "momentum")) == ["a"]) is stays
