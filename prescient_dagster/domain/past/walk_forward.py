"""Many configs of one strategy on one window of time after the other: the best of each, looked at on the next.

Would it have paid to take, again and again, what had just been best? Each window is played anew, and no event counts in
two of them: what any config entered in a window, nobody enters in a later one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from prescient_dagster.domain.past.sweep import DOUBT, Record, chance, digest


@dataclass(frozen=True, slots=True)
class TriedWindow:
    """A part of the time. `first` and `last`: of its captures, of which there are so many."""

    first: datetime
    last: datetime
    captures: int


@dataclass(frozen=True, slots=True)
class Walked:
    """A config: what differs from the others, and what it did in each window."""

    overrides: Mapping[str, Any]
    records: Sequence[Record]

    @property
    def mean_return(self) -> float:
        """Of its windows."""
        return sum(record.total_return for record in self.records) / len(self.records)


@dataclass(frozen=True, slots=True)
class Turn:
    """The best of a window, and what it did in the next.

    Attributes:
        window: the place of the window on which it was the best, from 0.
        median_next: of what all configs made of the next window.
        stayed: whether it was in the better half there, as good as the median or better; None: it entered nothing
            there, so that nothing tells.
    """

    window: int
    winner: Walked
    won: float
    made_next: float
    median_next: float
    stayed: bool | None


@dataclass(frozen=True, slots=True)
class WalkForward:
    """What came of all configs on all windows.

    Attributes:
        walked: the configs, the best in the mean foremost.
        turns: of each window but the last; windows in which nobody entered anything have none.
        chance: how likely luck alone makes the best of so many as good as it was, over all windows; None where nobody
            entered anything.
        where: who worked it out.
    """

    windows: Sequence[TriedWindow]
    walked: Sequence[Walked]
    turns: Sequence[Turn]
    chance: float | None
    where: str = ""

    @property
    def stayed(self) -> int:
        """How often the best of a window was in the better half of the next."""
        return sum(turn.stayed is True for turn in self.turns)

    @property
    def told(self) -> int:
        """How often that can be said."""
        return sum(turn.stayed is not None for turn in self.turns)

    @property
    def followed(self) -> float:
        """What it made to take the best of each window for the next, in the mean of the turns."""
        return sum(turn.made_next for turn in self.turns) / len(self.turns) if self.turns else 0.0

    @property
    def middle(self) -> float:
        """What the median of all configs made of the same windows."""
        return sum(turn.median_next for turn in self.turns) / len(self.turns) if self.turns else 0.0

    @property
    def digest(self) -> str:
        """One text of all that was worked out: the same, whoever did it."""
        return digest(each.records for each in self.walked)

    @property
    def doubts(self) -> list[str]:
        """Why taking what was best may be no better than chance; a sentence each."""
        if self.chance is None:
            return ["no config entered anything: there is nothing to rank"]
        return list(self._doubts(self.chance))

    def _doubts(self, by_chance: float) -> Iterator[str]:
        if by_chance > DOUBT:
            yield (
                f"of {len(self.walked)} configs without skill, the best of all windows looks as good as this one in "
                f"{by_chance:.0%} of cases"
            )
        if not self.told:
            yield "no winner of a window entered anything in the next: nothing confirms them"
        elif 2 * self.stayed <= self.told:
            yield (
                f"the best of a window was in the better half of the next {self.stayed} of {self.told} times: "
                "no more often than chance would have it"
            )
        if self.turns and self.followed <= 0:
            yield "to take the best of each window for the next made no profit"


def walk_forward(windows: Sequence[TriedWindow], walked: Sequence[Walked], where: str = "") -> WalkForward:
    """The configs by their mean return, and what the best of each window did in the next."""
    turns = [turn for place in range(len(windows) - 1) if (turn := _turn(walked, place)) is not None]
    ordered = sorted(walked, key=lambda each: -each.mean_return)
    return WalkForward(windows, ordered, turns, chance([each.records for each in ordered]), where)


def _turn(walked: Sequence[Walked], place: int) -> Turn | None:
    """The first of the best, in the order of the grid."""
    if not any(each.records[place].entered for each in walked):
        return None
    winner = max(walked, key=lambda each: each.records[place].total_return)
    following = winner.records[place + 1]
    middle = median(each.records[place + 1].total_return for each in walked)
    stayed = following.total_return >= middle if following.entered else None
    return Turn(place, winner, winner.records[place].total_return, following.total_return, middle, stayed)
