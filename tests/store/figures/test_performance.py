"""The histories of portfolios, read from a real database at one moment."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.books.settlement import Ending
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.figures.performance import History, performance, track_record
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.performance import load_histories
from tests.builders import D
from tests.store.histories import Books
from tests.store.listings import NOON


@pytest.fixture
def books(database: Database, captures_folder: Path) -> Books:
    return Books(database, captures_folder)


def history(books: Books, name: str = "bold") -> History:
    (found,) = load_histories(books.database, [name]).portfolios
    return found


def hours_of(found: History) -> list[float]:
    return [(snapshot.timestamp - NOON) / timedelta(hours=1) for snapshot in found.snapshots]


def test_the_last_snapshot_of_each_utc_day_is_loaded(books: Books) -> None:
    one, other = books.portfolio(), books.portfolio("other")
    for hours in (0, 5, 11.9, 12, 20, 24 * 5):  # noon, so 12 hours are midnight
        books.snapshot(one, hours, 1_000 + D(hours))
    books.snapshot(other, 1, 900)
    found = history(books)
    assert hours_of(found) == [11.9, 20, 120]
    assert [snapshot.equity for snapshot in found.snapshots] == [D("1011.9"), 1_020, 1_120]


def test_trades_come_in_their_order_with_the_middle_that_their_signal_saw(books: Books) -> None:
    one = books.portfolio()
    books.buy(one, 0, target="0.79")
    books.settle(one, 1)
    assert [(each.trade.kind, each.mid, each.trade.cash_delta) for each in history(books).trades] == [
        ("buy", D("0.79"), -100),
        ("settlement", None, 125),
    ]


def test_without_names_all_portfolios_are_loaded_oldest_first(books: Books) -> None:
    for slug in ("zoe", "ann"):
        books.portfolio(slug)
    assert [each.slug for each in load_histories(books.database).portfolios] == ["zoe", "ann"]


def test_named_portfolios_come_in_the_order_asked_for_and_once(books: Books) -> None:
    numbers = {slug: str(books.portfolio(slug)) for slug in ("zoe", "ann", "bob")}
    found = load_histories(books.database, ["ann", numbers["zoe"], "zoe"])
    assert [each.slug for each in found.portfolios] == ["ann", "zoe"]


def test_an_unknown_name_is_not_found(books: Books) -> None:
    books.portfolio()
    with pytest.raises(NotFound, match="'nobody'"):
        load_histories(books.database, ["bold", "nobody"])


def test_what_was_settled_after_the_last_snapshot_is_not_hidden(books: Books) -> None:
    """A portfolio that is closed by its last settlement is never valued again."""
    one = books.portfolio()
    books.buy(one, 0)
    books.snapshot(one, 0, 999, balance=D(900), market_value=D(99), trade_count=1)
    books.settle(one, 30)
    found = history(books)
    assert hours_of(found) == [0, 30]
    assert found.snapshots[-1].equity == 1_025
    figures = performance([track_record(found, {})])
    assert figures.profit.total == figures.balances.total_profit_loss == 25
    assert figures.returns.days == 2


@pytest.mark.parametrize(("mark", "equity"), [("0.88", 1_010), (None, 1_000)])
def test_what_nobody_has_valued_since_its_trade_counts_at_its_mark_or_cost(
    books: Books, mark: str | None, equity: float
) -> None:
    one = books.portfolio()
    books.buy(one, 0)
    books.hold(one, mark)
    (snapshot,) = history(books).snapshots
    assert (snapshot.equity, snapshot.balance, snapshot.unrealized_profit_loss) == (equity, 900, equity - 1_000)


def test_verdicts_are_the_newest_of_the_markets_that_were_traded(books: Books) -> None:
    one = books.portfolio()
    books.buy(one, 0)
    for market_id, hours, ending in (("7", 1, "pending"), ("7", 2, "yes"), ("8", 2, "yes"), ("7", 3, "no")):
        books.resolution(market_id, hours, ending)
    verdicts = load_histories(books.database).verdicts
    assert {market_id: verdict.ending for market_id, verdict in verdicts.items()} == {"7": Ending.NO}


def test_fifty_portfolios_take_no_more_queries_than_one(books: Books, count_queries: Callable[[], int]) -> None:
    for number in range(50):
        one = books.portfolio(f"p{number}")
        books.snapshot(one, 0, 1_000)
    found = load_histories(books.database)
    assert len(found.portfolios) == 50
    assert count_queries() == 6


@pytest.fixture
def count_queries(books: Books) -> Callable[[], int]:
    """Counts the SELECTs of the newest transaction."""
    from sqlalchemy import event

    queries: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            queries.append(statement)

    def begin(_connection: Any) -> None:
        queries.clear()

    event.listen(books.database.engine, "before_cursor_execute", note)
    event.listen(books.database.engine, "begin", begin)
    return lambda: len(queries)
