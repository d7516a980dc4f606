"""`select` and `decide` of each strategy on 50,000 markets, with its defaults and with every filter off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, apart, scratch_home, timed
from benchmarks.venue import crawled, write_pages
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.strategies import Strategy, View

LIMITS_MS = {"arbitrage": 150, "hybrid": 150}
ROUNDS = 7


def milliseconds(paths: list[Path], name: str) -> tuple[float, dict[str, float]]:
    listing = crawled(paths)
    capture = Capture(1, listing.captured_at, listing.events, listing.markets)
    strategy = load_strategy(name)
    defaults = strategy.config()
    unfiltered = strategy.config(**{filter_name: None for filter_name, _ in defaults.bounds()})
    return 0, {
        told: _best(strategy, capture, config) for told, config in (("defaults", defaults), ("no filters", unfiltered))
    }


def _best(strategy: Strategy[Any], capture: Capture, config: Any) -> float:
    def once() -> None:
        strategy.decide(View(capture, strategy.select(capture, config).rows), config)

    once()  # the capture's columns are prepared once, for all portfolios
    return min(timed(once) for _ in range(ROUNDS)) * 1_000


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        paths = write_pages(home)
        for name in strategy_names():
            for told, value in apart(milliseconds, paths, name).answer.items():
                yield Figure(f"{name}, {told}", value, LIMITS_MS.get(name, 50), "ms")
