"""Keeps what the venue calls the side of a signal, trade or position."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
SCHEMA = "prescient"
TABLES = ("signals", "trades", "positions", "replay_signals", "replay_trades")


def upgrade() -> None:
    """Add the columns; what was stored before does not tell."""
    for table in TABLES:
        op.add_column(table, sa.Column("side_label", sa.Text()), schema=SCHEMA)
