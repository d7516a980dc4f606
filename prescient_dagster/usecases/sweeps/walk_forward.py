"""Many configs on one window of time after the other, and whether what was best stays good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from prescient_dagster.catalog import code_version
from prescient_dagster.domain.errors import InvalidInput, NotFound
from prescient_dagster.domain.past.sweep import Record
from prescient_dagster.domain.past.walk_forward import TriedWindow, Turn, Walked, WalkForward, walk_forward
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_sources import CaptureSource
from prescient_dagster.store.past.sweeps import NewSweep, keep
from prescient_dagster.usecases.sweeps.crews import Crew
from prescient_dagster.usecases.sweeps.sweep import Candidates
from prescient_dagster.usecases.sweeps.tasks import Advance, Sweeping

LEAST_WINDOWS, MOST_WINDOWS = 2, 50
MOST_KEPT = 1_000
"""Configs, of which the best in the mean are kept; what is said of all of them counts all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried: a strategy's settings below the grid, the grid, and in how many windows of time."""

    strategy_type: str
    config: Mapping[str, Any]
    grid: Mapping[str, Any]
    balance: Decimal
    windows: int


def walked_forward(  # noqa: PLR0913, PLR0917 - on what, and by whom
    database: Database,
    source: CaptureSource,
    asked: Asked,
    found: Candidates,
    crew: Crew,
    advance: Advance = lambda _: None,
) -> int:
    """Play all configs on windows of equal length, each time anew, and keep what came of it; its number.

    Raises:
        InvalidInput: so many windows make no sense.
        NotFound: there are fewer captures than windows.
    """
    result = document(walked(source, asked, found, crew, advance), found.refused, source.told.notes())
    new = NewSweep(
        asked.strategy_type,
        code_version(asked.strategy_type),
        source.name,
        asked.balance,
        asked.config,
        asked.grid,
        result,
    )
    return keep(database, new)


def walked(
    source: CaptureSource, asked: Asked, found: Candidates, crew: Crew, advance: Advance = lambda _: None
) -> WalkForward:
    """What comes of it, which is not kept."""
    spans = _spans(source, asked.windows)
    with crew:
        sweeping = Sweeping(crew, source, asked.strategy_type, found.configs, asked.balance, advance)
        records = sweeping.walked(spans)
        where = crew.where
    windows = [TriedWindow(source.times[span.start], source.times[span.stop - 1], len(span)) for span in spans]
    own = zip(*records, strict=True)
    return walk_forward(windows, [Walked(*each) for each in zip(found.overrides, own, strict=True)], where)


def _spans(source: CaptureSource, windows: int) -> list[range]:
    if not LEAST_WINDOWS <= windows <= MOST_WINDOWS:
        raise InvalidInput(f"a walk-forward has {LEAST_WINDOWS} to {MOST_WINDOWS} windows, got {windows}")
    if len(source) < windows:
        raise NotFound(f"{len(source)} captures of {source.name} are too few for {windows} windows")
    cuts = [round(len(source) * number / windows) for number in range(windows + 1)]
    return [range(begin, end) for begin, end in pairwise(cuts)]


def document(
    found: WalkForward, refused: Sequence[tuple[Mapping[str, Any], str]], notes: Sequence[str]
) -> dict[str, Any]:
    """Everything by its name, as it is kept and told."""
    return {
        "windows": [
            {"first": f"{each.first:%Y-%m-%dT%H:%M:%SZ}", "last": f"{each.last:%Y-%m-%dT%H:%M:%SZ}"}
            | {"captures": each.captures}
            for each in found.windows
        ],
        "turns": [_turn(turn) for turn in found.turns],
        "stayed_in_better_half": found.stayed,
        "turns_that_tell": found.told,
        "mean_return_of_winners_next": found.followed,
        "mean_return_of_median_next": found.middle,
        "chance": found.chance,
        "warnings": found.doubts,
        "notes": list(notes),
        "tried": len(found.walked),
        "refused": [{"overrides": dict(choice), "error": error} for choice, error in refused[:MOST_KEPT]],
        "configs": [_config(each) for each in found.walked[:MOST_KEPT]],
        "ran": found.where,
        "digest": found.digest,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "window": turn.window + 1,
        "winner": dict(turn.winner.overrides),
        "total_return": turn.won,
        "next_return": turn.made_next,
        "median_next_return": turn.median_next,
        "stayed_in_better_half": turn.stayed,
    }


def _config(each: Walked) -> dict[str, Any]:
    figures = [figures_of(record) for record in each.records]
    told = [{**window, "profit": float(window["profit"])} for window in figures]
    return {"overrides": dict(each.overrides), "mean_return": each.mean_return, "windows": told}


def figures_of(record: Record) -> dict[str, Any]:
    """What a config did in a part of the time."""
    return {
        "total_return": record.total_return,
        "profit": record.profit,
        "max_drawdown": record.max_drawdown,
        "fills": record.fills,
        "events": len(record.entered),
    }
