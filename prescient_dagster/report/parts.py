"""Long rows in parts, for pictures that have room for a few points of each."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

Each = TypeVar("Each")


def parts(row: Sequence[Each], most: int) -> list[Sequence[Each]]:
    """The row in at most so many parts, as equal as can be, none of them empty."""
    count = min(len(row), most)
    ends = [len(row) * number // count for number in range(count + 1)] if count else []
    return [row[start:end] for start, end in pairwise(ends)]
