"""The tables of the schema `prescient`. What each column means stands here; how they came to be, in `migrations/`."""

from prescient_dagster.store.tables.books import (
    configs,
    cycles,
    portfolio_log,
    portfolios,
    positions,
    resolutions,
    signals,
    snapshots,
    trades,
)
from prescient_dagster.store.tables.market import (
    captures,
    forecast_files,
    forecasts,
    order_books,
    price_marks,
    rejected_records,
    unavailable_books,
    world,
)
from prescient_dagster.store.tables.past import replay_signals, replay_snapshots, replay_trades, replays, sweeps
from prescient_dagster.store.tables.schema import SCHEMA, metadata

__all__ = [
    "SCHEMA",
    "captures",
    "configs",
    "cycles",
    "forecast_files",
    "forecasts",
    "metadata",
    "order_books",
    "portfolio_log",
    "portfolios",
    "positions",
    "price_marks",
    "rejected_records",
    "replay_signals",
    "replay_snapshots",
    "replay_trades",
    "replays",
    "resolutions",
    "signals",
    "snapshots",
    "sweeps",
    "trades",
    "unavailable_books",
    "world",
]
