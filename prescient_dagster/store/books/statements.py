"""Statements: what a portfolio is and has at this moment, its positions at their last marks."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, select

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position, worth
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.store.books.held import held_by
from prescient_dagster.store.books.portfolios import row_of
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import portfolios

IDENTITY = ("portfolio_id", "slug", "name", "description", "strategy_type", "strategy_config", "status")


def statement(database: Database, name: str) -> dict[str, Any]:
    """The statement of the portfolio with this slug or number, or `NotFound`."""
    with database.begin() as connection:
        row = row_of(connection, name)
        return _statement(row, held_by(connection, [row["portfolio_id"]]).get(row["portfolio_id"], []))


def list_statements(
    database: Database, strategy_type: str | None = None, *, archived: bool = False
) -> list[dict[str, Any]]:
    """The statements of all portfolios, or of those of one strategy, the oldest first. `archived`: closed ones only."""
    query = select(portfolios).order_by(portfolios.c.portfolio_id)
    if archived:
        query = query.where(portfolios.c.status == PortfolioStatus.CLOSED)
    if strategy_type is not None:
        query = query.where(portfolios.c.strategy_type == strategy_type)
    with database.begin() as connection:
        rows = connection.execute(query).mappings().all()
        held = held_by(connection, [row["portfolio_id"] for row in rows])
    return [_statement(row, held.get(row["portfolio_id"], [])) for row in rows]


def _statement(row: RowMapping, held: Sequence[Position]) -> dict[str, Any]:
    invested = sum((position.cost for position in held), money.ZERO)
    # A position that was never valued counts at its cost.
    value = sum((position.cost if position.mark is None else worth(position) for position in held), money.ZERO)
    equity = row["balance"] + value
    return {
        **{field: row[field] for field in IDENTITY},
        "initial_balance": row["initial_balance"],
        "current_balance": row["balance"],
        "total_invested": invested,
        "market_value": value,
        "equity": equity,
        "total_profit_loss": equity - row["initial_balance"],
        "realized_profit_loss": row["realized_profit_loss"],
        "unrealized_profit_loss": value - invested,
        "trade_count": row["trade_count"],
        "positions": len(held),
        "marks": dict(Counter(sorted(position.mark_source or "never valued" for position in held))),
        "high_equity": row["initial_balance"] if row["high_equity"] is None else row["high_equity"],
        "halted_at": row["halted_at"],
        "halted_by": row["halted_by"],
        "oldest_mark_at": min((position.marked_at for position in held if position.marked_at), default=None),
        "created_at": row["created_at"],
    }
