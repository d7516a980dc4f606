"""More portfolios than a run takes: several runs a capture, each portfolio traded once, and checks that tell of all."""

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from prescient_dagster.assets.cycle import asset_keys, partitions_name
from prescient_dagster.assets.partitions_asked import RANGE_END, RANGE_START, range_tags
from prescient_dagster.assets.runs.dagster_state import newest_failed
from prescient_dagster.assets.runs.lost_runs import _again
from prescient_dagster.assets.runs.run_tags import SHARD_TAG
from prescient_dagster.assets.runs.shards import blocks, shards
from tests.assets.conftest import Platform
from tests.assets.runs.sharded import CHECKS, Sharded, shards_of
from tests.assets.worlds import a_listing, favourites

FIVE = ["ann", "ben", "cid", "dee", "eve"]
NAMES = ["momentum/1", "momentum/2", "momentum/3"]


@pytest.fixture
def instance(stored_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    return stored_instance


@pytest.fixture
def five(platform: Platform) -> Sharded:
    """Five portfolios in shards of two, and a capture that is ready."""
    platform.capture(a_listing(*favourites(1)))
    for slug in FIVE:
        platform.portfolio(slug)
    return Sharded(platform, 2)


def next_capture(there: Sharded, hours: float) -> int:
    return there.platform.capture(a_listing(*favourites(1), hours=hours))


def cycles_of(there: Sharded) -> dict[str, int]:
    return {slug: len(there.platform.rows("cycles", slug)) for slug in FIVE}


def unbalance(there: Sharded, slug: str) -> None:
    with there.platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.portfolios SET balance = balance + 1 WHERE slug = :s"), {"s": slug})


def test_each_shard_has_a_run_with_its_key_and_tag_and_no_portfolio_is_in_two(five: Sharded) -> None:
    requests = five.tick()
    assert not isinstance(requests, str)
    assert shards_of(requests) == NAMES
    assert [request.run_key for request in requests] == [f"1:{name}" for name in NAMES]
    ends = [
        (r.tags["dagster/asset_partition_range_start"], r.tags["dagster/asset_partition_range_end"]) for r in requests
    ]
    assert ends == [("ann", "ben"), ("cid", "dee"), ("eve", "eve")]

    assert five.launch(requests) == [True, True, True]

    assert cycles_of(five) == dict.fromkeys(FIVE, 1)
    assert five.tick() == "capture 1 already traded"


def test_within_the_limit_there_is_one_run_that_knows_nothing_of_shards(five: Sharded) -> None:
    alone = Sharded(five.platform, 5)
    (request,) = alone.tick()
    assert isinstance(request, dg.RunRequest)
    assert (SHARD_TAG in request.tags, request.asset_selection, request.asset_check_keys) == (False, None, None)
    assert alone.launch([request]) == [True]
    assert alone.shown()["books_balance"].description == "5 portfolios balance"


def test_the_checks_are_judged_once_after_the_last_shard(five: Sharded) -> None:
    requests = five.tick()
    assert not isinstance(requests, str)
    first, second, third = [five.made(request) for request in requests]
    five.carry_out(third)
    five.carry_out(first)
    assert isinstance(five.tick(), str)
    assert [five.told(check) for check in CHECKS] == [0, 0, 0]

    five.carry_out(second)
    for _ in range(3):
        five.tick()

    assert [five.told(check) for check in CHECKS] == [1, 1, 1]
    assert {name: check.passed for name, check in five.shown().items()} == dict.fromkeys(CHECKS, True)
    assert five.shown()["books_balance"].description == "5 portfolios balance"


def test_what_one_shard_finds_is_not_hidden_behind_the_verdict_of_another(five: Sharded) -> None:
    unbalance(five, "ben")
    set_config(five, "dee", '{"max_positions": 0}')
    five.launch(five.tick())
    five.tick()

    balanced, failed = (five.shown()[name] for name in CHECKS[:2])
    assert (balanced.passed, balanced.severity.value) == (False, "ERROR")
    assert (balanced.description or "").startswith("the books of ben do not balance")
    assert not failed.passed
    assert (failed.description or "").startswith("the last cycle of dee failed")


def set_config(there: Sharded, slug: str, config: str) -> None:
    query = text("UPDATE prescient.portfolios SET strategy_config = :config WHERE slug = :slug")
    with there.platform.database.begin() as connection:
        connection.execute(query, {"config": config, "slug": slug})


def test_a_shard_that_was_killed_is_named_and_the_next_capture_heals_it(five: Sharded) -> None:
    first, second, third = five.all_made()
    five.carry_out(first)
    five.kill(second)
    five.carry_out(third)

    assert five.tick() == "capture 1 already traded"

    line = "momentum/2 (2 portfolios, cid to dee): its run failed: its worker has died"
    balanced, failed = (five.shown()[name] for name in CHECKS[:2])
    assert (balanced.passed, balanced.severity.value, failed.passed) == (False, "WARN", False)
    assert (balanced.description or "").startswith(f"nobody has looked at the books of {line}")
    assert (failed.description or "").startswith(f"there is no end of {line}")
    assert [failed.run_id for failed in newest_failed(five.instance, ["momentum"])] == [second.run_id]

    next_capture(five, 1)
    five.launch(five.tick())
    five.tick()
    assert cycles_of(five) == {"ann": 2, "ben": 2, "cid": 1, "dee": 1, "eve": 2}
    assert all(check.passed for check in five.shown().values())
    assert newest_failed(five.instance, ["momentum"]) == []


def test_a_shard_still_going_waits_for_its_turn_and_is_told(five: Sharded) -> None:
    first, second, third = five.all_made()
    five.carry_out(first)
    five.carry_out(third)
    next_capture(five, 1)

    requests = five.tick()

    assert shards_of(requests) == ["momentum/1", "momentum/3"]
    five.launch(requests)
    assert str(five.tick()).startswith("the momentum/2 run before is still queued, since ")
    assert five.told("no_portfolio_failed") == 0

    next_capture(five, 2)
    five.launch(five.tick())
    assert "had no run" in (five.shown()["no_portfolio_failed"].description or "")
    assert five.told("no_portfolio_failed") == 1

    five.carry_out(second)
    requests = five.tick()
    assert shards_of(requests) == ["momentum/2"]
    assert five.told("no_portfolio_failed") == 2  # of the first capture, whose last shard has ended by now
    assert "had no run" in (five.shown()["no_portfolio_failed"].description or "")  # of the second, as before
    five.launch(requests)
    five.tick()
    five.tick()
    assert five.told("no_portfolio_failed") == 3
    assert five.shown()["no_portfolio_failed"].passed
    assert cycles_of(five) == {"ann": 3, "ben": 3, "cid": 2, "dee": 2, "eve": 3}


def test_a_capture_whose_last_shard_ends_long_after_others_is_judged_once(five: Sharded) -> None:
    first, second, third = five.all_made()
    five.carry_out(first)
    five.carry_out(third)
    for hours in range(1, 9):
        next_capture(five, hours)
        five.launch(five.tick())
    unbalance(five, "dee")
    five.carry_out(second)
    told = five.told("no_portfolio_failed")

    for _ in range(3):
        five.tick()

    assert five.told("no_portfolio_failed") == told + 1
    assert (five.shown()["books_balance"].description or "").startswith("the books of dee do not balance")


def test_newcomers_make_a_shard_of_their_own_and_trade_the_same_capture(five: Sharded) -> None:
    five.launch(five.tick())
    five.platform.portfolio("fay")
    assert five.tick() == "capture 1 already traded"
    five.platform.portfolio("gus")

    requests = five.tick()

    assert shards_of(requests) == ["momentum/4"]
    unbalance(five, "gus")
    five.launch(requests)
    five.tick()
    assert len(five.platform.rows("cycles", "gus")) == 1
    assert (five.shown()["books_balance"].description or "").startswith("the books of gus do not balance")


def test_borders_that_move_send_no_second_run_to_anybody(five: Sharded) -> None:
    first, second, third = five.all_made()
    five.carry_out(first)
    five.kill(third)
    five.carry_out(second)
    five.instance.delete_dynamic_partition(partitions_name("momentum"), "ann")

    assert five.tick() == "capture 1 already traded"
    next_capture(five, 1)
    five.launch(five.tick())

    assert cycles_of(five) == {"ann": 1, "ben": 2, "cid": 2, "dee": 2, "eve": 1}


def test_a_run_by_hand_holds_back_the_shard_it_trades_in_and_no_other(five: Sharded) -> None:
    job = five.definitions.resolve_job_def("momentum")
    five.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "dee"})
    assert shards_of(five.tick()) == ["momentum/1", "momentum/3"]


