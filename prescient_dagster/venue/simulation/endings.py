"""How markets end: decided, proposed to the oracle, perhaps disputed, closed, resolved."""

from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np

from prescient_dagster.venue.simulation.draws import Floats, Integers, Stream, draw, uniform
from prescient_dagster.venue.simulation.prices import Sticks
from prescient_dagster.venue.simulation.profiles import Structure
from prescient_dagster.venue.simulation.roster import Roster

_FASTEST_RESOLUTION = 300
_SLOWEST_RESOLUTION = 3600


class EndingStage(IntEnum):
    """Where a market stands on its way to the end. From `CLOSED` on nobody can trade it; only `RESOLVED` is final."""

    OPEN = auto()
    PROPOSED = auto()
    DISPUTED = auto()
    PROPOSED_AGAIN = auto()
    CLOSED = auto()
    RESOLVED = auto()


@dataclass(frozen=True)
class Endings:
    """When each market is decided (`known`), when it closes and when it is resolved, in seconds."""

    known: Integers
    closes: Integers
    resolves: Integers
    disputed: Integers

    def stage(self, second: int) -> Integers:
        """Each market's `EndingStage` at that second."""
        progress = (second - self.known) / np.maximum(self.closes - self.known, 1)
        disputed = self.disputed == 1
        stages = [
            (second >= self.resolves, EndingStage.RESOLVED),
            (second >= self.closes, EndingStage.CLOSED),
            (disputed & (progress >= 0.7), EndingStage.PROPOSED_AGAIN),
            (disputed & (progress >= 0.4), EndingStage.DISPUTED),
            (progress >= 0.15, EndingStage.PROPOSED),
        ]
        return np.select([test for test, _ in stages], [int(stage) for _, stage in stages], int(EndingStage.OPEN))


def endings(sticks: Sticks) -> Endings:
    """How and when the markets of a roster end.

    A leg out of the race ends at its own deadline, the winner and the rest with the event. The last market of an event
    closes before the event leaves the open listing.
    """
    roster = sticks.roster
    ends, closes = roster.lives.ends[roster.event], roster.lives.closes[roster.event]
    waits = (roster.structure == Structure.EXCLUSIVE) & sticks.verdict
    known = np.where(waits, ends, roster.deadlines)
    closing = known + np.floor((closes - ends) * (0.3 + 0.7 * _chance(roster, Stream.CLOSING))).astype(np.int64)
    spread = _SLOWEST_RESOLUTION - _FASTEST_RESOLUTION
    pending = _FASTEST_RESOLUTION + np.floor(spread * _chance(roster, Stream.RESOLVING)).astype(np.int64)
    return Endings(known, closing, closing + pending, roster.lives.disputed[roster.event].astype(np.int64))


def _chance(roster: Roster, stream: Stream) -> Floats:
    return uniform(draw(roster.seed, stream, roster.numbers))
