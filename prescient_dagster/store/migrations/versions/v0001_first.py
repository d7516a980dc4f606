"""Everything the first version keeps, with trades that can only be added."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
SCHEMA = "prescient"

REFUSE_CHANGE = """
CREATE FUNCTION prescient.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: its rows are never changed or removed', TG_OP, TG_TABLE_NAME;
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescient.trades
    FOR EACH STATEMENT EXECUTE FUNCTION prescient.refuse_change();
ALTER TABLE prescient.trades ENABLE ALWAYS TRIGGER append_only;
"""


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "captures",
        sa.Column("capture_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text()),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("markets", sa.Integer(), nullable=False),
        sa.Column("tradable_markets", sa.Integer(), nullable=False),
        sa.Column("rejected_records", sa.Integer(), nullable=False),
        sa.Column("events_sha256", sa.Text(), nullable=False),
        sa.Column("markets_sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('stored', 'ready', 'refused')", name=op.f("captures_status")),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("captures_pkey")),
        sa.UniqueConstraint("venue", "captured_at", name=op.f("captures_venue_captured_at_key")),
        schema=SCHEMA,
    )
    op.create_index(op.f("captures_captured_at_idx"), "captures", ["captured_at"], schema=SCHEMA)
    op.create_table(
        "portfolios",
        sa.Column("portfolio_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy_type", sa.Text(), nullable=False),
        sa.Column("strategy_config", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("initial_balance", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("balance", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("realized_profit_loss", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("fees_paid", sa.Numeric(precision=20, scale=6), server_default="0", nullable=False),
        sa.Column("trade_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("books_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.Column("last_error_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("slug ~ '^[a-z][a-z0-9_-]{0,62}$'", name=op.f("portfolios_slug")),
        sa.CheckConstraint("status IN ('active', 'paused', 'closing', 'closed')", name=op.f("portfolios_status")),
        sa.CheckConstraint("initial_balance > 0", name=op.f("portfolios_initial_balance")),
        sa.PrimaryKeyConstraint("portfolio_id", name=op.f("portfolios_pkey")),
        sa.UniqueConstraint("slug", name=op.f("portfolios_slug_key")),
        schema=SCHEMA,
    )
    op.create_index(op.f("portfolios_strategy_type_idx"), "portfolios", ["strategy_type"], schema=SCHEMA)
    op.create_table(
        "world",
        sa.Column("only_row", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.CheckConstraint("only_row", name=op.f("world_one_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("world_pkey")),
        schema=SCHEMA,
    )
    op.create_table(
        "cycles",
        sa.Column("cycle_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("strategy_type", sa.Text(), nullable=False),
        sa.Column("config", JSONB(), nullable=False),
        sa.Column("config_sha256", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("markets_analyzed", sa.Integer(), nullable=False),
        sa.Column("funnel", JSONB(), nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("stage IN ('signals', 'trades', 'snapshots')", name=op.f("cycles_stage")),
        sa.ForeignKeyConstraint(["capture_id"], ["prescient.captures.capture_id"], name=op.f("cycles_capture_id_fkey")),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["prescient.portfolios.portfolio_id"], name=op.f("cycles_portfolio_id_fkey")
        ),
        sa.PrimaryKeyConstraint("cycle_id", name=op.f("cycles_pkey")),
        sa.UniqueConstraint("portfolio_id", "capture_id", name=op.f("cycles_portfolio_id_capture_id_key")),
        schema=SCHEMA,
    )
    op.create_index(op.f("cycles_capture_id_idx"), "cycles", ["capture_id"], schema=SCHEMA)
    op.create_table(
        "order_books",
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column(
            "fetched_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("book", JSONB()),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["prescient.captures.capture_id"],
            name=op.f("order_books_capture_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("capture_id", "token_id", name=op.f("order_books_pkey")),
        schema=SCHEMA,
    )
    op.create_table(
        "positions",
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("market_question", sa.Text(), nullable=False),
        sa.Column("shares", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("cost", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bundle", sa.Text()),
        sa.Column("mark", sa.Numeric(precision=8, scale=6)),
        sa.Column("mark_source", sa.Text()),
        sa.CheckConstraint("side IN ('yes', 'no')", name=op.f("positions_side")),
        sa.CheckConstraint("cost >= 0", name=op.f("positions_cost")),
        sa.CheckConstraint("shares > 0", name=op.f("positions_shares")),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["prescient.portfolios.portfolio_id"], name=op.f("positions_portfolio_id_fkey")
        ),
        sa.PrimaryKeyConstraint("portfolio_id", "market_id", "side", name=op.f("positions_pkey")),
        schema=SCHEMA,
    )
    op.create_index(op.f("positions_market_id_idx"), "positions", ["market_id"], schema=SCHEMA)
    op.create_table(
        "rejected_records",
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["prescient.captures.capture_id"],
            name=op.f("rejected_records_capture_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("capture_id", "number", name=op.f("rejected_records_pkey")),
        schema=SCHEMA,
    )
    op.create_table(
        "resolutions",
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("yes_price", sa.Numeric(precision=8, scale=6)),
        sa.Column("no_price", sa.Numeric(precision=8, scale=6)),
        sa.Column("resolution_status", sa.Text(), nullable=False),
        sa.CheckConstraint("ending IN ('yes', 'no', 'void', 'pending')", name=op.f("resolutions_ending")),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["prescient.captures.capture_id"], name=op.f("resolutions_capture_id_fkey")
        ),
        sa.PrimaryKeyConstraint("market_id", "capture_id", name=op.f("resolutions_pkey")),
        schema=SCHEMA,
    )
    op.create_table(
        "signals",
        sa.Column("signal_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("market_question", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_price", sa.Numeric(precision=8, scale=6), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("confidence", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("yes_price", sa.Numeric(precision=8, scale=6)),
        sa.Column("no_price", sa.Numeric(precision=8, scale=6)),
        sa.Column("market_liquidity", sa.Numeric(precision=20, scale=6)),
        sa.Column("market_volume", sa.Numeric(precision=20, scale=6)),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_title", sa.Text(), nullable=False),
        sa.Column("event_end_date", sa.DateTime(timezone=True)),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reject_reason", sa.Text()),
        sa.Column("bundle", sa.Text()),
        sa.Column("shares", sa.Numeric(precision=20, scale=2)),
        sa.Column("exit", sa.Text()),
        sa.CheckConstraint(
            "(status = 'rejected') = (reject_reason IS NOT NULL)", name=op.f("signals_rejected_with_reason")
        ),
        sa.CheckConstraint("action IN ('buy_yes', 'buy_no', 'sell_yes', 'sell_no')", name=op.f("signals_action")),
        sa.CheckConstraint(
            "status IN ('pending', 'executed', 'partially_executed', 'rejected', 'expired')",
            name=op.f("signals_status"),
        ),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["prescient.captures.capture_id"], name=op.f("signals_capture_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["prescient.portfolios.portfolio_id"], name=op.f("signals_portfolio_id_fkey")
        ),
        sa.PrimaryKeyConstraint("signal_id", name=op.f("signals_pkey")),
        sa.UniqueConstraint(
            "portfolio_id",
            "capture_id",
            "market_id",
            "action",
            name=op.f("signals_portfolio_id_capture_id_market_id_action_key"),
        ),
        schema=SCHEMA,
    )
    op.create_table(
        "snapshots",
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("balance", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        sa.Column("total_invested", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("market_value", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("market_value_at_mid", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("equity", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("realized_profit_loss", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("unrealized_profit_loss", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("total_profit_loss", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("trade_count", sa.Integer(), nullable=False),
        sa.Column("fees_paid", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("marks", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["prescient.captures.capture_id"], name=op.f("snapshots_capture_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["prescient.portfolios.portfolio_id"], name=op.f("snapshots_portfolio_id_fkey")
        ),
        sa.PrimaryKeyConstraint("portfolio_id", "capture_id", name=op.f("snapshots_pkey")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("snapshots_portfolio_id_timestamp_idx"), "snapshots", ["portfolio_id", "timestamp"], schema=SCHEMA
    )
    op.create_table(
        "trades",
        sa.Column("trade_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("signal_id", sa.BigInteger()),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("market_question", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("shares", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("price", sa.Numeric(precision=8, scale=6), nullable=False),
        sa.Column("fee", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("cash_delta", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("cost_delta", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("bundle", sa.Text()),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('buy', 'sell', 'settlement', 'refund')", name=op.f("trades_kind")),
        sa.CheckConstraint("side IN ('yes', 'no')", name=op.f("trades_side")),
        sa.ForeignKeyConstraint(["capture_id"], ["prescient.captures.capture_id"], name=op.f("trades_capture_id_fkey")),
        sa.ForeignKeyConstraint(
            ["portfolio_id"], ["prescient.portfolios.portfolio_id"], name=op.f("trades_portfolio_id_fkey")
        ),
        sa.ForeignKeyConstraint(["signal_id"], ["prescient.signals.signal_id"], name=op.f("trades_signal_id_fkey")),
        sa.PrimaryKeyConstraint("trade_id", name=op.f("trades_pkey")),
        sa.UniqueConstraint("portfolio_id", "source_ref", name=op.f("trades_portfolio_id_source_ref_key")),
        schema=SCHEMA,
    )
    op.create_index(op.f("trades_portfolio_id_capture_id_idx"), "trades", ["portfolio_id", "capture_id"], schema=SCHEMA)
    op.create_index(
        "trades_stops_idx",
        "trades",
        ["portfolio_id", "market_id"],
        schema=SCHEMA,
        postgresql_where=sa.text("details ->> 'exit' = 'stop_loss'"),
    )
    op.create_index(
        "trades_settled_idx",
        "trades",
        ["market_id"],
        schema=SCHEMA,
        postgresql_where=sa.text("kind IN ('settlement', 'refund')"),
    )
    op.execute(REFUSE_CHANGE)