def a_backfill_of(five: Sharded, *slugs: str, status: dg.DagsterRunStatus | None = None) -> dg.DagsterRun:
    """A run as a backfill makes it from the pages of assets: a range of partitions, and no word of shards."""
    job = five.definitions.resolve_implicit_global_asset_job_def()
    tags = {"dagster/backfill": "b", RANGE_START: slugs[0], RANGE_END: slugs[-1]}
    assets = asset_keys("momentum")
    if status is not None:
        return five.instance.create_run_for_job(job, tags=tags, asset_selection=assets, status=status)
    result = job.execute_in_process(instance=five.instance, tags=tags, asset_selection=list(assets))
    run = five.instance.get_run_by_id(result.run_id)
    assert run is not None
    return run


@pytest.mark.parametrize(
    ("slugs", "tagged"),
    [(("cid", "dee"), "momentum/2"), (("dee",), "momentum/2"), (("ben", "cid"), "momentum/1 to momentum/2")],
)
def test_a_backfill_tells_of_each_portfolio_in_which_shard_it_is(
    slugs: tuple[str, ...], tagged: str | None, five: Sharded
) -> None:
    run = a_backfill_of(five, *slugs)
    assert run.tags.get(SHARD_TAG) == tagged
    shard_of = dict(zip(FIVE, ["momentum/1"] * 2 + ["momentum/2"] * 2 + ["momentum/3"], strict=True))
    assert {slug: told_shard(five, run, slug) for slug in slugs} == {slug: shard_of[slug] for slug in slugs}


