"""Worlds that portfolios have lived in, to be replayed: the simulated venue, an hour between captures."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import long_run
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.figures.performance import load_histories
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.past import replays
from prescient_dagster.usecases import settle, take_capture
from prescient_dagster.usecases.replay import Entrant, replayed
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from tests.conftest import cloned

CAPTURES = 24
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "wide": {"trade_amount": 10, "max_positions": 100, "trade_frequency": "medium"},
    "quick": {"profit_target": 0.05, "stop_loss": 0.1, "fill_model": "touch"},
    "sized": {
        "sizing": "equity",
        "trade_fraction": 0.0137,
        "max_exposure": 0.04,
        "max_exposure_per_event": 0.02,
        "max_exposure_per_tag": 0.03,
        "max_daily_loss": 0.002,
        "max_drawdown": 0.003,
    },
}


@dataclass(frozen=True)
class World:
    """A database and a captures folder in which portfolios have lived."""

    database: Database
    folder: Path
    slugs: dict[str, list[str]]

    @property
    def everybody(self) -> list[str]:
        return [slug for group in self.slugs.values() for slug in group]

    @contextmanager
    def copy(self, folder: Path) -> Iterator["World"]:
        """The same world for who wants to change it; its files go to `folder`."""
        shutil.copytree(self.folder, folder)
        self.database.close()
        with cloned(self.database.url) as url:
            database = connect(url)
            yield World(database, folder, self.slugs)
            database.close()

    def live(self, times: int, venue: Any, clock: long_run.Clock) -> None:
        for _ in range(times):
            self.take_capture(venue)
            self.trade(venue)
            clock.an_hour_later()

    def take_capture(self, venue: Any) -> int:
        """What the job `market_data` does."""
        taken = take_capture.take(self.database, self.folder, venue)
        assert taken is not None
        record = taken.record
        settle.ask(self.database, captures.load(self.database, self.folder, record.capture_id), record, venue)
        list(settle.settle(self.database, record))
        captures.mark_ready(self.database, record.capture_id)
        return record.capture_id

    def trade(self, venue: Any, **order: Any) -> None:
        """One cycle of everybody. `order`: capture, stages and so on."""
        for strategy, group in self.slugs.items():
            runner = CycleRunner(load_strategy(strategy), self.database, self.folder, partial(nullcontext, venue))
            results = list(runner.carry_out(Order(group, **order)))
            assert {result.slug: result.error for result in results if result.error} == {}

    def replay(self, *slugs: str, since: datetime | None = None, until: datetime | None = None) -> list[int]:
        """Replay the settings of these portfolios over the captures; the numbers of the replays."""
        source = StoredCaptures(self.database, self.folder, since, until)
        return replayed(self.database, source, [self.entrant(slug) for slug in slugs], since=since, until=until)

    def entrant(self, slug: str) -> Entrant:
        portfolio = portfolios.get(self.database, slug)
        strategy = load_strategy(portfolio.strategy_type)
        config = validated(strategy.config, portfolio.strategy_config)
        return Entrant(Player(strategy, config, portfolio.initial_balance), portfolio=slug)

    def lived(self, slug: str) -> History:
        return load_histories(self.database, [slug]).portfolios[0]

    def replayed(self, replay_id: int) -> History:
        return replays.load_histories(self.database, [replay_id]).portfolios[0]


def entrant(name: str, balance: int = 10_000, **config: Any) -> Entrant:
    """A strategy of its own, under its defaults but for this config."""
    strategy = load_strategy(name)
    return Entrant(Player(strategy, validated(strategy.config, config), Decimal(balance)))


@contextmanager
def a_world(template_url: str, folder: Path, times: int, configs: Sequence[str] = tuple(CONFIGS)) -> Iterator[World]:
    """A world in which every strategy has traded so many captures under each of these configs."""
    with cloned(template_url) as url:
        database = connect(url)
        world = World(database, folder, created(database, configs))
        clock = long_run.Clock(datetime.now(UTC))
        world.live(times, long_run.venue_of(database, clock), clock)
        yield world
        database.close()


def created(database: Database, configs: Sequence[str]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for strategy in strategy_names():
        for name in configs:
            slug = f"{strategy}-{name}"
            new = portfolios.NewPortfolio(slug, strategy, Decimal(10_000), strategy_config=CONFIGS[name])
            portfolios.create(database, new)
            made.setdefault(strategy, []).append(slug)
    return made
