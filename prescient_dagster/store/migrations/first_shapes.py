"""What tables of version 0001 lack that were made in its first hours.

The version grew twice before there was a second one, and its number tells nothing of that. No migration would see it;
so every upgrade looks, and completes what is there.
"""

from sqlalchemy import Connection, text

LACKING = text("""
SELECT to_regclass('prescient.portfolios') IS NOT NULL AND NOT EXISTS (
  SELECT FROM information_schema.columns
  WHERE table_schema = 'prescient' AND table_name = 'portfolios' AND column_name = 'books_at')
""")
"""It came last: where it is, all is."""

# What the books have seen by then is what was traded on: their newest cycle or trade.
COMPLETE = text("""
CREATE TABLE IF NOT EXISTS prescient.resolutions (
  market_id text NOT NULL,
  capture_id bigint NOT NULL,
  "timestamp" timestamptz NOT NULL,
  ending text NOT NULL,
  reason text NOT NULL,
  yes_price numeric(8, 6),
  no_price numeric(8, 6),
  resolution_status text NOT NULL,
  CONSTRAINT resolutions_pkey PRIMARY KEY (market_id, capture_id),
  CONSTRAINT resolutions_capture_id_fkey FOREIGN KEY (capture_id) REFERENCES prescient.captures (capture_id),
  CONSTRAINT resolutions_ending CHECK (ending IN ('yes', 'no', 'void', 'pending'))
);
ALTER TABLE prescient.signals ADD COLUMN IF NOT EXISTS shares numeric(20, 2), ADD COLUMN IF NOT EXISTS exit text;
CREATE INDEX IF NOT EXISTS trades_stops_idx ON prescient.trades (portfolio_id, market_id)
  WHERE details ->> 'exit' = 'stop_loss';
CREATE INDEX IF NOT EXISTS trades_settled_idx ON prescient.trades (market_id) WHERE kind IN ('settlement', 'refund');
ALTER TABLE prescient.portfolios ADD COLUMN books_at timestamptz;
UPDATE prescient.portfolios SET books_at = (
  SELECT max(captured_at) FROM prescient.captures WHERE capture_id IN (
    SELECT capture_id FROM prescient.cycles WHERE cycles.portfolio_id = portfolios.portfolio_id
    UNION ALL SELECT capture_id FROM prescient.trades WHERE trades.portfolio_id = portfolios.portfolio_id));
""")


def are_there(connection: Connection) -> bool:
    """Whether the tables are of one of the shapes."""
    return bool(connection.scalar(LACKING))


def complete(connection: Connection) -> None:
    """Bring them to what version 0001 became."""
    connection.execute(COMPLETE)
