"""Keeps the status a portfolio had in each cycle, and when a capture's files were pruned."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
SCHEMA = "prescient"


def upgrade() -> None:
    """Add the columns; what was stored before does not tell."""
    op.add_column("cycles", sa.Column("portfolio_status", sa.Text()), schema=SCHEMA)
    op.add_column("captures", sa.Column("pruned_at", sa.DateTime(timezone=True)), schema=SCHEMA)
