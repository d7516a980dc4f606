"""Keeps when the venue last said again how a market ended: for so long it is asked whether that is corrected."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
SCHEMA = "prescient"


def upgrade() -> None:
    """Add the column; of what was said before it is only known when it was said first."""
    op.add_column("resolutions", sa.Column("confirmed_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.execute("UPDATE prescient.resolutions SET confirmed_at = timestamp")
    op.alter_column("resolutions", "confirmed_at", nullable=False, schema=SCHEMA)
