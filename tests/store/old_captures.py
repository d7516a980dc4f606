"""Captures as builds before wrote them: the columns of that time, written down here and not taken from the code."""

from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import text

from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_files import file_pair
from prescient_dagster.store.market.captures import CaptureRecord

VERSION_1 = (
    *("market_id", "event_id", "event_title", "question", "slug", "condition_id", "yes_token_id", "no_token_id"),
    *("yes_label", "no_label", "yes_price", "no_price", "best_bid", "best_ask", "last_price", "spread", "conviction"),
    *("liquidity", "volume", "volume_24hr", "price_change_1h", "price_change_24h", "start_date", "end_date"),
    *("rules_hash", "tick_size", "min_order_size", "fee_rate", "fee_exponent", "neg_risk", "neg_risk_augmented"),
    *("tradable", "closed", "resolution_status", "event_liquidity", "event_volume", "event_volume_24hr"),
    *("event_end_date", "event_market_count"),
)
"""The columns of a capture's markets before any was added."""
FILLED = {"exclusive_group": "", "quote_source": "listing", "untradable": "", "tags": "", "category": ""}
"""What today's readers see in their place."""


def of_version_1(markets: pd.DataFrame) -> bytes:
    """The file that the first schema had of these markets."""
    return written(markets[list(VERSION_1)])


def written(markets: pd.DataFrame) -> bytes:
    """A file with these columns, whatever they are."""
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pandas(markets, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def as_before(markets: pd.DataFrame) -> pd.DataFrame:
    """What today's readers make of the file of the first schema."""
    texts = {name: pd.Series(value, markets.index, "str") for name, value in FILLED.items()}
    return markets.assign(**texts, game_start_time=pd.Series(pd.NaT, markets.index, "datetime64[us, UTC]"))


def replace_markets(database: Database, folder: Path, record: CaptureRecord, content: bytes) -> None:
    """Put another file in the place of a stored capture's markets, as if it had been written with it."""
    _, path = file_pair(folder, record.path)
    path.write_bytes(content)
    change = text("UPDATE prescient.captures SET markets_sha256 = :sha256 WHERE capture_id = :capture_id")
    with database.begin() as connection:
        connection.execute(change, {"sha256": sha256(content).hexdigest(), "capture_id": record.capture_id})
