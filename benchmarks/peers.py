"""The same rule, cap and rank in vectorbt, on the same files: momentum with exits, one config and 64.

vectorbt is none of our dependencies: without it there is no figure. It pays no fees here and writes no books, so it
does less; it is warm: its functions are compiled before the clock runs.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import sqlalchemy as sa

from benchmarks.measure import Figure, apart, migrated, scratch_home, timed
from benchmarks.replay import EVERY, wandering
from benchmarks.venue import STARTED_AT, crawled, write_pages
from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.tables import replay_snapshots
from prescient_dagster.usecases.replay import Entrant, replayed

CAPTURES, EVENTS = 480, 200
STRATEGY, BALANCE, AMOUNT, MIN_PRICE = "momentum", 10_000, 100, 0.75
ANY_MARKET: dict[str, Any] = {
    "event_min_liquidity": None,
    "event_min_volume": None,
    "event_min_volume_24hr": None,
    "event_min_days_until_end": None,
    "event_max_days_until_end": None,
    "market_min_liquidity": None,
    "market_min_volume": None,
    "market_min_volume_24hr": None,
    "market_min_conviction": None,
    "market_max_conviction": None,
    "fill_model": "touch",
    "reentry_hours": 0,
}
PROFITS, LOSSES, CAPS = (0.03, 0.05, 0.07, 0.1), (0.05, 0.1, 0.15, 0.2), (5, 10, 20, 40)
ONE = (0.05, 0.1, 10)
COLUMNS = ["yes_price", "best_bid", "best_ask", "tradable"]
ROUNDS = 3


def write_captures(home: Path, url: str) -> float:
    database, first = connect(url), crawled(write_pages(home, EVENTS))
    for listing in wandering(first, CAPTURES):
        captures.mark_ready(database, captures.save(database, home / "captures", listing).capture_id)
    return 0


def ours(home: Path, url: str, configs: list[tuple[float, float, int]]) -> tuple[float, float]:
    """Seconds of a replay under these configs, from the files to the database; what the first was worth at the end."""
    database, strategy = connect(url), load_strategy(STRATEGY)
    made = [
        validated(strategy.config, ANY_MARKET, {"profit_target": profit, "stop_loss": loss, "max_positions": cap})
        for profit, loss, cap in configs
    ]

    played: list[int] = []

    def work() -> None:
        entrants = [Entrant(Player(strategy, config, Decimal(BALANCE))) for config in made]
        until = STARTED_AT + (CAPTURES - 1) * EVERY
        played[:] = replayed(database, StoredCaptures(database, home / "captures", None, until), entrants)

    seconds = min(timed(work) for _ in range(ROUNDS if len(configs) == 1 else 1))
    with database.begin() as connection:
        mine = sa.select(replay_snapshots.c.equity).where(replay_snapshots.c.replay_id == played[0])
        return seconds, float(connection.scalars(mine.order_by(replay_snapshots.c.timestamp.desc())).first() or 0)


def tables(home: Path) -> tuple[Any, Any]:
    """Ask and bid of every token by capture, the YES tokens before the NO tokens."""
    read = [
        pq.ParquetFile(path).read(columns=COLUMNS, use_threads=False)
        for path in sorted(
            (home / "captures").rglob("*.markets.parquet"), key=lambda path: int(path.name.split(".")[0])
        )
    ]
    bid, ask = (np.array([table.column(name).to_numpy() for table in read]) for name in ("best_bid", "best_ask"))
    price = np.array([table.column("yes_price").to_numpy() for table in read])
    ask, bid = np.hstack([ask, 1 - bid]), np.hstack([bid, 1 - ask])
    return np.hstack([price, 1 - price]), np.stack([ask, bid])


def vectorbt_rule() -> Callable[[Any, Any, tuple[float, float, int]], float]:
    """The rule as vectorbt has it; what a run of it is worth at the end, USD."""
    import vectorbt as vbt
    from numba import njit
    from vectorbt.portfolio.enums import SizeType
    from vectorbt.portfolio.nb import order_nb, order_nothing_nb

    @njit
    def before_segment(  # noqa: PLR0913, PLR0917 - vectorbt hands over what it is given, one by one
        c: Any, price: Any, quotes: Any, wish: Any, cost: Any, rule: Any
    ) -> tuple[()]:
        """Sales first, then purchases by rank as far as there are slots."""
        row, held = c.i, 0
        wish[:] = 0.0
        for col in range(price.shape[1]):
            shares = c.last_position[col]
            if shares > 0:
                held += 1
                gain = shares * quotes[1, row, col] / cost[col] - 1
                if gain >= rule[0] or gain <= -rule[1]:
                    wish[col] = -shares
                    held -= 1
        free = int(rule[2]) - held
        ranked = np.argsort(-price[row])
        for col in ranked:
            if free <= 0 or price[row, col] < rule[3]:
                break
            ask = quotes[0, row, col]
            if c.last_position[col] == 0 and ask > 0 and ask < 1:
                wish[col] = np.floor(rule[4] / ask * 100) / 100
                cost[col] = wish[col] * ask
                free -= 1
        order = np.argsort(wish)
        for place in range(len(order)):
            c.call_seq_now[place] = order[place]
        return ()

    @njit
    def order(c: Any, quotes: Any, wish: Any) -> Any:
        size = wish[c.col]
        if size == 0:
            return order_nothing_nb()
        return order_nb(size=size, price=quotes[0 if size > 0 else 1, c.i, c.col], size_type=SizeType.Amount)

    def run(price: Any, quotes: Any, config: tuple[float, float, int]) -> float:
        wish, cost = np.zeros(price.shape[1]), np.ones(price.shape[1])
        rule = np.array([*config, MIN_PRICE, AMOUNT], dtype=float)
        portfolio = vbt.Portfolio.from_order_func(
            price,
            order,
            quotes,
            wish,
            pre_segment_func_nb=before_segment,
            pre_segment_args=(price, quotes, wish, cost, rule),
            init_cash=BALANCE,
            cash_sharing=True,
            group_by=True,
            call_seq="default",
            max_orders=price.size // 10,
            update_value=False,
        )
        return float(portfolio.final_value())

    return run


def theirs(home: Path, _url: str, configs: list[tuple[float, float, int]]) -> tuple[float, tuple[float, float]]:
    """Seconds from the files and from memory, the best of three for a single config; what the first was worth."""
    rule = vectorbt_rule()
    price, quotes = tables(home)
    worth = rule(price, quotes, configs[0])
    rounds = ROUNDS if len(configs) == 1 else 1
    memory = min(timed(lambda: [rule(price, quotes, config) for config in configs]) for _ in range(rounds))
    return min(timed(lambda: tables(home)) for _ in range(rounds)) + memory, (memory, worth)


def run() -> Iterator[Figure]:
    if find_spec("vectorbt") is None:
        return
    grid = list(product(PROFITS, LOSSES, CAPS))
    with scratch_home() as home:
        url = migrated(home).url
        apart(write_captures, home, url)
        for configs, limit in (([ONE], 1.0), (grid, 0.9)):
            mine, peer = apart(ours, home, url, configs), apart(theirs, home, url, configs)
            yield Figure(f"{len(configs)} configs / vectorbt", mine.seconds / peer.seconds, limit)
            memory, worth = peer.answer
            yield Figure(f"{len(configs)} configs / vectorbt from memory", mine.seconds / memory, 4)
            yield Figure(f"{len(configs)} configs", mine.seconds, 60, "s")
            yield Figure("worth at the end, USD / vectorbt's", mine.answer / worth, 1.02)
