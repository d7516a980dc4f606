"""The markets of some events, laid out as flat arrays: all legs of an event side by side, events in the order given."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prescient_dagster.venue.simulation.draws import Flags, Integers
from prescient_dagster.venue.simulation.profiles import FIRST_BESIDE, Structure, profile_columns
from prescient_dagster.venue.simulation.timetable import MAX_MARKETS_PER_EVENT, Lives


@dataclass(frozen=True)
class Roster:
    """Some events and their markets.

    `event` is each market's row in `lives`, `leg` its place in the event. The legs come first, then the placeholders;
    the first placeholder of an augmented set is its "Other".
    """

    lives: Lives
    event: Integers
    leg: Integers

    @property
    def seed(self) -> int:
        return self.lives.seed

    def __len__(self) -> int:
        return len(self.event)

    @cached_property
    def numbers(self) -> Integers:
        """The number of each market: all its draws are keyed by it."""
        return self.lives.numbers[self.event] * MAX_MARKETS_PER_EVENT + self.leg

    @cached_property
    def profile(self) -> Integers:
        return self.lives.profiles[self.event]

    @cached_property
    def structure(self) -> Integers:
        return profile_columns().structure[self.profile]

    @cached_property
    def legs(self) -> Integers:
        """How many legs each market's event has."""
        return profile_columns().legs[self.profile]

    @cached_property
    def placeholder(self) -> Flags:
        """Listed, not active: nobody can trade them."""
        return self.leg >= self.legs

    @cached_property
    def other(self) -> Flags:
        """The remainder of an augmented set."""
        found: Flags = (self.leg == self.legs) & (self.structure == Structure.AUGMENTED)
        return found

    @cached_property
    def knockout(self) -> Flags:
        """Legs that may leave an exclusive set early."""
        return self.leg < profile_columns().knockouts[self.profile]

    @cached_property
    def part(self) -> Integers:
        """Which legs of its event each market hangs together with (`Profile.part`)."""
        return profile_columns().part[self.profile, self.leg]

    @cached_property
    def beside(self) -> Flags:
        """Legs that hang together with no other."""
        return self.part >= FIRST_BESIDE

    @cached_property
    def tick(self) -> Integers:
        """In 1/10,000 USD."""
        return profile_columns().tick[self.profile]

    @cached_property
    def starts(self) -> Integers:
        return self.lives.starts[self.event]

    @cached_property
    def deadlines(self) -> Integers:
        """When each market's own question is decided: its event's end, unless it is dated or knocked out."""
        columns = profile_columns()
        share = np.where(columns.dated[self.profile], (self.leg + 1) / self.legs, 1.0)
        share = np.where(self.knockout, (self.leg + 1) * columns.knockout_step[self.profile], share)
        length = self.lives.ends[self.event] - self.starts
        own: Integers = np.floor(length * np.minimum(share, 1.0)).astype(np.int64)
        return self.starts + own

    @cached_property
    def plant(self) -> Integers:
        return self.lives.plants[self.event]

    @cached_property
    def void(self) -> Flags:
        return self.lives.void[self.event]

    def first_rows(self) -> Integers:
        """The row of each event's first market, in the order of the events."""
        counts = np.bincount(self.event, minlength=len(self.lives.numbers))
        return np.cumsum(counts) - counts


def roster(lives: Lives) -> Roster:
    """All markets of these events."""
    counts = profile_columns().markets[lives.profiles]
    event = np.repeat(np.arange(len(counts)), counts)
    leg = np.arange(len(event)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Roster(lives, event, leg)
