"""Markets that are looked at together, side by side in flat arrays: so thousands of events are judged at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from prescient_dagster.domain.market.markets import Capture, Floats, Mask, Rows


@dataclass(frozen=True)
class Legs:
    """All markets of some groups as flat arrays, the markets of a group side by side.

    Attributes:
        rows: row numbers in `capture.markets`.
        group: the group of each row, numbered from 0 up: an event, or what excludes each other in one.
        groups: how many groups there are.
    """

    capture: Capture
    rows: Rows
    group: Rows
    groups: int

    def column(self, name: str) -> Any:
        """A numeric, boolean or time column of `capture.markets` for these rows."""
        return self.capture.columns[name][self.rows]

    def text(self, name: str) -> Any:
        """A text column of `capture.markets` for these rows, as an array of strings."""
        return self.capture.text_column(name).iloc[self.rows].to_numpy(dtype=object)

    def total(self, values: Any) -> Floats:
        """The sum of `values` over each group."""
        total = np.bincount(self.group, values, minlength=self.groups)
        return total.astype(np.float64)

    def every(self, mask: Mask) -> Mask:
        """The groups of which every market is in the mask."""
        every: Mask = self.total(~mask) == 0
        return every

    def some(self, mask: Mask) -> Mask:
        """The groups of which at least one market is in the mask."""
        some: Mask = self.total(mask) > 0
        return some


def event_numbers(capture: Capture) -> tuple[Rows, Mask]:
    """The event of each row of `capture.markets`, numbered from 0 up, and which events are known by an id.

    Markets that were listed without their event have none in common.
    """
    numbers, ids = capture.numbered("event_id")
    return numbers, np.asarray(ids != "", dtype=bool)


def event_legs(capture: Capture, rows: Rows) -> Legs:
    """All markets of the events that these rows belong to, also those that cannot be traded."""
    numbers, known = event_numbers(capture)
    wanted = np.zeros(len(known), dtype=bool)
    wanted[numbers[rows]] = True
    wanted &= known
    legs = np.flatnonzero(wanted[numbers])
    legs = legs[np.argsort(numbers[legs], kind="stable")]
    renumbered = np.cumsum(wanted) - 1
    return Legs(capture, legs, renumbered[numbers[legs]], int(wanted.sum()))
