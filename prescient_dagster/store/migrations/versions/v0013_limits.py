"""Keeps the tags of what was bought, and what was changed of portfolios, by whom and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
SCHEMA = "prescient"


def upgrade() -> None:
    """Add the columns, empty, and the table."""
    for table in ("trades", "positions", "replay_trades"):
        tags = sa.Column("tags", sa.Text(), nullable=False, server_default="")
        op.add_column(table, tags, schema=SCHEMA)
    op.alter_column("replay_trades", "tags", server_default=None, schema=SCHEMA)
    op.create_table(
        "portfolio_log",
        sa.Column("log_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", name="portfolio_log_pkey"),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["prescient.portfolios.portfolio_id"], name="portfolio_log_portfolio_id_fkey"
        ),
        schema=SCHEMA,
    )
    op.create_index("portfolio_log_portfolio_id_log_id_idx", "portfolio_log", ["portfolio_id", "log_id"], schema=SCHEMA)
