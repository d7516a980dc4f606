"""What a report tells beside histories, read from a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import Funnel, ReportPortfolio
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from prescient_dagster.store import tables
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.reports import load_remarks, load_report
from tests.builders import D
from tests.store.histories import Books
from tests.store.listings import NOON

CYCLE: dict[str, Any] = {
    "strategy_type": "momentum",
    "config_sha256": "",
    "code_version": "",
    "stage": "snapshots",
    "markets_analyzed": 7,
}


@pytest.fixture
def books(database: Database, captures_folder: Any) -> Books:
    return Books(database, captures_folder)


def only(books: Books, name: str = "bold") -> ReportPortfolio:
    (found,) = load_report(books.database, [name]).portfolios
    return found


def cycle(books: Books, portfolio_id: int, hours: float, **values: Any) -> None:
    row = {"portfolio_id": portfolio_id, "capture_id": books.capture(NOON + timedelta(hours=hours)), **CYCLE, **values}
    with books.database.begin() as connection:
        connection.execute(insert(tables.configs).values(config_sha256="", config={}).on_conflict_do_nothing())
        connection.execute(tables.cycles.insert().values(row))


def change(books: Books, table: Any, **values: Any) -> None:
    with books.database.begin() as connection:
        connection.execute(update(table).values(values))


def test_signals_are_counted_by_how_they_ended(books: Books) -> None:
    one, other = books.portfolio(), books.portfolio("other")
    for market in ("7", "8", "9"):
        books.signal(one, 0, market, "0.8")
    change(books, tables.signals, status="rejected", reject_reason="slippage")
    books.signal(one, 1, "7", "0.8")
    books.signal(other, 1, "7", "0.8")
    tally = only(books).signals
    assert tally.statuses == {SignalStatus.REJECTED: 3, SignalStatus.EXECUTED: 1}
    assert tally.refusals == {RejectReason.SLIPPAGE: 3}


def test_the_newest_signal_tells_when_the_event_of_a_held_market_ends(books: Books) -> None:
    one = books.portfolio()
    books.hold(one, "0.8")
    books.signal(one, 0, "7", "0.8")
    change(books, tables.signals, event_end_date=NOON + timedelta(days=3))
    books.signal(one, 1, "8", "0.8")
    assert only(books).end_dates == {"7": NOON + timedelta(days=3)}
    books.signal(one, 2, "7", "0.8")
    assert only(books).end_dates == {"7": None}


def test_the_funnel_is_that_of_the_newest_cycle(books: Books) -> None:
    one = books.portfolio()
    cycle(books, one, 0, funnel=[["tradable", 9]], markets_analyzed=0)
    cycle(books, one, 1, funnel=[["tradable", 3], ["event_min_volume", 1]])
    assert only(books).funnel == Funnel([("tradable", 3), ("event_min_volume", 1)], 7)


def test_a_portfolio_that_did_nothing_has_its_name_and_nothing_else(books: Books) -> None:
    books.portfolio()
    found = only(books)
    assert (found.name, found.status, found.settings) == ("bold", "active", {})
    assert (found.signals.signals, found.end_dates, found.funnel) == (0, {}, None)


def test_an_empty_world_is_empty(books: Books) -> None:
    found = load_report(books.database)
    assert (found.portfolios, found.venue) == ([], "")
    assert load_remarks(books.database, {}) == {}


def test_an_unknown_name_is_not_found(books: Books) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        load_report(books.database, ["nobody"])


def test_a_fill_has_the_reason_of_its_signal_the_touch_and_the_exit_rule(books: Books) -> None:
    one, other = books.portfolio(), books.portfolio("other")
    number = books.signal(one, 0, "7", "0.8")
    row = {"market_id": "7", "signal_id": number, "source_ref": f"signal:{number}"}
    purchase = {"kind": "sell", "market_question": "Rain?", "event_id": "10", "side": "yes", "synthetic": False}
    amounts = {"shares": D(-5), "price": D("0.8"), "fee": D(0), "cash_delta": D(4), "cost_delta": D(-4)}
    details = {"touch": "0.81", "exit": "stop_loss"}
    books.write(tables.trades, one, 0, **row, **purchase, **amounts, details=details)
    books.settle(one, 1)
    wanted = {"bold": [f"signal:{number}", "settle:7"], "other": [f"signal:{number}"]}
    assert load_remarks(books.database, wanted) == {
        "bold": {f"signal:{number}": Remark("strong", D("0.3"), D("0.81"), ExitRule.STOP_LOSS)}
    }
    assert other != one


def test_ten_portfolios_need_no_more_queries_than_one(books: Books) -> None:
    def queries() -> int:
        asked: list[str] = []
        listener = ("before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
        event.listen(books.database.engine, *listener)
        found = load_report(books.database)
        load_remarks(books.database, {each.history.slug: ["signal:1"] for each in found.portfolios})
        event.remove(books.database.engine, *listener)
        return len(asked)

    books.buy(books.portfolio("first"), 0)
    few = queries()
    for number in range(10):
        books.buy(books.portfolio(f"p{number}"), 0)
    assert queries() == few
