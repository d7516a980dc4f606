"""What is told of a figure, once: it stands in the field beside the formula, and every reader is made from it.

The command's tables, the asset's columns, the report's tiles and the test of the docs take name, kind, title and the
reason for an empty figure from here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any

Why = Callable[[Any, Sequence[Decimal]], str]
"""The reason from the part that the figure belongs to, and the daily equity E₀ … Eₙ."""


class Unit(StrEnum):
    """What a figure's number means, which decides how it is read."""

    DATE = "date"
    COUNT = "count"
    AMOUNT = "amount"  # USD
    PROFIT = "profit"  # USD, with its sign
    RETURN = "return"  # a fraction that was won or lost
    CHANGE = "change"  # a fraction with its sign
    SHARE = "share"  # a fraction from 0 on
    RATIO = "ratio"
    PRICE = "price"  # USD per share
    SCORE = "score"  # of which the fourth decimal tells something
    EDGE = "edge"  # USD per share, with its sign


class Section(StrEnum):
    """The table that a figure stands in, by its title."""

    RETURNS = "returns"
    RISK = "risk"
    CLOSED = "closed positions"
    ACTIVITY = "activity"
    PROFIT = "where the profit came from, USD"
    CALIBRATION = "what was paid, and what happened"


@dataclass(frozen=True, slots=True)
class Figure:
    """What is told of one figure.

    Attributes:
        table: None for what no table has.
        title: of its tile in the report; empty for what is only told beside another one.
        why: the reason where it is None; empty for what always has a value.
        place: in its table; those that are equal stand as they are declared.
    """

    unit: Unit
    table: Section | None = None
    title: str = ""
    why: Why | str = ""
    place: int = 9

    def reason(self, part: Any, equity: Sequence[Decimal]) -> str:
        """Why it is None, in a few words. What is asked of a figure that is defined has no meaning."""
        return self.why if isinstance(self.why, str) else self.why(part, equity)


def figure(
    unit: Unit, table: Section | None = None, title: str = "", why: Why | str = "", place: int = 9
) -> dict[str, Figure]:
    """The metadata of a dataclass field that is a figure."""
    return {Figure.__name__: Figure(unit, table, title, why, place)}


def figures_of(part: Any) -> Iterator[tuple[str, Figure]]:
    """The figures that a dataclass declares, by name."""
    for each in fields(part):
        if Figure.__name__ in each.metadata:
            yield each.name, each.metadata[Figure.__name__]


def in_table(table: Section | str, known: Mapping[str, Figure]) -> list[str]:
    """The names of a table's figures, in their order."""
    return sorted((name for name, each in known.items() if each.table == table), key=lambda name: known[name].place)
