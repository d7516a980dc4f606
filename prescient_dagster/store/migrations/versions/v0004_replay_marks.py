"""Keeps the marks of what a replay holds, so that replays can be compared market by market."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
SCHEMA = "prescient"


def upgrade() -> None:
    """Add the column; replays that were played before have none."""
    op.add_column("replay_snapshots", sa.Column("marks", JSONB()), schema=SCHEMA)
