"""What several runs of one strategy find: no verdict hides what another run has found on the same capture."""

import threading

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.assets.runs.checks_told import newest_told
from prescient_dagster.assets.runs.dagster_state import newest_failed
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, SHARD_TAG
from prescient_dagster.domain.cycle.order_books import NoBook
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.check_log import checks_locked
from prescient_dagster.store.market import order_books
from tests.assets.conftest import Platform
from tests.assets.runs.sharded import TRADES, Sharded, shards_of
from tests.assets.worlds import a_listing, favourites

WRONG = NoBook(RejectReason.BOOK_UNUSABLE, "a level of nothing")


@pytest.fixture
def instance(stored_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    return stored_instance


@pytest.fixture
def four(platform: Platform) -> Sharded:
    """`ann` and `cid` need order books, `ben` and `dee` none; two portfolios make a shard."""
    capture(platform, 0)
    for slug, model in (("ann", "book"), ("ben", "touch"), ("cid", "book"), ("dee", "touch")):
        platform.portfolio(slug, fill_model=model)
    return Sharded(platform, 2)


def capture(platform: Platform, hours: float) -> int:
    """A capture with one market, whose order book makes no sense."""
    capture_id = platform.capture(a_listing(*favourites(1), hours=hours))
    with platform.database.begin() as connection:
        order_books.keep(connection, capture_id, {"01": WRONG})
    return capture_id


def by_hand(there: Sharded, first: str, last: str, *, backfill: str = "") -> dg.DagsterRun:
    """A run over a range that no schedule asked for, as a backfill makes it."""
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    job = there.definitions.resolve_job_def("momentum")
    run = there.instance.create_run_for_job(job, tags={**tags, **({"dagster/backfill": backfill} if backfill else {})})
    there.carry_out(run)
    found = there.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def balance_changed(there: Sharded, slug: str) -> None:
    with there.platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.portfolios SET balance = balance + 1 WHERE slug = :s"), {"s": slug})


def test_a_run_that_needs_no_books_does_not_hide_what_one_before_it_found_on_the_capture(four: Sharded) -> None:
    by_hand(four, "ann", "ann")
    assert not four.shown()["books_usable"].passed

    by_hand(four, "ben", "ben")

    books = four.shown()["books_usable"]
    assert not books.passed
    assert (books.description or "").startswith("1 book_unusable order books")
    (row,) = books.metadata["missing"].value.records  # type: ignore[union-attr]
    assert (row.data["token_id"], row.data["side"]) == ("01", "yes")


def test_the_next_capture_says_anew_which_books_were_wrong(four: Sharded) -> None:
    by_hand(four, "ann", "ann")
    capture(four.platform, 1)
    by_hand(four, "ben", "ben")
    assert four.shown()["books_usable"].passed


def test_a_token_that_two_runs_could_not_trade_is_counted_once(four: Sharded) -> None:
    by_hand(four, "ann", "ann")
    by_hand(four, "cid", "cid")
    assert (four.shown()["books_usable"].description or "").startswith("1 book_unusable order books")


def test_the_runs_of_a_backfill_are_tagged_with_their_shards_and_each_portfolio_tells_its_own(four: Sharded) -> None:
    within, across = by_hand(four, "ann", "ben", backfill="b"), by_hand(four, "ann", "dee", backfill="c")
    assert (within.tags[SHARD_TAG], across.tags[SHARD_TAG]) == ("momentum/1", "momentum/1 to momentum/2")
    assert CAPTURE_TAG not in within.tags  # it may be a dry run: the schedule trades the capture all the same
    assert shards_of(four.tick()) == ["momentum/1", "momentum/2"]
    snapshots = asset_key("momentum", Stage.SNAPSHOTS)
    records = four.instance.fetch_materializations(snapshots, limit=10).records
    told = {
        record.partition_key: record.asset_materialization.metadata["shard"].value
        for record in records
        if record.asset_materialization is not None
    }
    assert told == {"ann": "momentum/1", "ben": "momentum/1", "cid": "momentum/2", "dee": "momentum/2"}


def test_a_run_of_a_strategy_with_one_run_for_all_is_of_no_shard(four: Sharded) -> None:
    assert SHARD_TAG not in by_hand(Sharded(four.platform, 4), "ann", "dee").tags


def test_a_run_by_hand_that_goes_well_does_not_hide_a_shard_that_failed(four: Sharded) -> None:
    first, second = four.all_made()
    four.kill(first)
    four.carry_out(second)
    by_hand(four, "dee", "dee")
    assert [failed.run_id for failed in newest_failed(four.instance, ["momentum"])] == [first.run_id]


def test_a_capture_that_ends_after_a_newer_one_is_judged_with_it(four: Sharded) -> None:
    """The late run finds wrong books; the newer capture's verdict, that a shard had no run, stays."""
    late, second = four.all_made()
    four.carry_out(second)
    capture(four.platform, 1)
    four.launch(four.tick())
    capture(four.platform, 2)
    four.launch(four.tick())
    assert "had no run" in (four.shown()["no_portfolio_failed"].description or "")
    balance_changed(four, "ann")

    four.carry_out(late)
    requests = four.tick()

    balanced, failed, books = (four.shown()[each] for each in ("books_balance", "no_portfolio_failed", "books_usable"))
    assert (balanced.description or "").startswith("the books of ann do not balance")
    assert "had no run" in (failed.description or "")
    assert not books.passed
    told = four.told("books_balance")
    four.tick()
    assert four.told("books_balance") == told
    assert shards_of(requests) == ["momentum/1"]


def test_who_tells_checks_waits_for_whoever_is_telling_them(four: Sharded) -> None:
    """Otherwise each would repeat what was told before both, and the later one would hide the other's."""
    balance_changed(four, "ann")
    run = threading.Thread(target=by_hand, args=(four, "ann", "ann"))
    with checks_locked(four.platform.database, "momentum"):
        run.start()
        run.join(6)
        assert run.is_alive()
        assert not newest_told(four.instance, dg.AssetCheckKey(TRADES, "books_balance"), limit=1)
    run.join(30)
    assert not four.shown()["books_balance"].passed
