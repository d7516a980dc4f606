"""The pieces that a sweep is made of: some configs on some captures. Values go in and values come out, anywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.past.replay import ReplayStep
from prescient_dagster.domain.past.sweep import Record, WithoutEvents
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.settings import load_settings
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_sources import CaptureSource, ReadSoFar, StoredCaptures, StoredWindow
from prescient_dagster.store.server import postgres
from prescient_dagster.usecases.folder_captures import FolderCaptures, FolderWindow
from prescient_dagster.usecases.garbage import without_full_collections
from prescient_dagster.usecases.replay import Backtest
from prescient_dagster.usecases.sweeps.crews import Crew

MOST_IN_A_TASK = 128
"""Configs; a task is what is done again where a worker dies, and what progress is told by."""
Window = StoredWindow | FolderWindow
Advance = Callable[[int], None]
"""Is told how many captures more were played, each config for itself."""


@dataclass(frozen=True, slots=True)
class Task:
    """Some configs to be played on a window, each from its initial balance.

    Attributes:
        configs: as documents.
        without: the events that nobody enters.
    """

    window: Window
    strategy_type: str
    configs: Sequence[Mapping[str, Any]]
    balance: Decimal
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TaskRecords:
    """What came of a task: a record for each of its configs."""

    records: Sequence[Record]
    told: ReadSoFar


def play(task: Task) -> TaskRecords:
    """Carry out a task, with the captures that this process's environment names.

    Raises:
        StoreError: they are not those that are meant.
    """
    return play_on(_opened(task.window), task)


@without_full_collections()
def play_on(source: CaptureSource, task: Task, advance: Advance = lambda _: None) -> TaskRecords:
    """Carry out a task on its window."""
    strategy = load_strategy(task.strategy_type)
    configs = [validated(strategy.config, document) for document in task.configs]
    if task.without:
        strategy = WithoutEvents.of(strategy, task.without)
    backtest = Backtest(source, [Player(strategy, config, task.balance) for config in configs])
    records = [Record(task.balance) for _ in configs]
    for _moment, steps in backtest.play():
        for record, step in zip(records, steps, strict=True):
            record.add(_trades(step), None if step.snapshot is None else step.snapshot.equity)
        advance(len(configs))
    for record, state in zip(records, backtest.states, strict=True):
        record.finish(state.account.positions.values())
    return TaskRecords(records, source.told)


def _trades(step: ReplayStep) -> list[Any]:
    return [*step.settlements, *(outcome.trade for outcome in step.outcomes if outcome.trade is not None)]


def _opened(window: Window) -> CaptureSource:
    if isinstance(window, FolderWindow):
        return FolderCaptures.of(window)
    return StoredCaptures(*opened_here(), only=window)


def opened_here() -> tuple[Database, CaptureFolder]:
    """The database and the captures that this process's environment names."""
    settings = load_settings()
    return _database(settings.database_url or postgres.start(settings.home)), settings.captures_folder


@cache
def _database(url: str) -> Database:
    return connect(url)


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Who is played on what, and by whom. What was read is told by the source."""

    crew: Crew
    source: CaptureSource
    strategy_type: str
    configs: Sequence[StrategyConfig]
    balance: Decimal
    advance: Advance = lambda _: None

    def walked(self, spans: Sequence[range]) -> list[list[Record]]:
        """All configs on one span of captures after the other, each time anew; of each span the records.

        What any of them entered in a span, nobody enters in a later one.
        """
        entered: frozenset[str] = frozenset()
        found = []
        for span in spans:
            records = self._played(span, entered)
            entered = entered.union(*(record.entered for record in records))
            found.append(records)
        return found

    def _played(self, span: range, without: frozenset[str]) -> list[Record]:
        task = Task(self.source.window(span.start, span.stop), self.strategy_type, (), self.balance, without)
        documents = [config.document() for config in self.configs]
        parts = _parts(len(documents), self.crew.hands.size)
        tasks = [replace(task, configs=documents[part::parts]) for part in range(parts)]
        records: list[Any] = [None] * len(documents)
        told: dict[int, ReadSoFar] = {}
        here = self.crew.hands.here
        for part, answer in self.crew.carry_out(self._play_here if here else play, tasks):
            records[part::parts], told[part] = answer.records, answer.told
            if not here:
                self.advance(len(answer.records) * len(span))
        self.source.told.add(told[0])
        return records

    def _play_here(self, task: Task) -> TaskRecords:
        return play_on(self.source.opened(task.window), task, self.advance)


def _parts(configs: int, hands: int) -> int:
    """How many tasks. Neighbours in a grid are alike, so they are dealt out to them like cards."""
    needed = -(-configs // MOST_IN_A_TASK)
    return min(configs, -(-needed // hands) * hands)
