"""What each market is worth: the conditional probability of its YES side, exact, unrounded.

Each event is a row of sticks broken one after the other: stick k is the probability that cell k happens, given that
none before it did, and moves as an independent martingale. Cell k is then `q[k] * (1 - q[0]) * … * (1 - q[k-1])`: a
product of independent martingales is a martingale, the cells of a set sum to 1 at any time, move together, and exactly
one ends at 1. A nested event's markets are the running sums of its cells.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from prescient_dagster.venue.simulation.draws import Flags, Floats, Integers, Stream, draw, normal
from prescient_dagster.venue.simulation.paths import conditional_probability, quantile
from prescient_dagster.venue.simulation.profiles import Plant, Structure, profile_columns
from prescient_dagster.venue.simulation.roster import Roster

_SCORE_SPREAD = 1.1
_WEIGHT_SPREAD = 1.0
_PLANTED_WEIGHT_SPREAD = 0.25
_MINOR_WEIGHT = 0.12

Matrix = npt.NDArray[np.float64]


class Sticks:
    """The moving parts behind a roster's prices, one for each leg."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self._rows = np.flatnonzero(~roster.placeholder)
        self._event, self._leg = roster.event[self._rows], roster.leg[self._rows]
        self._keys = draw(roster.seed, Stream.PATH, roster.numbers[self._rows])
        self._shape = (len(roster.lives.numbers), int(profile_columns().legs.max()) + 1)

    def prices(self, second: int) -> Floats:
        """The worth of each market's YES side at that second, as far as the event itself goes."""
        rows = self._rows
        starts, deadlines = self.roster.starts[rows], self.roster.deadlines[rows]
        elapsed = np.clip((second - starts) / np.maximum(deadlines - starts, 1), 0.0, 1.0)
        tau = elapsed ** profile_columns().focus[self.roster.profile[rows]]
        return self._worth(conditional_probability(self._scores, self._keys, tau))

    @cached_property
    def verdict(self) -> Flags:
        """Whether each market's YES side comes true."""
        certain = conditional_probability(self._scores, self._keys, np.ones(len(self._rows)))
        return self._worth(certain) > 0.5

    @cached_property
    def _scores(self) -> Floats:
        """Where each path starts, so that its stick begins at the length it should have."""
        roster, rows = self.roster, self._rows
        chance = normal(draw(roster.seed, Stream.PRIOR, roster.numbers[rows]))
        weights = np.zeros(self._shape)
        weights[self._event, self._leg] = np.exp(chance * self._weight_spread) * self._weight_scale
        remainder = np.array([0, 0, 0, 2 * _MINOR_WEIGHT, 1.0])[profile_columns().structure[roster.lives.profiles]]
        weights[np.arange(self._shape[0]), profile_columns().legs[roster.lives.profiles]] = remainder
        left = self._by_part(weights, 0.0, lambda inside: np.cumsum(inside[:, ::-1], axis=1)[:, ::-1])
        share = weights[self._event, self._leg] / left[self._event, self._leg]
        independent = (roster.structure[rows] == Structure.INDEPENDENT) | roster.beside[rows]
        return np.where(independent, chance * _SCORE_SPREAD, quantile(np.where(independent, 0.5, share)))

    @property
    def _weight_spread(self) -> Floats:
        planted = profile_columns().plant[self.roster.profile[self._rows]] != Plant.NONE
        return np.where(planted, _PLANTED_WEIGHT_SPREAD, _WEIGHT_SPREAD)

    @property
    def _weight_scale(self) -> Floats:
        return np.where(self.roster.knockout[self._rows], _MINOR_WEIGHT, 1.0)

    def _worth(self, stick: Floats) -> Floats:
        sticks = np.zeros(self._shape)
        sticks[self._event, self._leg] = stick
        left = np.cumprod(1.0 - sticks, axis=1, dtype=np.float64)
        before = self._by_part(1.0 - sticks, 1.0, _before)
        by_structure = {
            Structure.INDEPENDENT: sticks,
            Structure.NESTED: 1.0 - left,
            Structure.EXCLUSIVE: sticks * before,
            Structure.AUGMENTED: sticks * before,
        }
        return self._gather(by_structure, left)

    def _by_part(self, values: Matrix, neutral: float, running: Callable[[Matrix], Matrix]) -> Matrix:
        """What `running` makes of the values of each part, as if the event had no other."""
        parts = profile_columns().part[self.roster.lives.profiles][:, : self._shape[1]]
        result = np.zeros(self._shape)
        for part in np.unique(parts):
            inside = parts == part
            result[inside] = running(np.where(inside, values, neutral))[inside]
        return result

    def _gather(self, by_structure: dict[Structure, Matrix], left: Matrix) -> Floats:
        roster = self.roster
        worth = np.zeros(len(roster))
        column = np.minimum(roster.leg, self._shape[1] - 1)
        for structure, matrix in by_structure.items():
            chosen = (roster.structure == structure) & ~roster.placeholder
            worth[chosen] = matrix[roster.event[chosen], column[chosen]]
        worth[roster.other] = left[roster.event[roster.other], -1]
        return worth


def _before(left: Matrix) -> Matrix:
    """The product of all values before each."""
    product = np.cumprod(left, axis=1, dtype=np.float64)
    return np.concatenate([np.ones((len(left), 1)), product[:, :-1]], axis=1)


def price_history(sticks: Sticks, seconds: Sequence[int], known: Integers) -> list[Floats]:
    """The worth of each market at several seconds. A cancelled market is worth one half from its end on (`known`)."""
    void = sticks.roster.void
    return [np.where(void & (second >= known), 0.5, sticks.prices(second)) for second in seconds]
