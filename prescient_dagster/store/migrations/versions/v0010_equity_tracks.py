"""Keeps what the snapshots of a portfolio came to, for sizes and limits, and the probability of a signal."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
SCHEMA = "prescient"
USD = sa.Numeric(20, 6)
TIME = sa.DateTime(timezone=True)
TRACK: dict[str, sa.types.TypeEngine[Any]] = {
    "last_equity": USD,
    "last_equity_at": TIME,
    "day_equity": USD,
    "high_equity": USD,
    "halted_at": TIME,
    "halted_by": sa.Text(),
}
FROM_SNAPSHOTS = """
UPDATE prescient.portfolios mine SET
    last_equity = newest.equity,
    last_equity_at = newest.timestamp,
    day_equity = coalesce((
        SELECT equity FROM prescient.snapshots
        WHERE portfolio_id = mine.portfolio_id
        AND timestamp < date_trunc('day', newest.timestamp AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
        ORDER BY timestamp DESC LIMIT 1
    ), mine.initial_balance),
    high_equity = greatest(
        mine.initial_balance, (SELECT max(equity) FROM prescient.snapshots WHERE portfolio_id = mine.portfolio_id)
    )
FROM (
    SELECT DISTINCT ON (portfolio_id) portfolio_id, equity, timestamp
    FROM prescient.snapshots ORDER BY portfolio_id, capture_id DESC
) newest
WHERE newest.portfolio_id = mine.portfolio_id
"""


def upgrade() -> None:
    """Add the columns; portfolios that were valued have theirs from their snapshots."""
    for name, kind in TRACK.items():
        op.add_column("portfolios", sa.Column(name, kind), schema=SCHEMA)
    op.create_check_constraint("halted_by", "portfolios", "halted_by IN ('drawdown', 'by_hand')", schema=SCHEMA)
    op.add_column("cycles", sa.Column("equity_track", JSONB()), schema=SCHEMA)
    for table in ("signals", "replay_signals"):
        op.add_column(table, sa.Column("probability", sa.Numeric(8, 6)), schema=SCHEMA)
    op.execute(FROM_SNAPSHOTS)
