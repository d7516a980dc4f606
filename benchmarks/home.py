"""The page of all portfolios after a round of 1,000: what it takes beside the figures that it is made of."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cycle import PORTFOLIOS, ROUNDS, cycle, prepare
from benchmarks.measure import Figure, apart, migrated, scratch_home
from benchmarks.venue import write_pages
from prescient_dagster.domain.figures.leaderboard import leaderboard
from prescient_dagster.store import pages
from prescient_dagster.store.database import connect
from prescient_dagster.store.figures.overview import load_everything
from prescient_dagster.store.figures.performance import load_histories
from prescient_dagster.usecases.garbage import without_full_collections
from prescient_dagster.usecases.write_report import look_over, write_home


def page(home: Path, url: str) -> tuple[float, tuple[float, float, float]]:
    """Seconds that the page takes, those of the figures that are worked out in any case, and its kB."""
    database = connect(url)
    begun = time.perf_counter()
    histories = load_histories(database)
    read = time.perf_counter()
    board = leaderboard(histories.portfolios, histories.verdicts)
    worked = time.perf_counter()
    found = load_everything(database)
    loaded = time.perf_counter()
    complaint = write_home(home / "pages", look_over(found, board, datetime.now(UTC), []))
    done = time.perf_counter()
    assert complaint == ""
    beside = (loaded - worked) - (read - begun) + (done - loaded)  # what it reads more, and writing it
    size = (home / "pages" / pages.HOME).stat().st_size / 1_000
    return beside, (worked - begun, done - loaded, size)


def as_the_asset(home: Path, url: str) -> tuple[float, tuple[float, float, float]]:
    """The same as the asset does it."""
    with without_full_collections():
        return page(home, url)


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        paths = write_pages(home)
        apart(prepare, home, paths)
        url = migrated(home).url
        round_of_all = apart(cycle, home, url).seconds
        written = min((apart(as_the_asset, home, url) for _ in range(ROUNDS)), key=lambda run: run.seconds)
        figures, writing, size = written.answer
        yield Figure(f"a round of {PORTFOLIOS:,} portfolios", round_of_all, 60, "s")
        yield Figure("writing the page / a round", writing / round_of_all, 0.05)
        yield Figure("with what is read for it alone / a round", written.seconds / round_of_all, 0.05)
        yield Figure("the figures it is made of, worked out in any case", figures, 10, "s")
        yield Figure("the page", size, 2_000, "kB")
