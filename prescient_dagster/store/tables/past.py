"""What was played over stored captures."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from prescient_dagster.store.tables.books import signals, snapshots, trades
from prescient_dagster.store.tables.schema import Time, Usd, metadata


def _like(table: Table, *left_out: str) -> list[Column[Any]]:
    """The columns of a table for a replay's rows, which mean the same."""
    return [Column(each.name, each.type, nullable=each.nullable) for each in table.columns if each.name not in left_out]


# A strategy under one config played over stored captures. Nothing here touches the live books; a replay can be removed.
replays = Table(
    "replays",
    metadata,
    Column("replay_id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("strategy_type", Text, nullable=False),
    Column("portfolio", Text),  # the slug of the portfolio whose settings were taken
    Column("config", JSONB, nullable=False),  # the effective one
    Column("config_sha256", Text, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("source", Text, nullable=False),  # captures, or the folder that was read
    Column("from_time", Time),  # what was asked for; null: from the first
    Column("to_time", Time),  # null: to the last
    Column("initial_balance", Usd, nullable=False),
    Column("created_at", Time, nullable=False, server_default=func.clock_timestamp()),
    # The rest is known at the end.
    Column("first_captured_at", Time),
    Column("last_captured_at", Time),
    Column("captures_read", Integer, nullable=False, server_default="0"),  # refused ones among them
    Column("captures_missing", Integer, nullable=False, server_default="0"),
    Column("captures_duplicated", Integer, nullable=False, server_default="0"),
    Column("notes", JSONB, nullable=False, server_default="[]"),  # what a reader has to know of the result
    Column("endings", JSONB, nullable=False, server_default="{}"),  # how markets ended: {market_id: yes, no, void}
    Column("figures", JSONB, nullable=False, server_default="{}"),
)

# Many configs of a strategy on one window of time after the other, told as they were when they had been played.
sweeps = Table(
    "sweeps",
    metadata,
    Column("sweep_id", BigInteger, Identity(always=True), primary_key=True),
    Column("strategy_type", Text, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("initial_balance", Usd, nullable=False),
    Column("config", JSONB, nullable=False),  # the settings below the grid
    Column("grid", JSONB, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("created_at", Time, nullable=False, server_default=func.clock_timestamp()),
)

replay_signals = Table(
    "replay_signals",
    metadata,
    Column("replay_id", ForeignKey("prescient.replays.replay_id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # in the order of time and execution, from 1
    Column("capture_id", BigInteger),  # null: of a folder, whose captures have no numbers
    *_like(signals, "signal_id", "portfolio_id", "capture_id"),
    PrimaryKeyConstraint("replay_id", "number"),
)

replay_trades = Table(
    "replay_trades",
    metadata,
    Column("replay_id", ForeignKey("prescient.replays.replay_id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # in the order of booking, from 1
    Column("capture_id", BigInteger),
    Column("signal_number", Integer),
    *_like(trades, "trade_id", "portfolio_id", "capture_id", "signal_id"),
    PrimaryKeyConstraint("replay_id", "number"),
    UniqueConstraint("replay_id", "source_ref"),
)

replay_snapshots = Table(
    "replay_snapshots",
    metadata,
    Column("replay_id", ForeignKey("prescient.replays.replay_id", ondelete="CASCADE"), nullable=False),
    Column("capture_id", BigInteger),
    *_like(snapshots, "portfolio_id", "capture_id", "marks"),
    Column("marks", JSONB),  # null: played before they were kept
    PrimaryKeyConstraint("replay_id", "timestamp"),
)
