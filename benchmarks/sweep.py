"""A sweep of 256 configs on 200 captures of 5,000 markets: two processes beside one, which come to the same.

Every config has filters of its own, so that none can share what another has selected.
"""

import os
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

from benchmarks.measure import Figure, apart, migrated, scratch_home, timed
from benchmarks.replay import STRATEGY, wandering
from benchmarks.venue import crawled, write_pages
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import StoredCaptures

CAPTURES, EVENTS = 200, 1_000
GRID: dict[str, list[float]] = {
    "event_min_liquidity": [40_000 + 100 * number for number in range(32)],
    "market_min_conviction": [0.5 + 0.01 * number for number in range(8)],
}


def write_captures(home: Path, url: str) -> float:
    database, first = connect(url), crawled(write_pages(home, EVENTS))
    for listing in islice(wandering(first, CAPTURES), CAPTURES):
        captures.mark_ready(database, captures.save(database, home / "captures", listing).capture_id)
    return 0


def sweep_seconds(home: Path, url: str, workers: int) -> tuple[float, str]:
    """Seconds of the sweep, and the digest of what came of it. Workers find the captures by their environment."""
    from prescient_dagster.usecases.sweeps.crews import crew
    from prescient_dagster.usecases.sweeps.sweep import candidates, swept

    os.environ |= {"PRESCIENT_DATABASE_URL": url, "PRESCIENT_CAPTURES": str(home / "captures")}
    found, digests = candidates(STRATEGY, {"fill_model": "touch"}, GRID), []

    def play() -> None:
        source = StoredCaptures(connect(url), home / "captures")
        digests.append(swept(source, STRATEGY, found, Decimal(10_000), share=0.6, workers=crew(workers))[0].digest)

    return timed(play), digests[0]


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        url = migrated(home).url
        apart(write_captures, home, url)
        one, two = (apart(sweep_seconds, home, url, workers) for workers in (1, 2))
        assert one.answer == two.answer
        yield Figure("two processes / one", two.seconds / one.seconds, 0.65)
        yield Figure("peak memory of one process", one.peak_mb, 600, "MB")
