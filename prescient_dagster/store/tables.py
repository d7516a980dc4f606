"""The tables of the schema `prescient`. What each column means stands here; how they came to be, in `migrations/`."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "prescient"
metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    },
)

Usd = Numeric(20, 6)
Price = Numeric(8, 6)
Shares = Numeric(20, 2)
Time = DateTime(timezone=True)

# One row: the venue this database belongs to. Positions of one venue cannot be valued on another.
world = Table(
    "world",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default="true"),
    Column("venue", Text, nullable=False),
    Column("started_at", Time, nullable=False),  # of a simulated venue: the real time at which its clock began
    Column("parameters", JSONB, nullable=False),  # of a simulated venue: seed, events, speed
    CheckConstraint("only_row", name="one_row"),
)

captures = Table(
    "captures",
    metadata,
    Column("capture_id", BigInteger, Identity(), primary_key=True),  # taken before the row: the files are named by it
    Column("venue", Text, nullable=False),
    Column("captured_at", Time, nullable=False),  # the venue's clock
    Column("stored_at", Time, nullable=False, server_default=func.clock_timestamp()),  # ours
    Column("status", Text, nullable=False),  # stored, ready, refused
    Column("status_reason", Text),
    Column("run_id", Text, nullable=False, server_default=""),  # of the Dagster run that took it
    Column("path", Text, nullable=False),  # of the file pair, below the captures folder, without its endings
    Column("events", Integer, nullable=False),
    Column("markets", Integer, nullable=False),
    Column("tradable_markets", Integer, nullable=False),
    Column("rejected_records", Integer, nullable=False),
    Column("events_sha256", Text, nullable=False),
    Column("markets_sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pruned_at", Time),  # when retention removed its files; the row stays, for what was decided on it
    CheckConstraint("status IN ('stored', 'ready', 'refused')", name="status"),
    UniqueConstraint("venue", "captured_at"),
    Index(None, "captured_at"),
)

rejected_records = Table(
    "rejected_records",
    metadata,
    Column("capture_id", ForeignKey("prescient.captures.capture_id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # event, market
    Column("record_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("capture_id", "number"),
)

# A token's order book as it was when a portfolio first needed it on this capture; every later fill uses the same.
order_books = Table(
    "order_books",
    metadata,
    Column("capture_id", ForeignKey("prescient.captures.capture_id", ondelete="CASCADE"), nullable=False),
    Column("token_id", Text, nullable=False),
    Column("fetched_at", Time, nullable=False, server_default=func.clock_timestamp()),
    Column("book", JSONB(none_as_null=True)),  # {"bids": [["0.49", "100"], ...], "asks": ...}
    # none: the venue has none; touch: as was none when orders without a book filled at the best quote.
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),  # it is unusable
    Column("evidence", Text, nullable=False, server_default=""),  # of an unusable one, what the venue sent
    PrimaryKeyConstraint("capture_id", "token_id"),
    CheckConstraint("state IN ('readable', 'none', 'unusable', 'touch')", name="state"),
    CheckConstraint("(state = 'readable') = (book IS NOT NULL)", name="book"),
)

# That the venue could not be asked for a token's book. Another try may find one; who traded before saw none.
unavailable_books = Table(
    "unavailable_books",
    metadata,
    Column("capture_id", ForeignKey("prescient.captures.capture_id", ondelete="CASCADE"), nullable=False),
    Column("token_id", Text, nullable=False),
    Column("asked_at", Time, nullable=False, server_default=func.clock_timestamp()),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("capture_id", "token_id", "asked_at"),
)

portfolios = Table(
    "portfolios",
    metadata,
    Column("portfolio_id", BigInteger, Identity(always=True), primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("strategy_type", Text, nullable=False, index=True),
    Column("strategy_config", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default="active"),
    Column("initial_balance", Usd, nullable=False),
    Column("created_at", Time, nullable=False, server_default=func.clock_timestamp()),
    # Kept in step with `trades` in the same transaction; a check rebuilds them and compares.
    Column("balance", Usd, nullable=False),  # cash
    Column("realized_profit_loss", Usd, nullable=False, server_default="0"),
    Column("fees_paid", Usd, nullable=False, server_default="0"),
    Column("trade_count", Integer, nullable=False, server_default="0"),
    Column("version", BigInteger, nullable=False, server_default="0"),  # counts changes of the row and its books
    Column("books_at", Time),  # captured_at of the newest capture that its books have seen; they never go back
    Column("last_error", Text),  # why its last cycle failed; cleared by the next that does not
    Column("last_error_at", Time),
    CheckConstraint("status IN ('active', 'paused', 'closing', 'closed')", name="status"),
    CheckConstraint("slug ~ '^[a-z][a-z0-9_-]{0,62}$'", name="slug"),
    CheckConstraint("initial_balance > 0", name="initial_balance"),
)

# Effective configs, each once, whatever the number of cycles under it. Never changed, never removed.
configs = Table(
    "configs",
    metadata,
    Column("config_sha256", Text, primary_key=True),  # of the config as JSON with sorted keys
    Column("config", JSONB, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("cycle_id", BigInteger, Identity(always=True), primary_key=True),
    Column("portfolio_id", ForeignKey("prescient.portfolios.portfolio_id"), nullable=False),
    Column("capture_id", ForeignKey("prescient.captures.capture_id"), nullable=False),
    Column("strategy_type", Text, nullable=False),
    Column("config_sha256", ForeignKey("prescient.configs.config_sha256"), nullable=False),  # of the effective one
    Column("code_version", Text, nullable=False),
    Column("stage", Text, nullable=False),  # how far it came: signals, trades, snapshots (finished)
    Column("markets_analyzed", Integer, nullable=False),  # candidates
    Column("funnel", JSONB, nullable=False),  # [[filter, removed], ...]
    Column("run_id", Text, nullable=False, server_default=""),
    Column("started_at", Time, nullable=False, server_default=func.clock_timestamp()),
    Column("portfolio_status", Text),  # active, closing: as the cycle found it; cycles of the first version do not tell
    CheckConstraint("stage IN ('signals', 'trades', 'snapshots')", name="stage"),
    UniqueConstraint("portfolio_id", "capture_id"),
    Index(None, "capture_id"),
)

signals = Table(
    "signals",
    metadata,
    Column("signal_id", BigInteger, Identity(always=True), primary_key=True),
    Column("portfolio_id", ForeignKey("prescient.portfolios.portfolio_id"), nullable=False),
    Column("capture_id", ForeignKey("prescient.captures.capture_id"), nullable=False),
    Column("rank", Integer, nullable=False),  # order of execution, from 1
    Column("timestamp", Time, nullable=False),  # captured_at
    Column("market_id", Text, nullable=False),
    Column("market_question", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("side_label", Text),  # what the venue calls the side; null: from before it was kept
    Column("target_price", Price, nullable=False),
    Column("amount", Usd, nullable=False),
    Column("confidence", Usd, nullable=False),
    Column("reason", Text, nullable=False),
    Column("yes_price", Price),
    Column("no_price", Price),
    Column("market_liquidity", Usd),
    Column("market_volume", Usd),
    Column("event_id", Text, nullable=False),
    Column("event_title", Text, nullable=False),
    Column("event_end_date", Time),
    Column("status", Text, nullable=False),
    Column("reject_reason", Text),
    Column("bundle", Text),
    Column("shares", Shares),  # of a sale or of each leg of a bundle; null: as many as the amount buys
    Column("exit", Text),  # the rule a sale follows
    CheckConstraint("action IN ('buy_yes', 'buy_no', 'sell_yes', 'sell_no')", name="action"),
    CheckConstraint("status IN ('pending', 'executed', 'partially_executed', 'rejected', 'expired')", name="status"),
    CheckConstraint("(status = 'rejected') = (reject_reason IS NOT NULL)", name="rejected_with_reason"),
    UniqueConstraint("portfolio_id", "capture_id", "market_id", "action"),
)

# Append-only: the database refuses UPDATE, DELETE and TRUNCATE.
trades = Table(
    "trades",
    metadata,
    Column("trade_id", BigInteger, Identity(always=True), primary_key=True),
    Column("portfolio_id", ForeignKey("prescient.portfolios.portfolio_id"), nullable=False),
    Column("capture_id", ForeignKey("prescient.captures.capture_id"), nullable=False),
    Column("signal_id", ForeignKey("prescient.signals.signal_id")),
    Column("timestamp", Time, nullable=False),  # captured_at
    Column("kind", Text, nullable=False),  # buy, sell, settlement, refund
    Column("market_id", Text, nullable=False),
    Column("market_question", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("side_label", Text),
    Column("shares", Shares, nullable=False),  # change of the holding: positive on a buy
    Column("price", Price, nullable=False),  # average, for reading; the cash delta is exact
    Column("fee", Usd, nullable=False),
    Column("cash_delta", Usd, nullable=False),
    Column("cost_delta", Usd, nullable=False),  # change of the position's cost
    Column("synthetic", Boolean, nullable=False),  # filled at the touch, not against an order book
    Column("bundle", Text),
    Column("source_ref", Text, nullable=False),
    Column("details", JSONB, nullable=False),  # touch, fill model, levels
    CheckConstraint("kind IN ('buy', 'sell', 'settlement', 'refund')", name="kind"),
    CheckConstraint("side IN ('yes', 'no')", name="side"),
    UniqueConstraint("portfolio_id", "source_ref"),
    Index(None, "portfolio_id", "capture_id"),
    # Few sales are stops, and each cycle asks for them.
    Index("trades_stops_idx", "portfolio_id", "market_id", postgresql_where=text("details ->> 'exit' = 'stop_loss'")),
    Index("trades_settled_idx", "market_id", postgresql_where=text("kind IN ('settlement', 'refund')")),
)

# What the venue said of markets that somebody holds or held, once they had closed or left the listing; a row when that
# changed.
resolutions = Table(
    "resolutions",
    metadata,
    Column("market_id", Text, nullable=False),
    Column("capture_id", ForeignKey("prescient.captures.capture_id"), nullable=False),
    Column("timestamp", Time, nullable=False),  # captured_at: from then on it could be known
    Column("confirmed_at", Time, nullable=False),  # captured_at of the capture on which it was last said again
    Column("ending", Text, nullable=False),  # yes, no, void, pending
    Column("reason", Text, nullable=False),  # why it is pending
    Column("yes_price", Price),
    Column("no_price", Price),
    Column("best_bid", Price),  # what else it is worth, of a market that is open and not listed
    Column("best_ask", Price),
    Column("last_price", Price),
    Column("tick_size", Price),
    Column("resolution_status", Text, nullable=False),
    PrimaryKeyConstraint("market_id", "capture_id"),
    CheckConstraint("ending IN ('yes', 'no', 'void', 'pending')", name="ending"),
)

# Open positions only; the trades tell of the closed ones.
positions = Table(
    "positions",
    metadata,
    Column("portfolio_id", ForeignKey("prescient.portfolios.portfolio_id"), nullable=False),
    Column("market_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("side_label", Text),
    Column("event_id", Text, nullable=False),
    Column("market_question", Text, nullable=False),
    Column("shares", Shares, nullable=False),
    Column("cost", Usd, nullable=False),  # fees included
    Column("opened_at", Time, nullable=False),  # captured_at of the first entry
    Column("bundle", Text),
    Column("mark", Price),  # the last known value of a share, and where it came from
    Column("mark_source", Text),
    Column("marked_at", Time),  # captured_at of the capture that told it last
    PrimaryKeyConstraint("portfolio_id", "market_id", "side"),
    CheckConstraint("side IN ('yes', 'no')", name="side"),
    CheckConstraint("shares > 0", name="shares"),
    CheckConstraint("cost >= 0", name="cost"),
    Index(None, "market_id"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("portfolio_id", ForeignKey("prescient.portfolios.portfolio_id"), nullable=False),
    Column("capture_id", ForeignKey("prescient.captures.capture_id"), nullable=False),
    Column("timestamp", Time, nullable=False),  # captured_at
    Column("balance", Usd, nullable=False),
    Column("positions", Integer, nullable=False),
    Column("total_invested", Usd, nullable=False),
    Column("market_value", Usd, nullable=False),
    Column("market_value_at_mid", Usd, nullable=False),
    Column("equity", Usd, nullable=False),
    Column("realized_profit_loss", Usd, nullable=False),
    Column("unrealized_profit_loss", Usd, nullable=False),
    Column("total_profit_loss", Usd, nullable=False),
    Column("trade_count", Integer, nullable=False),
    Column("fees_paid", Usd, nullable=False),
    Column("marks", JSONB, nullable=False),  # {"market:side": [mark, source], ...} of the positions held
    PrimaryKeyConstraint("portfolio_id", "capture_id"),
    Index(None, "portfolio_id", "timestamp"),
)


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
