"""What a venue listed: its captures, and the order books that were asked for."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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

from prescient_dagster.store.tables.schema import Price, Time, metadata

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

# Hourly prices of a UTC day, which outlive its captures. A file is never rewritten; it exists when its row does.
price_marks = Table(
    "price_marks",
    metadata,
    Column("file_id", BigInteger, Identity(), primary_key=True),
    Column("day", Date, nullable=False),
    Column("source", Text, nullable=False),  # captures: what we saw; venue: what the venue told later of that day
    Column("path", Text, nullable=False),  # below the captures folder
    Column("sha256", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("marks", Integer, nullable=False),
    Column("written_at", Time, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("source IN ('captures', 'venue')", name="source"),
    UniqueConstraint("path"),
    Index("price_marks_of_captures", "day", unique=True, postgresql_where=text("source = 'captures'")),
)

# What forecasters said, each word once; never changed but for what it is scored by, never removed.
forecasts = Table(
    "forecasts",
    metadata,
    Column("forecast_id", BigInteger, Identity(always=True), primary_key=True),  # in the order of reading
    Column("source", Text, nullable=False),
    Column("market_id", Text, nullable=False),  # empty: the market is named by its slug
    Column("slug", Text, nullable=False),
    Column("probability", Price, nullable=False),  # that YES pays
    Column("made_at", Time, nullable=False),  # when the source said so
    Column("read_after", Time),  # captured_at of the newest capture then; null: there was none
    Column("read_at", Time, nullable=False, server_default=func.clock_timestamp()),  # by our clock, for reading
    Column("file", Text, nullable=False),  # or address
    # What it is scored by: its market and the price there on the first capture that it counted on, and how it ended.
    Column("scored_market_id", Text),
    Column("event_id", Text),
    Column("yes_price", Price),
    Column("payout", Price),  # of a YES share: 1, 0, or 0.5; null: not final
    CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
    CheckConstraint("market_id <> '' OR slug <> ''", name="market"),
    Index(None, "source", "market_id", "slug", "made_at"),
    Index("forecasts_unscored_idx", "forecast_id", postgresql_where=text("scored_market_id IS NULL")),
)

# Files and addresses of forecasts, as they were read last.
forecast_files = Table(
    "forecast_files",
    metadata,
    Column("file", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("read_at", Time, nullable=False, server_default=func.clock_timestamp()),
    Column("rows", Integer, nullable=False),
    Column("new", Integer, nullable=False),  # forecasts that were not known before
    Column("refused", Integer, nullable=False),  # rows that cannot be used
    Column("examples", JSONB, nullable=False),  # [[row, why], ...] of the first of them
    Column("error", Text, nullable=False, server_default=""),  # why it could not be read at all
)
