"""A replay of ten days of captures, beside what pyarrow needs to read the same columns of the same files.

The captures are those of 5,000 markets of the simulated venue whose prices wander; two minutes are five of the venue's.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import sqlalchemy as sa

from benchmarks.measure import Figure, apart, migrated, scratch_home, timed
from benchmarks.venue import STARTED_AT, crawled, write_pages
from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.tables import replay_trades
from prescient_dagster.usecases.replay import Entrant, replayed

CAPTURES, EVENTS = 2_880, 1_000
EVERY = timedelta(minutes=5)
STRATEGY = "momentum"
CONFIG = {"fill_model": "touch", "profit_target": 0.05, "stop_loss": 0.1}  # so that it goes on trading
FURTHER = 4
ROUNDS = 3


def wandering(first: Listing, number: int) -> Iterator[Listing]:
    """So many listings after the first: the log odds of every price take a small step, all else stays."""
    random = np.random.default_rng(7)
    mid = np.clip(first.markets["yes_price"].fillna(0.5).to_numpy(), 0.01, 0.99)
    odds, half = np.log(mid / (1 - mid)), np.maximum(0.001, first.markets["spread"].fillna(0.01).to_numpy() / 2)
    before = mid
    for step in range(number):
        odds = odds + random.normal(0, 0.03, len(odds))
        mid = np.round(np.clip(1 / (1 + np.exp(-odds)), 0.002, 0.998), 4)
        yield Listing(
            first.venue, first.captured_at + step * EVERY, first.events, _priced(first, mid, half, mid - before)
        )
        before = mid


def _priced(first: Listing, mid: Any, half: Any, change: Any) -> Any:
    bid, ask = np.round(np.maximum(mid - half, 0.001), 3), np.round(np.minimum(mid + half, 0.999), 3)
    return first.markets.assign(
        yes_price=mid,
        no_price=np.round(1 - mid, 6),
        best_bid=bid,
        best_ask=ask,
        spread=np.round(ask - bid, 6),
        conviction=np.round(np.abs(2 * mid - 1), 6),
        price_change_1h=np.round(change, 6),
    )


def write_captures(home: Path, url: str) -> float:
    database, first = connect(url), crawled(write_pages(home, EVENTS))
    for listing in wandering(first, CAPTURES):
        captures.mark_ready(database, captures.save(database, home / "captures", listing).capture_id)
    return 0


def replay_seconds(home: Path, url: str, number: int, configs: int) -> tuple[float, int]:
    """Seconds of a replay of the first captures under so many configs, and how many trades the first one made."""
    database, strategy = connect(url), load_strategy(STRATEGY)
    made = [validated(strategy.config, CONFIG, {"trade_amount": 100 + each}) for each in range(configs)]
    entrants = [Entrant(Player(strategy, config, Decimal(10_000))) for config in made]
    until = STARTED_AT + (number - 1) * EVERY
    seconds = timed(lambda: replayed(database, StoredCaptures(database, home / "captures", None, until), entrants))
    with database.begin() as connection:
        first = sa.select(sa.func.max(replay_trades.c.replay_id) - configs + 1).scalar_subquery()
        trades = connection.scalar(sa.select(sa.func.count()).where(replay_trades.c.replay_id == first))
    return seconds, int(trades or 0)


def pyarrow_seconds(home: Path, url: str) -> tuple[float, list[str]]:
    """Seconds in which pyarrow reads the columns that a replay reads, of the same files, and which those are."""
    database, strategy = connect(url), load_strategy(STRATEGY)
    source = StoredCaptures(database, home / "captures", None, STARTED_AT + 20 * EVERY)
    replayed(database, source, [Entrant(Player(strategy, validated(strategy.config, CONFIG), Decimal(10_000)))])
    columns = sorted(source._habits.used)
    paths = sorted((home / "captures").rglob("*.markets.parquet"))
    return min(timed(lambda: _read(paths, columns)) for _ in range(ROUNDS)), columns


def _read(paths: list[Path], columns: list[str]) -> None:
    """As quickly as pyarrow can: `read_table`, and threads for columns of a few kilobytes, take longer."""
    for path in paths:
        pq.ParquetFile(path).read(columns=columns, use_threads=False)


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        url = migrated(home).url
        apart(write_captures, home, url)
        bare = apart(pyarrow_seconds, home, url).seconds
        short = apart(replay_seconds, home, url, CAPTURES // 4, 1)
        single = apart(replay_seconds, home, url, CAPTURES, 1)
        many = apart(replay_seconds, home, url, CAPTURES, 1 + FURTHER)
        yield Figure(f"one config, {single.answer} trades / pyarrow", single.seconds / bare, 1.6)
        yield Figure("each further config / one", (many.seconds - single.seconds) / FURTHER / single.seconds, 0.6)
        yield Figure(f"peak memory, {CAPTURES} captures / a quarter of them", single.peak_mb / short.peak_mb, 1.1)
        yield Figure("peak memory", single.peak_mb, 1_000, "MB")
