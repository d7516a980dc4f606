"""Many configs of one strategy, ranked on the first part of the time and shown on the rest.

The best of many looks good by luck alone: it is the winner because it is ahead. So what it does on captures that had no
say in choosing it stands beside, and no event counts on both sides: what any config entered in the first part, nobody
enters in the second.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product
from typing import Any, overload

import numpy as np

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position, Trade, TradeKind, worth
from prescient_dagster.domain.figures.bootstrap import best_by_chance
from prescient_dagster.domain.figures.round_trips import FILLS
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import Strategy, View

DOUBT = 0.05
"""From this chance of luck on, the best is called no better than chance."""


def combinations(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every choice of one value per setting, the last setting changing fastest."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


@dataclass(frozen=True)
class WithoutEvents(Strategy[Any]):
    """A strategy that enters nothing in some events; in all else the one it was made from."""

    events: frozenset[str] = frozenset()

    @classmethod
    def of(cls, strategy: Strategy[Any], events: Iterable[str]) -> "WithoutEvents":
        """The strategy without these events."""
        values = {name: getattr(strategy, name) for name in Strategy.__dataclass_fields__}
        return cls(**values, events=frozenset(events))

    def wishes(self, view: View, config: StrategyConfig) -> Sequence[Signal]:
        """What it would buy elsewhere, strongest first."""
        return _Elsewhere(super().wishes(view, config), self.events)


@dataclass(frozen=True, eq=False)
class _Elsewhere(Sequence[Signal]):
    """The signals that are in none of these events, found only as they are asked for."""

    signals: Sequence[Signal]
    events: frozenset[str]

    def __iter__(self) -> Iterator[Signal]:
        return (signal for signal in self.signals if signal.event_id not in self.events)

    def __len__(self) -> int:
        """With those events: to leave them out, all signals would have to be made."""
        return len(self.signals)

    @overload
    def __getitem__(self, index: int) -> Signal: ...
    @overload
    def __getitem__(self, index: slice) -> list[Signal]: ...
    def __getitem__(self, index: int | slice) -> Signal | list[Signal]:
        return list(self)[index]


@dataclass(slots=True)
class Record:
    """What one config did in one part of the time, in USD.

    Attributes:
        entered: the events it bought into.
        profits: what it made of each event; what is held counts at its marks once the part has ended.
        max_drawdown: the deepest fall from the highest equity so far, as a fraction of it.
    """

    initial_balance: Decimal
    entered: set[str] = field(default_factory=set)
    fills: int = 0
    profits: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    max_drawdown: float = 0.0
    highest: Decimal = money.ZERO

    def add(self, trades: Iterable[Trade], equity: Decimal | None) -> None:
        """What was booked on a capture, and what there was then (None: it was not valued)."""
        for trade in trades:
            self.profits[trade.event_id] += trade.cash_delta
            self.fills += trade.kind in FILLS
            if trade.kind is TradeKind.BUY:
                self.entered.add(trade.event_id)
        if equity is not None:
            self.highest = max(self.highest, self.initial_balance, equity)
            self.max_drawdown = min(self.max_drawdown, float(equity / self.highest - 1))

    def finish(self, held: Iterable[Position]) -> None:
        """Count what is still held at its marks."""
        for position in held:
            self.profits[position.event_id] += worth(position)

    @property
    def profit(self) -> Decimal:
        return sum(self.profits.values(), money.ZERO)

    @property
    def total_return(self) -> float:
        return float(self.profit / self.initial_balance)


@dataclass(frozen=True, slots=True)
class Tried:
    """One config of a sweep: what differs from the others, and what it did in both parts."""

    overrides: Mapping[str, Any]
    first: Record
    rest: Record


@dataclass(frozen=True, slots=True)
class Sweep:
    """What came of all configs, the best of the first part foremost.

    Attributes:
        chance: how likely luck alone makes the best of so many as good as it was in the first part; None where nobody
            entered anything.
        where: who worked it out.
    """

    tried: Sequence[Tried]
    chance: float | None
    where: str = ""

    @property
    def digest(self) -> str:
        """One text of all that was worked out: the same, whoever did it."""
        return digest((each.first, each.rest) for each in self.tried)

    @property
    def best(self) -> Tried:
        return self.tried[0]

    @property
    def doubts(self) -> list[str]:
        """Why the best may be no better than chance; a sentence each."""
        if self.chance is None:
            return ["no config entered anything in the first part: there is nothing to rank"]
        told = []
        if self.chance > DOUBT:
            told.append(
                f"of {len(self.tried)} configs without skill, the best looks as good as this one in "
                f"{self.chance:.0%} of cases"
            )
        rest = self.best.rest
        if not rest.entered:
            told.append("the best entered nothing in the rest of the time: nothing confirms it")
        elif rest.profit <= 0:
            told.append("the best of the first part made no profit in the rest")
        elif len(self.tried) > 1 and rest.total_return < self._median_of_the_rest:
            told.append("the best of the first part is among the worse half in the rest")
        return told

    @property
    def _median_of_the_rest(self) -> float:
        return float(np.median([each.rest.total_return for each in self.tried]))


def ranked(tried: Iterable[Tried], where: str = "") -> Sweep:
    """The configs by their total return in the first part; equal ones stay in their order."""
    ordered = sorted(tried, key=lambda each: -each.first.total_return)
    return Sweep(ordered, chance([[each.first] for each in ordered]), where)


def chance(records: Sequence[Sequence[Record]]) -> float | None:
    """How likely luck alone makes the best of several configs as good as it was; None: nobody entered anything.

    Args:
        records: of each config, those of one or more parts of the time, which share no event.
    """
    parts = [sorted(set().union(*(record.entered for record in part))) for part in zip(*records, strict=True)]
    if not any(parts):
        return None
    profits = np.array(
        [
            [
                float(record.profits.get(event, money.ZERO) / record.initial_balance)
                for record, events in zip(own, parts, strict=True)
                for event in events
            ]
            for own in records
        ]
    )
    return best_by_chance(profits)


def digest(records: Iterable[Sequence[Record]]) -> str:
    """One text of all that was worked out: the same, whoever did it."""
    found = hashlib.sha256()
    for own in records:
        for record in own:
            profits = sorted((event, str(profit)) for event, profit in record.profits.items())
            told = (record.fills, repr(record.max_drawdown), sorted(record.entered), profits)
            found.update(repr(told).encode())
    return found.hexdigest()[:16]
