"""Trying many configs of a strategy on the same captures, by whoever does the work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.errors import InvalidConfig, InvalidInput, NotFound
from prescient_dagster.domain.past import sweep
from prescient_dagster.domain.past.sweep import Sweep, Tried, combinations
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.store.market.capture_sources import CaptureSource, ReadSoFar
from prescient_dagster.usecases.sweeps.crews import Crew, crew
from prescient_dagster.usecases.sweeps.tasks import Advance, Sweeping

MOST_CONFIGS = 10_000


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


def swept(  # noqa: PLR0913 - what a user may give
    source: CaptureSource,
    strategy_type: str,
    found: Candidates,
    balance: Decimal,
    *,
    share: float,
    workers: Crew | None = None,
    advance: Advance = lambda _: None,
) -> tuple[Sweep, ReadSoFar]:
    """All configs on the first captures, ranked; then on the rest, each beginning anew.

    Args:
        share: of the captures, those on which the configs are ranked.
        workers: who does it; without them this process does.

    Raises:
        NotFound: there are fewer than two captures to play on.
    """
    captures = len(source)
    if captures < 2:
        raise NotFound(f"{captures} captures of {source.name} are too few to rank on some and to look at the others")
    cut = min(max(1, round(captures * share)), captures - 1)
    with workers or crew() as hands:
        sweeping = Sweeping(hands, source, strategy_type, found.configs, balance, advance)
        first, rest = sweeping.walked([range(cut), range(cut, captures)])
        where = hands.where
    tried = [Tried(*each) for each in zip(found.overrides, first, rest, strict=True)]
    return sweep.ranked(tried, where), source.told


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
