"""Keeps replays with their signals, trades and snapshots, apart from the books."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
SCHEMA = "prescient"

Usd = sa.Numeric(precision=20, scale=6)
Price = sa.Numeric(precision=8, scale=6)
Shares = sa.Numeric(precision=20, scale=2)
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "replays",
        sa.Column("replay_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("strategy_type", sa.Text(), nullable=False),
        sa.Column("portfolio", sa.Text()),
        sa.Column("config", JSONB(), nullable=False),
        sa.Column("config_sha256", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("from_time", Time),
        sa.Column("to_time", Time),
        sa.Column("initial_balance", Usd, nullable=False),
        sa.Column("created_at", Time, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("first_captured_at", Time),
        sa.Column("last_captured_at", Time),
        sa.Column("captures_read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("captures_missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("captures_duplicated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notes", JSONB(), server_default="[]", nullable=False),
        sa.Column("endings", JSONB(), server_default="{}", nullable=False),
        sa.Column("figures", JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("replay_id", name=op.f("replays_pkey")),
        schema=SCHEMA,
    )
    _create("replay_signals", _signals(), "number")
    _create("replay_trades", _trades(), "number")
    cause = ["replay_id", "source_ref"]
    op.create_unique_constraint("replay_trades_replay_id_source_ref_key", "replay_trades", cause, schema=SCHEMA)
    _create("replay_snapshots", _snapshots(), "timestamp")


def _create(name: str, columns: list[sa.Column[Any]], key: str) -> None:
    """A table of rows that go with their replay."""
    op.create_table(
        name,
        sa.Column("replay_id", sa.BigInteger(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["replay_id"], ["prescient.replays.replay_id"], name=op.f(f"{name}_replay_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("replay_id", key, name=op.f(f"{name}_pkey")),
        schema=SCHEMA,
    )


def _signals() -> list[sa.Column[Any]]:
    return [
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.BigInteger()),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("timestamp", Time, nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("market_question", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_price", Price, nullable=False),
        sa.Column("amount", Usd, nullable=False),
        sa.Column("confidence", Usd, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("yes_price", Price),
        sa.Column("no_price", Price),
        sa.Column("market_liquidity", Usd),
        sa.Column("market_volume", Usd),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_title", sa.Text(), nullable=False),
        sa.Column("event_end_date", Time),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reject_reason", sa.Text()),
        sa.Column("bundle", sa.Text()),
        sa.Column("shares", Shares),
        sa.Column("exit", sa.Text()),
    ]


def _trades() -> list[sa.Column[Any]]:
    return [
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.BigInteger()),
        sa.Column("signal_number", sa.Integer()),
        sa.Column("timestamp", Time, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("market_question", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("shares", Shares, nullable=False),
        sa.Column("price", Price, nullable=False),
        sa.Column("fee", Usd, nullable=False),
        sa.Column("cash_delta", Usd, nullable=False),
        sa.Column("cost_delta", Usd, nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("bundle", sa.Text()),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
    ]


def _snapshots() -> list[sa.Column[Any]]:
    amounts = ("balance", "total_invested", "market_value", "market_value_at_mid", "equity", "realized_profit_loss")
    return [
        sa.Column("capture_id", sa.BigInteger()),
        sa.Column("timestamp", Time, nullable=False),
        sa.Column("positions", sa.Integer(), nullable=False),
        *(sa.Column(name, Usd, nullable=False) for name in (*amounts, "unrealized_profit_loss", "total_profit_loss")),
        sa.Column("trade_count", sa.Integer(), nullable=False),
        sa.Column("fees_paid", Usd, nullable=False),
    ]