def told_shard(five: Sharded, run: dg.DagsterRun, slug: str) -> object:
    for entry in five.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        event = entry.dagster_event
        if event is not None and event.partition == slug:
            return event.step_materialization_data.materialization.metadata["shard"].value
    return None


def test_a_shard_waits_for_a_backfill_that_trades_its_portfolios(five: Sharded) -> None:
    a_backfill_of(five, "dee", "eve", status=dg.DagsterRunStatus.STARTED)
    assert shards_of(five.tick()) == ["momentum/1"]


def test_after_a_backfill_a_shard_trades_nothing_twice(five: Sharded) -> None:
    a_backfill_of(five, *FIVE)
    five.launch(five.tick())
    assert cycles_of(five) == dict.fromkeys(FIVE, 1)


def test_a_backfill_hides_no_shard_that_was_killed(five: Sharded) -> None:
    first, second, third = five.all_made()
    five.carry_out(first)
    five.kill(second)
    five.carry_out(third)
    five.tick()
    a_backfill_of(five, "eve")
    assert not five.shown()["no_portfolio_failed"].passed
    assert not five.shown()["books_balance"].passed


def test_a_run_over_a_part_keeps_what_was_found_in_the_books_of_others(five: Sharded) -> None:
    unbalance(five, "ben")
    five.launch(five.tick())
    five.tick()
    next_capture(five, 1)
    five.platform.run(["eve"])
    assert not five.shown()["books_balance"].passed


def test_a_materialization_tells_its_shard(five: Sharded) -> None:
    (first, *_) = five.all_made()
    five.carry_out(first)
    event = five.instance.get_latest_materialization_event(dg.AssetKey(["momentum", "snapshots"]))
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["shard"].value == "momentum/1"


slugs = st.lists(st.integers(0, 99).map(lambda number: f"p{number}"), unique=True)


@given(slugs, st.integers(1, 7))
def test_every_portfolio_is_in_one_shard_and_neighbours_stay_neighbours(keys: list[str], most: int) -> None:
    found = shards("momentum", keys, most)
    assert [key for shard in found for key in shard.keys] == keys
    assert all(1 <= len(shard.keys) <= most for shard in found)
    assert (len(found) == 1) == any(shard.alone for shard in found)


@given(slugs, slugs, st.integers(1, 7))
def test_newcomers_move_no_border(keys: list[str], newcomers: list[str], most: int) -> None:
    more = [*keys, *(key for key in newcomers if key not in keys)]
    for before, after in zip(shards("momentum", keys, most), shards("momentum", more, most), strict=False):
        assert list(after.keys[: len(before.keys)]) == list(before.keys)


@given(slugs, st.sets(st.integers(0, 99).map(lambda number: f"p{number}")), st.integers(1, 7))
def test_what_is_wanted_is_taken_in_ranges_that_hold_nobody_else(keys: list[str], wanted: set[str], most: int) -> None:
    found = blocks("momentum", keys, wanted, most)
    assert [key for block in found for key in block.keys] == [key for key in keys if key in wanted]
    for block in found:
        place = keys.index(block.keys[0])
        assert keys[place : place + len(block.keys)] == list(block.keys)


@given(slugs, st.integers(1, 7), st.integers(1, 7), st.sets(st.integers(0, 99)))
def test_two_runs_that_share_a_portfolio_are_seen_to_whatever_the_borders_were(
    keys: list[str], before: int, now: int, gone: set[int]
) -> None:
    """A run made under other borders, since a setting was changed or portfolios left."""
    left = [key for key in keys if int(key[1:]) not in gone]
    order = {key: place for place, key in enumerate(left)}
    for run_shard in shards("momentum", keys, before):
        run = dg.DagsterRun("momentum", tags={**run_shard.tags, **range_tags(run_shard.keys)})
        ends_are_there = run_shard.keys[0] in order and run_shard.keys[-1] in order
        for shard in shards("momentum", left, now):
            if ends_are_there and set(run_shard.keys) & set(shard.keys):
                assert shard.shares(run, order)


def test_a_shards_run_that_never_began_is_started_again_without_checks_of_its_own(five: Sharded) -> None:
    _, second, _ = five.all_made()
    again = _again(second)
    assert (again.tags[SHARD_TAG], again.asset_check_keys) == ("momentum/2", [])
    assert set(again.asset_selection or ()) == asset_keys("momentum")
