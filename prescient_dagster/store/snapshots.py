"""Snapshots as they are shown: a portfolio's value, capture by capture."""

from typing import Any

from sqlalchemy import select

from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import snapshots

HIDDEN = ("portfolio_id", "capture_id", "marks")
FIELDS = (*(column.name for column in snapshots.columns if column.name not in HIDDEN), "capture_id")


def list_snapshots(database: Database, portfolio_id: int, capture_id: int | None = None) -> list[dict[str, Any]]:
    """All snapshots of a portfolio, the oldest first, or the one of a capture."""
    query = select(*(snapshots.c[field] for field in FIELDS)).where(snapshots.c.portfolio_id == portfolio_id)
    if capture_id is not None:
        query = query.where(snapshots.c.capture_id == capture_id)
    with database.begin() as connection:
        ordered = query.order_by(snapshots.c.timestamp, snapshots.c.capture_id)
        return [dict(row) for row in connection.execute(ordered).mappings()]
