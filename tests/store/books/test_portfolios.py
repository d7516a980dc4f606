"""Portfolios are made once, found by slug or number, and change only as their status allows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.errors import Conflict, InvalidInput, NotFound, PrescientError
from prescient_dagster.store import tables
from prescient_dagster.store.books import halts, portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.books.statements import list_statements
from prescient_dagster.store.database import Database


def create(database: Database, slug: str = "bold", strategy: str = "momentum", **changes: Any) -> Portfolio:
    return portfolios.create(database, NewPortfolio(slug, strategy, **{"initial_balance": Decimal(10_000), **changes}))


def hold_something(database: Database, portfolio: Portfolio) -> None:
    row = {
        "portfolio_id": portfolio.portfolio_id,
        "market_id": "1",
        "side": "yes",
        "event_id": "1",
        "market_question": "Will it rain?",
        "shares": Decimal("1"),
        "cost": Decimal("0.5"),
        "opened_at": datetime(2026, 3, 1, tzinfo=UTC),
    }
    with database.begin() as connection:
        connection.execute(insert(tables.positions).values(row))


def version(database: Database) -> int:
    with database.begin() as connection:
        return int(connection.scalars(select(tables.portfolios.c.version)).one())


def test_a_new_portfolio_holds_its_balance_and_can_trade(database: Database) -> None:
    config = {"min_confidence": 0.8, "max_positions": 5}
    made = create(database, name="Bold one", description="räin, 'or' --", strategy_config=config)
    assert (made.name, made.description, made.strategy_config) == ("Bold one", "räin, 'or' --", config)
    assert (made.status, made.initial_balance) == (PortfolioStatus.ACTIVE, Decimal(10_000))
    assert portfolios.get(database, "bold") == portfolios.get(database, str(made.portfolio_id)) == made


def test_a_portfolio_without_a_name_is_called_by_its_slug(database: Database) -> None:
    assert create(database).name == "bold"


def test_a_taken_slug_is_refused(database: Database) -> None:
    create(database)
    with pytest.raises(Conflict, match="slug 'bold' is taken"):
        create(database, initial_balance=Decimal(5))
    assert [portfolio.initial_balance for portfolio in portfolios.list_all(database)] == [Decimal(10_000)]


def test_the_slug_of_a_closed_portfolio_can_be_used_again_with_books_of_its_own(database: Database) -> None:
    old = create(database, strategy_config={"max_positions": 5})
    portfolios.close(database, "bold")
    new = create(database, initial_balance=Decimal(70))

    assert new.portfolio_id != old.portfolio_id
    assert (portfolios.get(database, "bold"), new.strategy_config) == (new, {})
    archived = portfolios.get(database, f"bold-closed-{old.portfolio_id}")
    assert (
        archived
        == portfolios.get(database, str(old.portfolio_id))
        == replace(old, slug=archived.slug, status=PortfolioStatus.CLOSED)
    )
    assert [row["slug"] for row in list_statements(database, archived=True)] == [archived.slug]
    assert len(list_statements(database)) == 2
    portfolios.close(database, "bold")
    assert create(database).slug == "bold"
    assert len(list_statements(database, archived=True)) == 2


def test_the_longest_slug_can_be_used_again_too(database: Database) -> None:
    slug = "b" * 63
    for _ in range(3):
        create(database, slug=slug)
        portfolios.close(database, slug)
    assert {len(portfolio.slug) for portfolio in portfolios.list_all(database)} == {63}


def test_a_slug_that_reads_like_that_of_a_closed_portfolio_is_for_nobody(database: Database) -> None:
    with pytest.raises(InvalidInput, match="reads like that of a closed portfolio"):
        create(database, slug="bold-closed-3")


def test_one_of_many_gets_the_slug_of_a_closed_portfolio(database: Database) -> None:
    create(database)
    portfolios.close(database, "bold")
    assert of_four(database).count("taken") == 3
    assert len(portfolios.list_all(database)) == 2


def of_four(database: Database) -> list[object]:
    """What four that want the slug at once get."""

    def attempt(_: int) -> object:
        try:
            return create(database).portfolio_id
        except Conflict:
            return "taken"

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(attempt, range(4)))


def test_of_processes_that_want_one_slug_at_once_one_gets_it(database: Database) -> None:
    assert of_four(database).count("taken") == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "a,b"},
        {"slug": "7up"},
        {"slug": ""},
        {"slug": "x" * 64},
        {"initial_balance": Decimal(-5)},
        {"initial_balance": Decimal("NaN")},
        {"initial_balance": Decimal("1.0000001")},
        {"name": "half a \ud83d surrogate"},
        {"description": "nul \0"},
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(database: Database, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        create(database, **changes)
    assert portfolios.list_all(database) == []


@pytest.mark.parametrize(
    "name", ["timid", "7", "", "BOLD", "9" * 30, "a,b", "bold\0", "\ud83d", "½", "'; DROP TABLE x"]
)
def test_what_is_not_there_is_not_found(database: Database, name: str) -> None:
    create(database)
    with pytest.raises(NotFound, match="there is no portfolio"):
        portfolios.get(database, name)


def test_portfolios_are_listed_in_the_order_they_were_made(database: Database) -> None:
    made = [create(database, "b"), create(database, "a", "mean_reversion"), create(database, "c")]
    assert portfolios.list_all(database) == made
    assert portfolios.list_all(database, "momentum") == [made[0], made[2]]
    assert portfolios.list_all(database, "arbitrage") == []


def test_a_change_leaves_the_rest_as_it_was(database: Database) -> None:
    made = create(database, description="old", strategy_config={"max_positions": 5})
    renamed = portfolios.change(database, "bold", new_name="Bolder")
    assert (renamed.name, renamed.description, renamed.strategy_config) == ("Bolder", "old", made.strategy_config)
    changed = portfolios.change(database, "bold", description="", strategy_config={})
    assert (changed.name, changed.description, changed.strategy_config) == ("Bolder", "", {})
    assert portfolios.change(database, "bold") == changed


def test_each_change_counts_up_the_version(database: Database) -> None:
    create(database)
    assert version(database) == 0
    portfolios.change(database, "bold", new_name="Bolder")
    portfolios.pause(database, "bold")
    assert version(database) == 2
    portfolios.pause(database, "bold")
    assert version(database) == 2


def test_a_portfolio_is_paused_and_resumed(database: Database) -> None:
    create(database)
    assert portfolios.pause(database, "bold").status is PortfolioStatus.PAUSED
    assert portfolios.pause(database, "bold").status is PortfolioStatus.PAUSED
    assert halts.resume(database, "bold").status is PortfolioStatus.ACTIVE
    assert halts.resume(database, "bold").status is PortfolioStatus.ACTIVE


def test_a_portfolio_that_holds_nothing_closes_at_once_and_for_good(database: Database) -> None:
    create(database)
    assert portfolios.close(database, "bold").status is PortfolioStatus.CLOSED
    assert portfolios.close(database, "bold").status is PortfolioStatus.CLOSED
    for attempt in (halts.resume, portfolios.pause):
        with pytest.raises(Conflict, match="portfolio 'bold' is closed"):
            attempt(database, "bold")
    with pytest.raises(Conflict, match="portfolio 'bold' is closed"):
        portfolios.change(database, "bold", new_name="Undead")


def test_a_portfolio_with_positions_closes_when_it_is_flat(database: Database) -> None:
    made = create(database)
    hold_something(database, made)
    assert portfolios.close(database, "bold").status is PortfolioStatus.CLOSING
    with pytest.raises(Conflict, match=r"closing.*resume it"):
        portfolios.pause(database, "bold")
    with database.begin() as connection:
        portfolios.close_if_flat(connection, made.portfolio_id)
    assert portfolios.get(database, "bold").status is PortfolioStatus.CLOSING
    with database.begin() as connection:
        connection.execute(delete(tables.positions))
        portfolios.close_if_flat(connection, made.portfolio_id)
    assert portfolios.get(database, "bold").status is PortfolioStatus.CLOSED


def test_a_flat_portfolio_that_is_not_closing_stays_open(database: Database) -> None:
    made = create(database)
    with database.begin() as connection:
        portfolios.close_if_flat(connection, made.portfolio_id)
    assert portfolios.get(database, "bold").status is PortfolioStatus.ACTIVE


def test_closing_can_be_taken_back_while_something_is_held(database: Database) -> None:
    hold_something(database, create(database))
    portfolios.close(database, "bold")
    assert halts.resume(database, "bold").status is PortfolioStatus.ACTIVE


def test_a_portfolio_in_a_transaction_is_not_changed_by_others(database: Database) -> None:
    create(database)
    with ThreadPoolExecutor(1) as thread:
        with database.begin() as connection:
            portfolios.lock(connection, "bold")
            paused = thread.submit(portfolios.pause, database, "bold")
            with pytest.raises(TimeoutError):
                paused.result(timeout=0.2)
        assert paused.result().status is PortfolioStatus.PAUSED


def test_a_config_that_is_no_json_is_refused(database: Database) -> None:
    with pytest.raises(PrescientError, match="refuses"):
        create(database, strategy_config={"min_confidence": float("nan")})
    assert portfolios.list_all(database) == []
