"""History on recorded quotes: what strategies trade by it is what a few lines of pandas on the file say."""

from collections.abc import Mapping
from contextlib import nullcontext
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from prescient_dagster.usecases.verify import verify
from prescient_dagster.venue.series.listings import Assumptions, imported
from prescient_dagster.venue.series.reading import read
from tests.assets.replays import World

QUOTES = Path("series") / "quotes-15min-2026-06-05_2026-06-09.csv.gz"
EVERYTHING = {
    **dict.fromkeys(
        f"{of}_min_{what}" for of in ("event", "market") for what in ("liquidity", "volume", "volume_24hr")
    ),
    "market_min_conviction": None,
    "market_max_conviction": 0.98,
    "min_confidence": None,
    "fill_model": "touch",
    "max_positions": 1_000,
    "trade_amount": 10,
    "max_slippage": 1,
}
DAYS = {"event_min_days_until_end": None, "event_max_days_until_end": None}
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "momentum": EVERYTHING | DAYS | {"lookback_hours": 24, "min_rise": 0.02},
    "mean_reversion": EVERYTHING | {"lookback_hours": 168, "min_z_score": 2, "min_points": 24},
}
Entries = dict[str, tuple[pd.Timestamp, str]]
"""When each market was bought first, and which side: it is held until the end."""


@pytest.fixture(scope="module")
def prices(shared_data: Path) -> pd.DataFrame:
    """The file as a table: a row for each capture, a column for each market."""
    seen = pd.read_csv(shared_data / QUOTES, parse_dates=["ingested_at"]).sort_values("ingested_at")
    number = (seen["ingested_at"].diff() >= pd.Timedelta("60s")).cumsum()
    seen["at"] = seen.groupby(number)["ingested_at"].transform("min").dt.floor("s")
    return seen.pivot_table(index="at", columns="market_id", values="yes_price", aggfunc="last").round(6)


def asof(table: pd.DataFrame, moments: pd.DatetimeIndex, minutes: float) -> np.ndarray[Any, Any]:
    return table.reindex(moments, method="ffill", tolerance=pd.Timedelta(minutes=minutes)).to_numpy()


def first(wanted: pd.DataFrame, side: pd.DataFrame) -> Entries:
    once = wanted.loc[:, wanted.any()].idxmax()
    return {market: (at, side.loc[at, market]) for market, at in once.items()}


def momentum_by_pandas(prices: pd.DataFrame) -> Entries:
    favourite = prices.where(prices >= 0.5, 1 - prices)
    rise = (prices - asof(prices, prices.index - pd.Timedelta("24h"), 18)) * np.where(prices >= 0.5, 1, -1)
    wanted = (favourite > 0.5) & (favourite <= 0.99) & (rise.round(6) >= 0.02)
    return first(wanted, pd.DataFrame(np.where(prices >= 0.5, "yes", "no"), prices.index, prices.columns))


def mean_reversion_by_pandas(prices: pd.DataFrame) -> Entries:
    favourite = prices.where(prices >= 0.5, 1 - prices)
    marks = prices[~prices.index.floor("h").duplicated(keep="last")]
    path = np.array(
        [
            asof(prices if h <= 24 else marks, prices.index - pd.Timedelta(hours=h), 18 if h <= 24 else 78)
            for h in range(1, 169)
        ]
    )
    path = np.where(np.isfinite(path).sum(axis=0) >= 24, path, np.nan)
    table = pd.DataFrame(path.reshape(len(path), -1))
    mean, deviation = (table.agg(what).to_numpy().reshape(prices.shape) for what in ("mean", "std"))
    z = (prices - mean) / np.where(deviation > 1e-9, deviation, np.nan) * np.where(prices >= 0.5, 1, -1)
    wanted = (favourite > 0.7) & (favourite <= 0.99) & (z >= 2)
    return first(wanted, pd.DataFrame(np.where(prices >= 0.5, "no", "yes"), prices.index, prices.columns))


@pytest.fixture(scope="module")
def quotes(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return list(imported(read(shared_data / QUOTES), Assumptions()).listings())


def live(database: Database, folder: Path, listings: list[Any]) -> None:
    """What schedules do with each capture: a portfolio of each strategy trades it, with nothing in memory."""
    for strategy, config in CONFIGS.items():
        portfolios.create(
            database, portfolios.NewPortfolio(strategy, strategy, Decimal(100_000), strategy_config=config)
        )
    for listing in listings:
        record = captures.save(database, folder, listing)
        captures.mark_ready(database, record.capture_id)
        for strategy in CONFIGS:
            runner = CycleRunner(load_strategy(strategy), database, folder, partial(nullcontext, None))  # type: ignore[arg-type]
            assert [result.error for result in runner.carry_out(Order([strategy]))] == [None]


def entries(trades: Any) -> Entries:
    bought = [each.trade for each in trades if each.trade.kind is TradeKind.BUY]
    return {trade.market_id: (pd.Timestamp(trade.timestamp), str(trade.side)) for trade in bought}


def test_live_and_replayed_they_trade_as_the_file_says(
    database: Database, tmp_path: Path, prices: pd.DataFrame, quotes: list[Any]
) -> None:
    live(database, tmp_path, quotes)
    world = World(database, tmp_path, {name: [name] for name in CONFIGS})
    expected = {"momentum": momentum_by_pandas(prices), "mean_reversion": mean_reversion_by_pandas(prices)}
    assert {name: len(found) > 5 for name, found in expected.items()} == dict.fromkeys(CONFIGS, True)
    for name, replay_id in zip(CONFIGS, world.replay(*CONFIGS), strict=True):
        lived = world.lived(name).trades
        assert entries(lived) == expected[name]
        assert entries(world.replayed(replay_id).trades) == expected[name]
        found = verify(database, tmp_path, name)
        assert (found.differences, found.told.missing, found.cycles) == ([], [], len(quotes))
