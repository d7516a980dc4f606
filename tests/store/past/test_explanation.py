"""What an explanation starts from: the books as a cycle found them, and what its portfolio was then."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.ledger import Booked
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.past.explanation import FoundCycle, Situation, before_cycle, situation
from tests.builders import NOON, a_trade
from tests.store.listings import a_listing


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def bought(capture_id: int) -> Booked:
    return Booked(capture_id, a_trade(timestamp=at(capture_id)))


def paid(capture_id: int) -> Booked:
    return Booked(capture_id, a_trade(timestamp=at(capture_id), kind=TradeKind.SETTLEMENT))


def entries(*booked: Booked) -> list[Trade]:
    return [each.trade for each in booked]


def test_a_cycle_finds_what_was_traded_before_and_what_has_settled_on_its_capture() -> None:
    before = [bought(1), paid(2)]
    assert before_cycle([*before, bought(2), paid(3)], 2) == entries(*before)


def test_a_cycle_that_comes_late_finds_what_newer_captures_have_settled() -> None:
    before = [bought(1), paid(3)]
    assert before_cycle([*before, bought(2), bought(3)], 2) == entries(*before)


def test_a_cycle_that_traded_nothing_finds_no_settlements_of_newer_captures() -> None:
    before = [bought(1), paid(2)]
    assert before_cycle([*before, paid(3), bought(3)], 2) == entries(*before)
    assert before_cycle([*before, paid(3)], 2) == entries(*before)


def test_what_was_settled_late_before_the_last_trade_is_never_left_out() -> None:
    before = [paid(3), bought(1)]
    assert before_cycle([*before, bought(4)], 2) == entries(*before)


def test_before_the_first_trade_there_is_nothing() -> None:
    assert before_cycle([bought(2)], 1) == []


ENTRY, EXIT = {"market_id": "1", "action": "buy_no"}, {"market_id": "2", "action": "sell_no"}


@pytest.mark.parametrize(
    ("status", "signals", "was"),
    [
        ("active", [], "active"),
        ("paused", [EXIT], "active"),
        ("closing", [ENTRY], "active"),
        ("closing", [EXIT], "closing"),
        ("closed", [], "closing"),
    ],
)
def test_a_cycle_tells_whether_its_portfolio_was_being_closed(
    shelf: "Shelf", status: str, signals: list[dict[str, Any]], was: str
) -> None:
    cycle = FoundCycle(Stage.SNAPSHOTS, {}, "1")
    assert shelf.situation(status, cycle, signals).status == was
    assert shelf.situation(status, None, []).status == status
    told = replace(cycle, portfolio_status=PortfolioStatus.ACTIVE)
    assert shelf.situation(status, told, signals).status == "active"


class Shelf:
    """A portfolio and captures to look at it with."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.portfolio = portfolios.create(database, NewPortfolio("bold", "momentum", Decimal(1000)))

    def capture(self, minutes: float) -> int:
        listing = a_listing(NOON + timedelta(minutes=minutes))
        return captures.save(self.database, self.folder, listing).capture_id

    def situation(self, status: str, cycle: FoundCycle | None, signals: list[dict[str, Any]]) -> Situation:
        record = captures.find(self.database, self.capture(0))
        portfolio = replace(self.portfolio, status=PortfolioStatus(status))
        found = situation(self.database, "bold", record.capture_id)
        return replace(found, portfolio=portfolio, cycle=cycle, signals=signals)


@pytest.fixture
def shelf(database: Database, captures_folder: Path) -> Shelf:
    return Shelf(database, captures_folder)


def test_without_a_number_it_is_the_newest_capture_that_may_be_traded(shelf: Shelf) -> None:
    with pytest.raises(NotFound, match="no capture is ready"):
        situation(shelf.database, "bold")
    first, second, _ = (shelf.capture(minutes) for minutes in (0, 5, 10))
    for capture_id in (first, second):
        captures.mark_ready(shelf.database, capture_id)
    found = situation(shelf.database, "bold")
    assert (found.record.capture_id, found.previous, found.cycle) == (second, NOON, None)
    assert situation(shelf.database, "bold", first).previous is None


def test_an_untraded_portfolio_has_its_initial_balance(shelf: Shelf) -> None:
    found = situation(shelf.database, str(shelf.portfolio.portfolio_id), shelf.capture(0))
    assert (found.account.balance, found.account.positions, found.trades) == (1000, {}, [])


def test_portfolio_and_capture_have_to_exist(shelf: Shelf) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        situation(shelf.database, "nobody", shelf.capture(0))
    with pytest.raises(NotFound, match="no capture 99"):
        situation(shelf.database, "bold", 99)
