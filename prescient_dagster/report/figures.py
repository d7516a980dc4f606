"""The figures of a portfolio or strategy as the page shows them, each empty one with the reason."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prescient_dagster.domain.figures.figure import Unit, in_table
from prescient_dagster.domain.figures.performance import FIGURES, Performance
from prescient_dagster.report import formats

READ: dict[Unit, Callable[[Any], str]] = {
    Unit.DATE: str,
    Unit.COUNT: formats.count,
    Unit.AMOUNT: formats.usd,
    Unit.PROFIT: formats.signed_usd,
    Unit.RETURN: formats.signed_percent,
    Unit.CHANGE: formats.signed_percent,
    Unit.SHARE: formats.percent,
    Unit.RATIO: formats.ratio,
    Unit.PRICE: formats.price,
    Unit.SCORE: formats.fine,
    Unit.EDGE: formats.signed_fine,
}
COLOURED = (Unit.PROFIT, Unit.RETURN, Unit.EDGE)  # what was won or lost


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure as it is read; `why` tells the reason where it is a dash, `sign` is its class."""

    title: str
    text: str
    why: str = ""
    sign: str = ""


class Tiles(Mapping[str, Tile]):
    """All figures by their names, profit split and calibration among them; each is read when it is asked for."""

    def __init__(self, performance: Performance) -> None:
        self._performance = performance

    def __getitem__(self, name: str) -> Tile:
        return _tile(name, self._performance.value(name), self._performance)

    def __iter__(self) -> Iterator[str]:
        return iter(FIGURES)

    def __len__(self) -> int:
        return len(FIGURES)


def titled(*tables: str) -> list[str]:
    """The names of the figures of these tables that have a tile of their own."""
    return [name for table in tables for name in in_table(table, FIGURES) if FIGURES[name].title]


def _tile(name: str, value: Any, performance: Performance) -> Tile:
    told = FIGURES[name]
    if value is None:
        return Tile(told.title, formats.MISSING, performance.why_empty(name))
    sign = formats.sign(value) if told.unit in COLOURED else ""
    return Tile(told.title, READ[told.unit](value), sign=sign)
