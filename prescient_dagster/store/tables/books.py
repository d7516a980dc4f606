"""What portfolios are, decided, traded and hold; and how markets ended."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from prescient_dagster.store.tables.schema import Price, Shares, Time, Usd, metadata

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
    # What its snapshots came to, for sizes and limits (domain/books/equity_track.py); null: it was never valued.
    Column("last_equity", Usd),  # at the last snapshot
    Column("last_equity_at", Time),  # its captured_at
    Column("day_equity", Usd),  # at the last snapshot before that UTC day
    Column("high_equity", Usd),  # the highest since it began or was resumed after a halt
    Column("halted_at", Time),  # since when it enters nothing; null: it is not halted
    Column("halted_by", Text),  # drawdown, by_hand
    Column("last_error", Text),  # why its last cycle failed; cleared by the next that does not
    Column("last_error_at", Time),
    CheckConstraint("status IN ('active', 'paused', 'closing', 'closed')", name="status"),
    CheckConstraint("slug ~ '^[a-z][a-z0-9_-]{0,62}$'", name="slug"),
    CheckConstraint("initial_balance > 0", name="initial_balance"),
    CheckConstraint("halted_by IN ('drawdown', 'by_hand')", name="halted_by"),
)

# What people and limits have changed of portfolios, and why; nothing is changed or removed.
portfolio_log = Table(
    "portfolio_log",
    metadata,
    Column("log_id", BigInteger, Identity(always=True), primary_key=True),
    Column("portfolio_id", ForeignKey("prescient.portfolios.portfolio_id"), nullable=False),
    Column("at", Time, nullable=False, server_default=func.clock_timestamp()),
    Column("what", Text, nullable=False),  # config, halted, resumed, paused, closed
    Column("by", Text, nullable=False),  # the command, the run, or the cycle
    Column("details", JSONB, nullable=False),  # what it was and became; of a config also what its try had said
    Index(None, "portfolio_id", "log_id"),
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
    Column("equity_track", JSONB),  # what the portfolio's snapshots had come to; null: from before it was kept
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
    Column("probability", Price),  # that the side pays, where the strategy knows one
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
    Column("tags", Text, nullable=False, server_default=""),  # of the market, when it was bought
    Column("shares", Shares, nullable=False),  # change of the holding: positive on a buy
    Column("price", Price, nullable=False),  # average, for reading; the cash delta is exact
    Column("fee", Usd, nullable=False),
    Column("cash_delta", Usd, nullable=False),
    Column("cost_delta", Usd, nullable=False),  # change of the position's cost
    Column("synthetic", Boolean, nullable=False),  # filled at the touch, not against an order book
    Column("bundle", Text),
    Column("source_ref", Text, nullable=False),
    Column("details", JSONB, nullable=False),  # touch, fill model, levels
    Column("category", Text),  # of a fill's market; null: from before they were kept
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
    Column("tags", Text, nullable=False, server_default=""),  # of the market, when it was bought
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
