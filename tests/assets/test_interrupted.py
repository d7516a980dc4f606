"""Killed processes and two at once: the books are those of an undisturbed run."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.books import cycles
from prescient_dagster.store.database import Database, connect
from prescient_dagster.usecases import trade
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from tests.assets.conftest import NOT_BOOKS, Platform
from tests.assets.worlds import a_listing, favourites

FORK = multiprocessing.get_context("fork")
OWN = (*NOT_BOOKS, "portfolio_id", "slug", "name")


def run_desk(database: Database, folder: Path, slugs: Sequence[str]) -> None:
    runner = CycleRunner(load_strategy("momentum"), database, folder, lambda token_ids, captured_at: {})
    assert not [result.error for result in runner.carry_out(Order(slugs)) if result.error]


def run_and_die(url: str, folder: Path, slug: str, statement: int) -> None:
    """Run a cycle and `kill -9` this process just before its n-th statement or commit."""
    database = connect(url)
    done = 0

    def count(*_: Any) -> None:
        nonlocal done
        done += 1
        if done == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", count)
    event.listen(database.engine, "commit", count)
    run_desk(database, folder, [slug])


def in_child(target: Callable[..., None], *arguments: Any) -> int | None:
    child = FORK.Process(target=target, args=arguments)
    child.start()
    child.join(60)
    return child.exitcode


def own_rows(platform: Platform, slug: str) -> dict[str, list[dict[str, Any]]]:
    tables = ("portfolios", "positions", "cycles", "signals", "trades", "snapshots")
    return {
        table: [{name: value for name, value in row.items() if name not in OWN} for row in platform.rows(table, slug)]
        for table in tables
    }


def test_a_cycle_killed_at_any_statement_and_run_again_leaves_the_books_of_an_undisturbed_one(
    platform: Platform,
) -> None:
    platform.capture(a_listing(*favourites(3)))
    platform.portfolio("undisturbed")
    run_desk(platform.database, platform.captures_folder, ["undisturbed"])
    expected = own_rows(platform, "undisturbed")

    killed = 0
    for statement in range(1, 100):
        slug = f"killed-{statement}"
        platform.portfolio(slug)
        code = in_child(run_and_die, platform.database.url, platform.captures_folder, slug, statement)
        run_desk(platform.database, platform.captures_folder, [slug])
        assert own_rows(platform, slug) == expected, f"killed before statement {statement}"
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1

    assert killed > 10
    assert code == 0


def run_at_the_same_moment(url: str, folder: Path, slugs: Sequence[str], barrier: Barrier) -> None:
    database = connect(url)
    barrier.wait()
    run_desk(database, folder, slugs)


def test_two_processes_running_the_same_cycle_trade_once(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3)))
    slugs = [f"p{number}" for number in range(15)]
    for slug in ["undisturbed", *slugs]:
        platform.portfolio(slug)
    run_desk(platform.database, platform.captures_folder, ["undisturbed"])
    barrier = FORK.Barrier(2)
    orders = (slugs, list(reversed(slugs)))
    children = [
        FORK.Process(
            target=run_at_the_same_moment, args=(platform.database.url, platform.captures_folder, order, barrier)
        )
        for order in orders
    ]

    for child in children:
        child.start()
    for child in children:
        child.join(60)

    assert [child.exitcode for child in children] == [0, 0]
    for slug in slugs:
        assert own_rows(platform, slug) == own_rows(platform, "undisturbed")


def test_a_portfolio_that_is_being_saved_is_locked_for_everybody_else(platform: Platform) -> None:
    platform.portfolio("one")
    standing = cycles.load_standing(platform.database, "one")

    def lock_impatiently() -> None:
        with platform.database.begin() as second:
            second.execute(text("SET LOCAL lock_timeout = '100ms'"))
            cycles.locked(second, [standing])

    with platform.database.begin() as first:
        assert cycles.locked(first, [standing])
        with pytest.raises(StoreError, match="lock timeout"):
            lock_impatiently()


@pytest.fixture
def five(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """Five portfolios that are saved by twos, and one that nobody disturbs."""
    monkeypatch.setattr(trade, "SAVED_TOGETHER", 2)
    platform.capture(a_listing(*favourites(3)))
    for slug in ["undisturbed", *FIVE]:
        platform.portfolio(slug)
    run_desk(platform.database, platform.captures_folder, ["undisturbed"])
    return platform


FIVE = [f"p{number}" for number in range(5)]


def run_all_and_die(url: str, folder: Path, slugs: Sequence[str], statement: int) -> None:
    """As `run_and_die`, with portfolios that are saved together."""
    database = connect(url)
    left = iter(range(1, statement))

    def count(*_: Any) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", count)
    event.listen(database.engine, "commit", count)
    run_desk(database, folder, slugs)


def test_portfolios_saved_together_and_killed_at_any_statement_are_whole_or_untouched(five: Platform) -> None:
    expected = own_rows(five, "undisturbed")
    url, folder = five.database.url, five.captures_folder

    partly = 0
    for statement in range(5, 100, 3):
        slugs = [f"{slug}-{statement}" for slug in FIVE]
        for slug in slugs:
            five.portfolio(slug)
        code = in_child(run_all_and_die, url, folder, slugs, statement)
        traded = [slug for slug in slugs if five.rows("trades", slug)]
        assert all(own_rows(five, slug) == expected for slug in traded)
        run_desk(five.database, folder, slugs)
        assert all(own_rows(five, slug) == expected for slug in slugs), f"killed before statement {statement}"
        partly += 0 < len(traded) < len(slugs)
        if code == 0:
            break

    assert partly
    assert code == 0


def test_who_is_changed_by_another_meanwhile_holds_up_nobody_who_is_saved_with_it(five: Platform) -> None:
    other = connect(five.database.url)
    came_between = []

    def come_between(*execution: Any) -> None:
        if "FOR UPDATE" in execution[2] and not came_between:
            came_between.append(True)
            run_desk(other, five.captures_folder, ["p1"])

    event.listen(five.database.engine, "before_cursor_execute", come_between)
    run_desk(five.database, five.captures_folder, FIVE)

    assert came_between
    for slug in FIVE:
        assert own_rows(five, slug) == own_rows(five, "undisturbed")


def test_who_cannot_be_saved_fails_alone(five: Platform) -> None:
    with five.database.begin() as connection:
        connection.execute(text("ALTER TABLE prescient.snapshots ADD CHECK (portfolio_id <> 3) NOT VALID"))
    (third,) = (slug for slug in FIVE if five.rows("portfolios", slug)[0]["portfolio_id"] == 3)

    runner = CycleRunner(
        load_strategy("momentum"), five.database, five.captures_folder, lambda token_ids, captured_at: {}
    )
    failed = {result.slug for result in runner.carry_out(Order(FIVE)) if result.error}

    assert failed == {third}
    assert not five.rows("trades", third)
    for slug in set(FIVE) - failed:
        assert own_rows(five, slug) == own_rows(five, "undisturbed")
