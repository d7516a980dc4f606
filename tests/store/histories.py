"""Rows of portfolios' books as cycles would write them, at hours after noon."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, text, update

from prescient_dagster.store import tables
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from tests.builders import D
from tests.store.listings import NOON, a_listing

ZERO = Decimal(0)


@dataclass
class Books:
    """Some portfolios whose rows a test writes as cycles would, at hours after noon."""

    database: Database
    folder: Path

    def portfolio(self, slug: str = "bold", balance: float | Decimal = 1_000) -> int:
        return portfolios.create(self.database, NewPortfolio(slug, "momentum", D(balance))).portfolio_id

    def write(self, table: Table, portfolio_id: int, hours: float, **values: Any) -> None:
        at = NOON + timedelta(hours=hours)
        row = {"portfolio_id": portfolio_id, "capture_id": self.capture(at), "timestamp": at, **values}
        with self.database.begin() as connection:
            connection.execute(insert(table).values(row))

    def capture(self, at: datetime) -> int:
        with self.database.begin() as connection:
            query = text("SELECT capture_id FROM prescient.captures WHERE captured_at = :at")
            there = connection.scalar(query, {"at": at})
        return there or captures.save(self.database, self.folder, a_listing(at)).capture_id

    def snapshot(self, portfolio_id: int, hours: float, equity: float | Decimal, **values: Any) -> None:
        amounts = {
            column.name: ZERO
            for column in tables.snapshots.columns
            if column.name.endswith(("_loss", "value", "value_at_mid", "invested", "fees_paid"))
        }
        row = {**amounts, "balance": D(equity), "equity": D(equity), "positions": 0, "trade_count": 0, "marks": {}}
        self.write(tables.snapshots, portfolio_id, hours, **(row | values))

    def buy(self, portfolio_id: int, hours: float, market_id: str = "7", target: str = "0.79") -> None:
        """125 shares for 100 USD, from a signal that saw the middle at `target`."""
        signal_id = self.signal(portfolio_id, hours, market_id, target)
        row = {**PURCHASE, "market_id": market_id, "signal_id": signal_id, "source_ref": f"signal:{signal_id}"}
        self.write(tables.trades, portfolio_id, hours, **row)
        self.account(portfolio_id, balance=tables.portfolios.c.balance - 100)

    def settle(self, portfolio_id: int, hours: float, market_id: str = "7") -> None:
        """Those shares are paid a dollar each."""
        amounts = {"shares": D(-125), "price": D(1), "cash_delta": D(125), "cost_delta": D(-100)}
        row = {**PURCHASE, **amounts, "market_id": market_id, "kind": "settlement", "source_ref": f"settle:{market_id}"}
        self.write(tables.trades, portfolio_id, hours, **row)
        self.account(portfolio_id, balance=tables.portfolios.c.balance + 125, realized_profit_loss=D(25))

    def signal(self, portfolio_id: int, hours: float, market_id: str, target: str) -> int:
        at = NOON + timedelta(hours=hours)
        row = {**WISH, "portfolio_id": portfolio_id, "capture_id": self.capture(at), "timestamp": at}
        values = {**row, "market_id": market_id, "target_price": D(target)}
        with self.database.begin() as connection:
            number: int = connection.execute(insert(tables.signals).values(values)).inserted_primary_key[0]
        return number

    def account(self, portfolio_id: int, **values: Any) -> None:
        """One trade more, and what it changed."""
        values["trade_count"] = tables.portfolios.c.trade_count + 1
        mine = tables.portfolios.c.portfolio_id == portfolio_id
        with self.database.begin() as connection:
            connection.execute(update(tables.portfolios).where(mine).values(values))

    def hold(self, portfolio_id: int, mark: str | None) -> None:
        row = {"portfolio_id": portfolio_id, "market_id": "7", "side": "yes", "event_id": "10", "opened_at": NOON}
        amounts = {"shares": D(125), "cost": D(100), "mark": mark and D(mark), "market_question": "Rain?"}
        with self.database.begin() as connection:
            connection.execute(insert(tables.positions).values(row | amounts))

    def resolution(self, market_id: str, hours: float, ending: str) -> None:
        at = NOON + timedelta(hours=hours)
        row = {"market_id": market_id, "capture_id": self.capture(at), "ending": ending}
        row |= {"timestamp": at, "confirmed_at": at}
        with self.database.begin() as connection:
            connection.execute(insert(tables.resolutions).values(row | {"reason": "", "resolution_status": ""}))


PURCHASE: dict[str, Any] = {
    "kind": "buy",
    "market_question": "Rain?",
    "event_id": "10",
    "side": "yes",
    "shares": D(125),
    "price": D("0.8"),
    "fee": ZERO,
    "cash_delta": D(-100),
    "cost_delta": D(100),
    "synthetic": False,
    "details": {},
}
WISH: dict[str, Any] = {
    "rank": 1,
    "market_question": "Rain?",
    "action": "buy_yes",
    "amount": D(100),
    "confidence": D("0.3"),
    "reason": "strong",
    "event_id": "10",
    "event_title": "Weather",
    "status": "executed",
}
