"""Trying many configs of a strategy on the same captures, which are read once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import InvalidConfig, InvalidInput, NotFound
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past import sweep
from prescient_dagster.domain.past.replay import Step
from prescient_dagster.domain.past.sweep import Record, Sweep, Tried, WithoutEvents, combinations
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.store.market.capture_sources import CaptureSource, Told
from prescient_dagster.usecases.replay import Table, Watch

MOST_CONFIGS = 1_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """The configs to be tried, and those of the grid that can never trade, with the reason."""

    overrides: Sequence[Mapping[str, Any]]
    configs: Sequence[StrategyConfig]
    refused: Sequence[tuple[Mapping[str, Any], str]]


def candidates(strategy_type: str, base: Mapping[str, Any], grid: Mapping[str, Sequence[Any]]) -> Candidates:
    """Every combination of the grid, laid over the base settings.

    Raises:
        NotFound: there is no such strategy.
        InvalidInput: the grid is empty or too large, or none of its configs can be used.
    """
    model = load_strategy(strategy_type).config
    choices = combinations(grid)
    if not grid or not choices or len(choices) > MOST_CONFIGS:
        raise InvalidInput(f"a grid has 1 to {MOST_CONFIGS} combinations, this one has {len(choices) if grid else 0}")
    usable, configs, refused = [], [], []
    for choice in choices:
        try:
            configs.append(validated(model, base, choice))
            usable.append(choice)
        except InvalidConfig as error:
            refused.append((choice, str(error)))
    if not usable:
        raise InvalidInput(f"no config of the grid can be used, the first because: {refused[0][1]}")
    return Candidates(usable, configs, refused)


class _Part:
    """Some of a source's captures, as a source of its own."""

    def __init__(self, source: CaptureSource, moments: Iterator[Moment]) -> None:
        self.name, self.told = source.name, source.told
        self._source, self._moments = source, moments

    def __len__(self) -> int:
        return len(self._source)

    def moments(self) -> Iterator[Moment]:
        return self._moments

    def order_books(self, capture: Capture, token_ids: Any) -> Any:
        return self._source.order_books(capture, token_ids)


def swept(  # noqa: PLR0913 - what a user may give
    source: CaptureSource,
    strategy_type: str,
    found: Candidates,
    balance: Decimal,
    *,
    share: float,
    watch: Watch = lambda _: None,
) -> tuple[Sweep, Told]:
    """All configs on the first captures, ranked; then on the rest, each beginning anew.

    Args:
        share: of the captures, those on which the configs are ranked.

    Raises:
        NotFound: there are fewer than two captures to play on.
    """
    captures = len(source)
    if captures < 2:
        raise NotFound(f"{captures} captures of {source.name} are too few to rank on some and to look at the others")
    strategy = load_strategy(strategy_type)
    players = [Player(strategy, config, balance) for config in found.configs]
    moments = source.moments()
    first = _played(_Part(source, islice(moments, min(max(1, round(captures * share)), captures - 1))), players, watch)
    entered = set().union(*(record.entered for record in first))
    elsewhere = [replace(player, strategy=WithoutEvents.of(strategy, entered)) for player in players]
    rest = _played(_Part(source, moments), elsewhere, watch)
    tried = [Tried(*each) for each in zip(found.overrides, first, rest, strict=True)]
    return sweep.ranked(tried), source.told


def _played(source: CaptureSource, players: Sequence[Player], watch: Watch) -> list[Record]:
    table = Table(source, players)
    records = [Record(player.initial_balance) for player in players]
    for moment, steps in table.play():
        for record, step in zip(records, steps, strict=True):
            record.add(_trades(step), None if step.snapshot is None else step.snapshot.equity)
        watch(moment.at)
    for record, state in zip(records, table.states, strict=True):
        record.finish(state.account.positions.values())
    return records


def _trades(step: Step) -> list[Any]:
    return [*step.settlements, *(outcome.trade for outcome in step.outcomes if outcome.trade is not None)]


ReadOne = Callable[[str], Any]


def read_grid(given: Sequence[str], read_value: ReadOne) -> dict[str, list[Any]]:
    """A grid from `SETTING=VALUE,VALUE…`, one text per setting.

    Raises:
        InvalidInput: a text is none of these, or names a setting twice.
    """
    grid: dict[str, list[Any]] = {}
    for text in given:
        name, separator, values = text.partition("=")
        if not (name and separator and values) or name in grid:
            raise InvalidInput(f"--grid takes each SETTING=VALUE,VALUE… once, such as max_positions=5,10; got {text!r}")
        grid[name] = [read_value(value) for value in values.split(",")]
    return grid
