"""Keeps what forecasters say, and of each fill what its market is about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
SCHEMA = "prescient"
PRICE = sa.Numeric(8, 6)
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add tables and columns; what was stored before does not tell."""
    for table in ("trades", "replay_trades"):
        op.add_column(table, sa.Column("category", sa.Text()), schema=SCHEMA)
    _forecasts()
    op.create_table(
        "forecast_files",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("read_at", TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("examples", JSONB(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("file", name="forecast_files_pkey"),
        schema=SCHEMA,
    )


def _forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column("forecast_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("probability", PRICE, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("read_after", TIME),
        sa.Column("read_at", TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("scored_market_id", sa.Text()),
        sa.Column("event_id", sa.Text()),
        sa.Column("yes_price", PRICE),
        sa.Column("payout", PRICE),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
        sa.CheckConstraint("market_id <> '' OR slug <> ''", name="market"),
        sa.PrimaryKeyConstraint("forecast_id", name="forecasts_pkey"),
        schema=SCHEMA,
    )
    columns = ["source", "market_id", "slug", "made_at"]
    op.create_index("forecasts_source_market_id_slug_made_at_idx", "forecasts", columns, schema=SCHEMA)
    unscored = sa.text("scored_market_id IS NULL")
    op.create_index("forecasts_unscored_idx", "forecasts", ["forecast_id"], schema=SCHEMA, postgresql_where=unscored)
