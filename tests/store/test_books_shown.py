"""What the command line shows of a portfolio: signals, trades, positions, snapshots, and its statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, update
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.errors import NotFound
from prescient_dagster.store import tables
from prescient_dagster.store.books import portfolios, positions, signals, snapshots, statements, trades
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from tests.store.listings import NOON, a_listing

QUESTION = {"market_question": "Will it rain?", "event_id": "10"}


@dataclass(frozen=True)
class Books:
    """One portfolio and the captures it acted on; writes rows as a cycle would."""

    database: Database
    portfolio_id: int
    capture_ids: tuple[int, ...]

    def time(self, cycle: int) -> datetime:
        return NOON + timedelta(minutes=5 * cycle)

    def add(self, table: Table, cycle: int, **values: Any) -> None:
        keys = {"portfolio_id": self.portfolio_id, "capture_id": self.capture_ids[cycle]}
        timed = {"timestamp": self.time(cycle)} if "timestamp" in table.c else {}
        self.write(table, **keys, **timed, **values)

    def write(self, table: Table, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(insert(table).values(values))

    def cycle(self, number: int) -> None:
        with self.database.begin() as connection:
            connection.execute(insert(tables.configs).values(config_sha256="", config={}).on_conflict_do_nothing())
        config = {"config_sha256": "", "funnel": [], "strategy_type": "momentum", "code_version": "1"}
        self.add(tables.cycles, number, stage="snapshots", markets_analyzed=1, **config)

    def signal(self, cycle: int, market_id: str, rank: int = 1, **values: Any) -> None:
        amounts = {"target_price": Decimal("0.8"), "amount": Decimal(100), "confidence": Decimal("0.3")}
        texts = {"reason": "strong", "event_title": "Weather", "action": "buy_yes", "status": "pending"}
        row = QUESTION | amounts | texts | values
        self.add(tables.signals, cycle, market_id=market_id, rank=rank, **row)

    def trade(self, cycle: int, market_id: str, shares: str, cost: str, side: str = "yes") -> None:
        amounts = {"shares": Decimal(shares), "cost_delta": Decimal(cost), "cash_delta": -Decimal(cost)}
        rest = {"price": Decimal("0.8"), "fee": Decimal(0), "synthetic": False, "details": {}}
        kind = "buy" if Decimal(shares) > 0 else "sell"
        ref = f"{cycle}:{market_id}:{side}"
        row = QUESTION | amounts | rest
        self.add(tables.trades, cycle, market_id=market_id, side=side, kind=kind, source_ref=ref, **row)

    def snapshot(self, cycle: int, balance: str, **marks: tuple[str, str]) -> None:
        counted = {"positions": len(marks), "trade_count": 1}
        money = {
            column.name: Decimal(0)
            for column in tables.snapshots.columns
            if column.name.endswith(("_loss", "value", "value_at_mid", "equity", "invested", "fees_paid"))
        }
        stored = {f"{market.strip('_')}:yes": list(mark) for market, mark in marks.items()}
        self.add(tables.snapshots, cycle, balance=Decimal(balance), marks=stored, **counted, **money)

    def position(self, market_id: str, shares: str, cost: str, mark: str | None, side: str = "yes") -> None:
        amounts = {"shares": Decimal(shares), "cost": Decimal(cost), "mark": mark and Decimal(mark)}
        row = QUESTION | amounts | {"mark_source": mark and "bid", "opened_at": NOON}
        self.write(tables.positions, portfolio_id=self.portfolio_id, market_id=market_id, side=side, **row)


@pytest.fixture
def books(database: Database, captures_folder: Path) -> Books:
    portfolio = portfolios.create(database, NewPortfolio("bold", "momentum", Decimal(1000)))
    moments = (NOON + timedelta(minutes=5 * cycle) for cycle in range(3))
    saved = [captures.save(database, captures_folder, a_listing(moment)).capture_id for moment in moments]
    return Books(database, portfolio.portfolio_id, tuple(saved))


def test_signals_are_those_of_the_newest_cycle_in_their_order(books: Books) -> None:
    books.cycle(0)
    books.cycle(1)
    books.signal(0, "7")
    books.signal(1, "9", rank=2, status="rejected", reject_reason="no_liquidity")
    books.signal(1, "8", rank=1)
    listed = signals.list_signals(books.database, books.portfolio_id)
    assert [(signal["market_id"], signal["reject_reason"]) for signal in listed] == [("8", None), ("9", "no_liquidity")]
    earlier = signals.list_signals(books.database, books.portfolio_id, books.capture_ids[0])
    assert [signal["market_id"] for signal in earlier] == ["7"]


def test_a_newest_cycle_without_signals_shows_none(books: Books) -> None:
    books.cycle(0)
    books.signal(0, "7")
    books.cycle(1)
    assert signals.list_signals(books.database, books.portfolio_id) == []


def test_a_signal_has_the_fields_that_were_agreed(books: Books) -> None:
    books.cycle(0)
    books.signal(0, "7", yes_price=Decimal("0.8"))
    (signal,) = signals.list_signals(books.database, books.portfolio_id)
    assert " ".join(signal) == (
        "timestamp market_id market_question action side_label target_price amount confidence reason yes_price "
        "no_price market_liquidity market_volume event_id event_title event_end_date status bundle reject_reason "
        "capture_id signal_id"
    )
    assert (signal["yes_price"], signal["no_price"], signal["timestamp"]) == (Decimal("0.8"), None, NOON)


def test_trades_are_all_there_ever_were_or_those_of_a_capture(books: Books) -> None:
    books.trade(0, "7", "125", "100")
    books.trade(1, "7", "-125", "-100")
    listed = trades.list_trades(books.database, books.portfolio_id)
    assert [(trade["kind"], trade["cash_delta"]) for trade in listed] == [("buy", -100), ("sell", 100)]
    assert trades.list_trades(books.database, books.portfolio_id, books.capture_ids[1]) == listed[1:]
    assert " ".join(listed[0]) == (
        "trade_id timestamp kind market_id side side_label shares price fee cash_delta source_ref synthetic signal_id "
        "capture_id"
    )


def test_positions_are_what_is_held_now_at_its_mark(books: Books) -> None:
    books.position("9", "125", "100", mark="0.88")
    books.position("10", "3", "2", mark=None, side="no")
    unvalued, valued = positions.list_positions(books.database, books.portfolio_id)
    assert (valued["market_id"], valued["market_value"], valued["unrealized_profit_loss"]) == ("9", 110, 10)
    assert (valued["average_cost"], valued["mark_source"]) == (Decimal("0.8"), "bid")
    assert (unvalued["side"], unvalued["market_value"], unvalued["unrealized_profit_loss"]) == ("no", None, None)


def test_positions_after_a_capture_follow_from_the_trades_until_then(books: Books) -> None:
    books.trade(0, "7", "125", "100")
    books.snapshot(0, "900", _7=("0.79", "bid"))
    books.trade(1, "7", "-25", "-20")
    books.trade(2, "7", "-100", "-80")
    books.trade(2, "8", "10", "5")
    after = [positions.list_positions(books.database, books.portfolio_id, number) for number in books.capture_ids]
    assert [[(held["market_id"], held["shares"], held["cost"]) for held in each] for each in after] == [
        [("7", 125, 100)],
        [("7", 100, 80)],
        [("8", 10, 5)],
    ]
    assert (after[0][0]["market_value"], after[1][0]["market_value"]) == (Decimal("98.75"), None)
    assert after[1][0]["opened_at"] == NOON


def test_positions_after_an_unknown_capture_are_not_found(books: Books) -> None:
    with pytest.raises(NotFound, match="no capture 99"):
        positions.list_positions(books.database, books.portfolio_id, 99)


def test_snapshots_are_listed_oldest_first(books: Books) -> None:
    books.snapshot(1, "800")
    books.snapshot(0, "900")
    listed = snapshots.list_snapshots(books.database, books.portfolio_id)
    assert [(snapshot["capture_id"], snapshot["balance"]) for snapshot in listed] == [
        (books.capture_ids[0], 900),
        (books.capture_ids[1], 800),
    ]
    assert snapshots.list_snapshots(books.database, books.portfolio_id, books.capture_ids[1]) == listed[1:]


def test_a_statement_adds_up(books: Books) -> None:
    books.position("9", "125", "100", mark="0.88")
    books.position("10", "3", "2", mark=None)
    with books.database.begin() as connection:
        connection.execute(
            update(tables.portfolios).values(balance=Decimal("903.5"), realized_profit_loss=Decimal("5.5"))
        )
    shown = statements.statement(books.database, "bold")
    assert " ".join(shown) == (
        "portfolio_id slug name description strategy_type strategy_config status initial_balance current_balance "
        "total_invested market_value equity total_profit_loss realized_profit_loss unrealized_profit_loss trade_count "
        "positions marks high_equity halted_at halted_by oldest_mark_at created_at"
    )
    assert (shown["total_invested"], shown["market_value"], shown["positions"]) == (102, 112, 2)
    assert (shown["equity"], shown["total_profit_loss"]) == (Decimal("1015.5"), Decimal("15.5"))
    assert shown["realized_profit_loss"] + shown["unrealized_profit_loss"] == shown["total_profit_loss"]
    assert (
        statements.list_statements(books.database) == statements.list_statements(books.database, "momentum") == [shown]
    )
    assert statements.list_statements(books.database, "arbitrage") == []


def test_a_statement_of_nobody_is_not_found(books: Books) -> None:
    with pytest.raises(NotFound, match="prescient portfolio list"):
        statements.statement(books.database, "timid")
