"""Keeps walk-forwards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "sweeps",
        sa.Column("sweep_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("strategy_type", "code_version", "source")),
        sa.Column("initial_balance", sa.Numeric(20, 6), nullable=False),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("config", "grid", "result")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("sweeps_pkey")),
        schema="prescient",
    )
