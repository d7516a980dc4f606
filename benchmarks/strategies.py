"""`select` and `decide` of each strategy on 50,000 markets: its defaults, every filter off, and what looks back.

Looking back, the prices of before are in memory, as in a replay or in a run of many portfolios, and each is looked up.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Figure, apart, scratch_home, timed
from benchmarks.venue import crawled, write_pages
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.strategies import Strategy, View
from prescient_dagster.store.market.past_captures import PastCaptures
from prescient_dagster.store.market.price_shelf import Priced, priced

LIMITS_MS = {"arbitrage": 150, "hybrid": 150}
ROUNDS = 7
WEEK_HOURS = 168
NOISE = 0.02  # USD per share
RISEN = {"lookback_hours": 24, "min_rise": 0.0}
STRETCHED = {"lookback_hours": WEEK_HOURS, "min_z_score": 0.5}
LOOKING_BACK: dict[str, dict[str, Any]] = {
    "momentum": RISEN,
    "mean_reversion": STRETCHED,
    "hybrid": {"configs": {"momentum": RISEN, "mean_reversion": STRETCHED}},
}


def milliseconds(paths: list[Path], name: str) -> tuple[float, dict[str, float]]:
    listing = crawled(paths)
    capture = Capture(1, listing.captured_at, listing.events, listing.markets)
    strategy = load_strategy(name)
    defaults = strategy.config()
    bare = {filter_name: None for filter_name, _ in defaults.bounds()}
    configs = {"defaults": defaults, "no filters": strategy.config(**bare)}
    if name in LOOKING_BACK:
        configs["no filters, with history"] = strategy.config(**bare, **LOOKING_BACK[name])
    return 0, {told: _best(strategy, capture, config) for told, config in configs.items()}


def _best(strategy: Strategy[Any], capture: Capture, config: Any) -> float:
    past, forecasts = a_week_before(capture), forecasts_of_all(capture)

    def once() -> None:
        selection, history = strategy.select(capture, config), PriceHistory(past)
        view = View(capture, selection.rows, history=history, forecasters=forecasts)
        left = strategy.with_history(selection, view, config)
        strategy.decide(View(capture, left.rows, history=history, forecasters=forecasts), config)

    once()  # the capture's columns are prepared once, for all portfolios
    return min(timed(once) for _ in range(ROUNDS)) * 1_000


def a_week_before(capture: Capture) -> PastCaptures[int]:
    """A capture an hour for a week, with the same markets at other prices."""
    ids, prices = priced(capture)
    times = {capture.captured_at - timedelta(hours=hours): hours for hours in range(WEEK_HOURS + 2)}

    def read(hours: int) -> Priced:
        moved = prices + np.random.default_rng(hours).normal(0, NOISE, len(prices))
        return ids, np.clip(moved, 0.001, 0.999)

    return PastCaptures(lambda _: times, read)


def forecasts_of_all(capture: Capture) -> Forecasts:
    """A word on every market that has a price."""
    said = [
        Forecast("bench", market_id, "", round(min(price + 0.1, 1), 6), capture.captured_at - timedelta(hours=1))
        for market_id, price in zip(capture.texts["market_id"], capture.columns["yes_price"].tolist(), strict=True)
        if not np.isnan(price)
    ]
    return Forecasts(lambda: said)


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        paths = write_pages(home)
        for name in strategy_names():
            for told, value in apart(milliseconds, paths, name).answer.items():
                yield Figure(f"{name}, {told}", value, LIMITS_MS.get(name, 50), "ms")
