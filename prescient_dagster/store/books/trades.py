"""Trades as they are shown: the lines of a portfolio's books."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import trades

FIELDS = (
    "trade_id",
    "timestamp",
    "kind",
    "market_id",
    "side",
    "side_label",
    "shares",
    "price",
    "fee",
    "cash_delta",
    "source_ref",
    "synthetic",
    "signal_id",
    "capture_id",
)


def entry(database: Database, portfolio_id: int, market_id: str) -> int | None:
    """The capture on which a portfolio last bought in a market; None: it never did."""
    bought = (trades.c.portfolio_id == portfolio_id, trades.c.market_id == market_id, trades.c.kind == TradeKind.BUY)
    with database.begin() as connection:
        return connection.scalar(select(trades.c.capture_id).where(*bought).order_by(trades.c.trade_id.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trade was made."""

    portfolio_id: int
    market_id: str
    capture_id: int


def place(database: Database, trade_id: int) -> Place:
    """Where the trade with this number was made, or `NotFound`."""
    query = select(trades.c.portfolio_id, trades.c.market_id, trades.c.capture_id)
    with database.begin() as connection:
        row = connection.execute(query.where(trades.c.trade_id == trade_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no trade {trade_id}: `prescient trades SLUG` shows a portfolio's")
    return Place(*row)


def list_trades(database: Database, portfolio_id: int, capture_id: int | None = None) -> list[dict[str, Any]]:
    """All trades of a portfolio in the order in which they were booked, or those of one capture."""
    query = select(*(trades.c[field] for field in FIELDS)).where(trades.c.portfolio_id == portfolio_id)
    if capture_id is not None:
        query = query.where(trades.c.capture_id == capture_id)
    with database.begin() as connection:
        return [dict(row) for row in connection.execute(query.order_by(trades.c.trade_id)).mappings()]
