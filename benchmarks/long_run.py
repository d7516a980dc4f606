"""Two hundred captures of the simulated venue, an hour apart, traded by 25 portfolios of all strategies.

On store and domain alone, as the assets use them: what grows with the number of captures shows here.
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.measure import Figure, apart, migrated, scratch_home
from prescient_dagster.assets.market_data import judged
from prescient_dagster.catalog import code_version, load_strategy, strategy_names
from prescient_dagster.store import world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases import settle
from prescient_dagster.usecases import take_capture as captures_taken
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order, Result
from prescient_dagster.venue.interface import Venue
from prescient_dagster.venue.simulated import SimulatedVenue

CAPTURES = 200
PER_STRATEGY = 5
SEED, EVENTS, SPEED = 7, 60, 60.0
PARAMETERS = {"seed": SEED, "events": EVENTS, "speed": SPEED}
VARIATIONS: tuple[dict[str, object], ...] = (
    {},
    {"trade_amount": 10, "max_positions": 100},  # holds so much that it meets the rare endings too
    {"max_positions": 3},
    {"profit_target": 0.05, "stop_loss": 0.1},
    {"fill_model": "touch"},
)


class Clock:
    """A real time that moves when told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def an_hour_later(self) -> None:
        self.now += timedelta(hours=1) / SPEED


def create_portfolios(database: Database) -> dict[str, list[str]]:
    """Five portfolios of each strategy with different settings; their slugs by strategy."""
    made: dict[str, list[str]] = {}
    for strategy in strategy_names():
        for number, config in enumerate(VARIATIONS[:PER_STRATEGY]):
            slug = f"{strategy}-{number}"
            new = portfolios.NewPortfolio(slug, strategy, Decimal(10_000), strategy_config=config)
            portfolios.create(database, new)
            made.setdefault(strategy, []).append(slug)
    return made


def venue_of(database: Database, clock: Clock) -> SimulatedVenue:
    """The simulated venue of this database, on a clock that is moved by hand."""
    started_at = world.claim(database, "simulated", PARAMETERS).started_at
    clock.now = max(clock.now, started_at)
    return SimulatedVenue(SEED, EVENTS, SPEED, started_at, clock=clock)


def take_capture(database: Database, folder: Path, venue: Venue) -> int:
    """Capture, resolutions, settlements, ready: what the job `market_data` does."""
    taken = captures_taken.take(database, folder, venue)
    assert taken is not None
    record = taken.record
    settle.ask(database, captures.load(database, folder, record.capture_id), record, venue)
    list(settle.settle(database, record))
    return judged(database, folder, record).capture_id


def trade(database: Database, folder: Path, venue: Venue, slugs: dict[str, list[str]]) -> list[Result]:
    """One cycle of every portfolio on the newest capture: what the strategies' jobs do."""
    results: list[Result] = []
    for strategy, group in slugs.items():
        runner = CycleRunner(load_strategy(strategy), database, folder, lambda: nullcontext(venue))
        results += runner.carry_out(Order(group, code_version=code_version(strategy)))
    return results


def seconds_per_capture(home: Path, url: str) -> tuple[float, list[float]]:
    from prescient_dagster.store.database import connect

    database, clock, taken = connect(url), Clock(datetime.now(UTC)), []
    slugs = create_portfolios(database)
    venue = venue_of(database, clock)
    for _ in range(CAPTURES):
        begun = time.perf_counter()
        take_capture(database, home / "captures", venue)
        trade(database, home / "captures", venue, slugs)
        taken.append(time.perf_counter() - begun)
        clock.an_hour_later()
    return sum(taken), taken


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        measured = apart(seconds_per_capture, home, migrated(home).url)
        fifth = CAPTURES // 5
        # The first capture pays for imports and first connections.
        first, last = sum(measured.answer[1 : fifth + 1]), sum(measured.answer[-fifth:])
        yield Figure(f"{CAPTURES} captures, 25 portfolios: last fifth / first fifth", last / first, 1.2)
        yield Figure("peak memory", measured.peak_mb, 1_000, "MB")
