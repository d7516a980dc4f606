"""Whether strategies keep up with the captures: what came too late for its order book, and what was never traded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_LATE = 0.2
"""Of a day's fills: beyond it results rest on prices that no order book has confirmed."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """The last 24 hours by the venue's clock.

    Attributes:
        fills: how many orders were to be filled by the order book and were filled at all.
        late: of those, how many were filled at the touch, since nobody could be asked for the book any more.
        missed: by strategy, the captures between its first and its last cycle that might have been traded and were not.
    """

    fills: int = 0
    late: int = 0
    missed: Mapping[str, int] = field(default_factory=dict)


def warnings(found: Lateness) -> Iterator[str]:
    """What a reader of results has to know, a sentence each; nothing where all keep up."""
    if found.late > MOST_LATE * found.fills:
        yield (
            f"{found.late} of the last day's {found.fills} fills came too late for their order book and are synthetic: "
            "take captures less often, or run fewer portfolios"
        )
    for strategy, captures in sorted(found.missed.items()):
        yield f"{strategy} missed {captures} of the last day's captures: its runs take longer than the time between two"
