"""Signals as they are shown: what a portfolio wished to do on a capture, and what became of it."""

from typing import Any

from sqlalchemy import select

from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import cycles, signals

FIELDS = (
    "timestamp",
    "market_id",
    "market_question",
    "action",
    "side_label",
    "target_price",
    "amount",
    "confidence",
    "reason",
    "yes_price",
    "no_price",
    "market_liquidity",
    "market_volume",
    "event_id",
    "event_title",
    "event_end_date",
    "status",
    "bundle",
    "reject_reason",
    "capture_id",
    "signal_id",
)


def list_signals(database: Database, portfolio_id: int, capture_id: int | None = None) -> list[dict[str, Any]]:
    """The signals of one cycle in their order of execution; None: of the newest cycle."""
    newest = (
        select(cycles.c.capture_id)
        .where(cycles.c.portfolio_id == portfolio_id)
        .order_by(cycles.c.capture_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(*(signals.c[field] for field in FIELDS)).where(
        signals.c.portfolio_id == portfolio_id,
        signals.c.capture_id == (newest if capture_id is None else capture_id),
    )
    with database.begin() as connection:
        return [dict(row) for row in connection.execute(query.order_by(signals.c.rank)).mappings()]


def questions(database: Database, portfolio_id: int) -> dict[str, str]:
    """The question of each market that a portfolio ever wished to trade, by the market's id."""
    query = select(signals.c.market_id, signals.c.market_question).where(signals.c.portfolio_id == portfolio_id)
    with database.begin() as connection:
        return {row.market_id: row.market_question for row in connection.execute(query.distinct())}
