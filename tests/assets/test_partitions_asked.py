"""A run trades the portfolios it was asked for, or none: its range is looked up when it starts, and may have moved."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from prescient_dagster.assets.cycle import asset_key, op_name, partitions
from prescient_dagster.assets.partitions_asked import (
    BACKFILL_TAG,
    RANGE_END,
    RANGE_START,
    fingerprint,
    range_tags,
)
from prescient_dagster.store.books.cycles import Stage
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform, Ran, ran_of
from tests.assets.worlds import a_listing, favourites

KEYS = "momentum_portfolios"
THREE = ["first", "second", "third"]


@pytest.fixture
def three(platform: Platform) -> Platform:
    platform.capture(a_listing(*favourites(1)))
    for slug in THREE:
        platform.portfolio(slug)
    return platform


def ends(first: str, last: str) -> dict[str, str]:
    """The tags of a range as the UI writes them."""
    return {RANGE_START: first, RANGE_END: last}


def waiting(platform: Platform, tags: Mapping[str, str]) -> dg.DagsterRun:
    """A run that has been made and has not begun."""
    job = defs.resolve_job_def("momentum")
    config = {"ops": {op_name("momentum"): {"config": {}}}}
    return platform.instance.create_run_for_job(job, tags=tags, run_config=config)


def carried_out(platform: Platform, run: dg.DagsterRun) -> Ran:
    job = InMemoryJob(defs.resolve_job_def("momentum"))
    return ran_of(platform.instance, execute_run(job, run, platform.instance, raise_on_error=False))


def removed(platform: Platform, key: str) -> None:
    platform.instance.delete_dynamic_partition(KEYS, key)


def added_again(platform: Platform, key: str) -> None:
    """A key that was removed and came back: it stands at the end now."""
    removed(platform, key)
    platform.instance.add_dynamic_partitions(KEYS, [key])


def traded(platform: Platform) -> list[str]:
    return [slug for slug in THREE if platform.rows("trades", slug)]


def failed_without_a_trade(platform: Platform, ran: Ran, line: str) -> None:
    assert not ran.success
    assert line in ran.failure
    assert traded(platform) == []
    assert all(platform.rows("cycles", slug) == [] for slug in THREE)


def test_a_backward_range_is_red_and_says_so(three: Platform) -> None:
    line = "no portfolio lies in the range second to first: the first comes after the last; nothing was traded"
    failed_without_a_trade(three, carried_out(three, waiting(three, ends("second", "first"))), line)


def replaced(platform: Platform) -> None:
    """One in the middle went, another came in."""
    removed(platform, "second")
    platform.instance.add_dynamic_partitions(KEYS, ["stranger"])
    added_again(platform, "third")


MOVES: dict[str, tuple[Sequence[str], Callable[[Platform], None], str]] = {
    "first key came back": (
        THREE[:2],
        partial(added_again, key="first"),
        "no portfolio lies in the range first to second",
    ),
    "last key came back": (
        THREE[:2],
        partial(added_again, key="second"),
        "other portfolios than the run was asked for (not asked for: third)",
    ),
    "middle is gone": (THREE, partial(removed, key="second"), "(no longer in it: second)"),
    "last key is gone": (THREE, partial(removed, key="third"), "the range first to third is no longer there"),
    "middle was replaced": (THREE, replaced, "(not asked for: stranger; no longer in it: second)"),
}
STILL_A_RANGE = ["last key came back", "middle is gone", "middle was replaced"]


@pytest.mark.parametrize("move", MOVES)
def test_what_moved_while_the_run_waited_is_told_and_nothing_trades(move: str, three: Platform) -> None:
    slugs, moved, line = MOVES[move]
    run = waiting(three, ends(slugs[0], slugs[-1]))
    moved(three)
    failed_without_a_trade(three, carried_out(three, run), line)


@pytest.mark.parametrize("move", STILL_A_RANGE)
def test_what_moved_between_the_tick_and_its_run_is_told_too(move: str, three: Platform) -> None:
    slugs, moved, _ = MOVES[move]
    tags = range_tags(slugs)
    moved(three)
    line = f"the run was asked for {fingerprint(slugs)} portfolios"
    failed_without_a_trade(three, carried_out(three, waiting(three, tags)), line)


def test_the_same_portfolios_in_another_order_are_the_same(three: Platform) -> None:
    run = waiting(three, range_tags(THREE))
    added_again(three, "second")
    added_again(three, "third")
    assert carried_out(three, run).success
    assert traded(three) == THREE


@pytest.mark.parametrize("tags", [ends("first", "third"), range_tags(THREE)], ids=["from the UI", "from the schedule"])
def test_a_range_as_it_was_trades(tags: dict[str, str], three: Platform) -> None:
    run = waiting(three, tags)
    three.portfolio("newcomer")
    assert carried_out(three, run).success
    assert traded(three) == THREE
    assert three.rows("cycles", "newcomer") == []


@pytest.mark.parametrize("tags", [{"dagster/partition": "second"}, ends("second", "second")], ids=["key", "range"])
def test_a_single_portfolio_trades_wherever_its_key_stands(tags: dict[str, str], three: Platform) -> None:
    run = waiting(three, tags)
    added_again(three, "first")
    added_again(three, "second")
    assert carried_out(three, run).success
    assert traded(three) == ["second"]


def test_a_single_portfolio_whose_key_is_gone_is_told(three: Platform) -> None:
    run = waiting(three, ends("second", "second"))
    removed(three, "second")
    failed_without_a_trade(three, carried_out(three, run), "the partition second is no longer there")


def test_a_run_without_a_partition_is_told_to_choose_some(three: Platform) -> None:
    failed_without_a_trade(three, carried_out(three, waiting(three, {})), "no portfolio was chosen")


@pytest.fixture
def backfill(three: Platform) -> dict[str, str]:
    """The tags of a run of a backfill for the first two portfolios."""
    keys = partitions("momentum").subset_with_partition_keys(THREE[:2])
    targets = AssetGraphSubset(partitions_subsets_by_asset_key={asset_key("momentum", stage): keys for stage in Stage})
    data = AssetBackfillData.empty(targets, 0.0, three.instance)
    selection = [asset_key("momentum", stage) for stage in Stage]
    known = {"asset_selection": selection, "asset_backfill_data": data}
    three.instance.add_backfill(PartitionBackfill("one", BulkActionStatus.REQUESTED, False, {}, 0.0, **known))
    return {BACKFILL_TAG: "one", **ends("first", "second")}


def test_a_run_of_a_backfill_trades_what_the_backfill_is_for(three: Platform, backfill: dict[str, str]) -> None:
    assert carried_out(three, waiting(three, backfill)).success
    assert traded(three) == THREE[:2]


def test_a_run_of_a_backfill_trades_nobody_else(three: Platform, backfill: dict[str, str]) -> None:
    added_again(three, "second")
    failed_without_a_trade(three, carried_out(three, waiting(three, backfill)), "(not asked for: third)")
