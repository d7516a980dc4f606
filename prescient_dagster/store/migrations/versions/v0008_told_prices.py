"""Keeps what the venue said that a market is worth which is not listed, and since when a mark is known."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
SCHEMA = "prescient"
PRICES = ("best_bid", "best_ask", "last_price", "tick_size")
LAST_SNAPSHOT = """
UPDATE prescient.positions held SET marked_at = (
    SELECT max(timestamp) FROM prescient.snapshots WHERE portfolio_id = held.portfolio_id
) WHERE mark_source <> 'stale'
"""
LAST_TOLD = """
UPDATE prescient.positions held SET marked_at = (
    SELECT max(timestamp) FROM prescient.snapshots
    WHERE portfolio_id = held.portfolio_id AND timestamp >= held.opened_at
    AND marks -> (held.market_id || ':' || held.side) ->> 1 <> 'stale'
) WHERE mark_source = 'stale'
"""


def upgrade() -> None:
    """Add the columns; the snapshots tell when a position was last marked by what the venue said."""
    for name in PRICES:
        op.add_column("resolutions", sa.Column(name, sa.Numeric(8, 6)), schema=SCHEMA)
    op.add_column("positions", sa.Column("marked_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.execute(LAST_SNAPSHOT)
    op.execute(LAST_TOLD)
