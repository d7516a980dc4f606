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

from prescient_dagster.assets.cycle_orders import Order
from prescient_dagster.assets.portfolio_cycles import Desk
from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store import cycles
from prescient_dagster.store.database import Database, connect
from tests.assets.conftest import NOT_BOOKS, Platform
from tests.assets.worlds import a_listing, favourites

FORK = multiprocessing.get_context("fork")
OWN = (*NOT_BOOKS, "portfolio_id", "slug", "name")


def run_desk(database: Database, folder: Path, slugs: Sequence[str]) -> None:
    desk = Desk(load_strategy("momentum"), database, folder, lambda token_ids, captured_at: {})
    assert not [result.error for result in desk.carry_out(Order(slugs)) if result.error]


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
