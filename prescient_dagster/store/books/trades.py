"""Trades as they are shown: the lines of a portfolio's books."""

from typing import Any

from sqlalchemy import select

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


def list_trades(database: Database, portfolio_id: int, capture_id: int | None = None) -> list[dict[str, Any]]:
    """All trades of a portfolio in the order in which they were booked, or those of one capture."""
    query = select(*(trades.c[field] for field in FIELDS)).where(trades.c.portfolio_id == portfolio_id)
    if capture_id is not None:
        query = query.where(trades.c.capture_id == capture_id)
    with database.begin() as connection:
        return [dict(row) for row in connection.execute(query.order_by(trades.c.trade_id)).mappings()]
