"""What kinds of events the venue lists: twenty profiles, taken in turn by the event slots.

Twenty slots hold 100 markets, so a venue of 10,000 events has 50,000 markets at any time, and one of 60 has three
events of each profile.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from functools import cache

import numpy as np

from prescient_dagster.venue.simulation.draws import Flags, Floats, Integers


class Structure(IntEnum):
    """How the markets of one event hang together."""

    INDEPENDENT = auto()
    EXCLUSIVE = auto()  # a complete negRisk set: exactly one wins
    AUGMENTED = auto()  # a negRisk set whose remainder is an unlisted "Other"
    NESTED = auto()  # each market contains the one before


class Plant(IntEnum):
    """Which true mispricing an event shows now and then."""

    NONE = 0
    YES_SET = auto()
    SURVIVORS = auto()  # a YES set that is complete only without its legs closed at NO
    NO_SET = auto()
    NESTED_DATES = auto()
    NESTED_THRESHOLDS = auto()  # "or lower": the higher number is the wider question


class Theme(StrEnum):
    """What an event is about, and with it the form of its questions."""

    PLEDGE = auto()
    UP_DOWN = auto()
    FIXTURE = auto()
    AWARD = auto()
    RACE = auto()
    PODIUM = auto()
    NOMINATION = auto()
    DEADLINES = auto()
    GAUGE = auto()
    INDEX = auto()
    TOTALS = auto()
    AGENDA = auto()
    DUEL = auto()


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of event.

    `hours` bounds the slot's mean lifetime, `volume_usd` is the event's median final volume, `tick` is in 1/10,000
    USD, `knockouts` legs leave an exclusive set early, each `knockout_step` of the lifetime after the one before,
    `focus` > 1 lets news come late in the lifetime, `voidable` events may be cancelled. The last legs of a set may be
    something else: `second` of them are a set of their own, `beside` exclude nothing at all.
    """

    theme: Theme
    structure: Structure
    legs: int
    hours: tuple[float, float]
    volume_usd: float
    tick: int = 10
    fee_rate: float = 0.0
    placeholders: int = 0
    knockouts: int = 0
    knockout_step: float = 0.0
    focus: float = 1.0
    plant: Plant = Plant.NONE
    voidable: bool = False
    second: int = 0
    beside: int = 0

    @property
    def markets(self) -> int:
        return self.legs + self.placeholders

    def part(self, leg: int) -> int:
        """Which legs a leg hangs together with: those of the first set (0), of the second (1), or none."""
        beside = leg - (self.legs - self.beside)
        if 0 <= beside < self.beside:
            return FIRST_BESIDE + beside
        return int(self.legs - self.beside - self.second <= leg < self.legs - self.beside)


FIRST_BESIDE = 2
"""The part of the first leg that excludes nothing; the next has the next."""

_ONE, _SET, _NEST = Structure.INDEPENDENT, Structure.EXCLUSIVE, Structure.NESTED
PROFILES = (
    Profile(Theme.PLEDGE, _ONE, 1, (240, 480), 3e6),
    Profile(Theme.UP_DOWN, _ONE, 1, (3, 6), 2.5e5, tick=100, fee_rate=0.07, voidable=True),
    Profile(Theme.FIXTURE, _SET, 4, (24, 72), 2e6, beside=1),
    Profile(Theme.AWARD, _SET, 4, (48, 96), 1.2e7, focus=2.5, plant=Plant.YES_SET),
    Profile(Theme.RACE, _SET, 6, (60, 110), 1.2e7, knockouts=2, knockout_step=0.06, focus=2.5, plant=Plant.SURVIVORS),
    Profile(Theme.NOMINATION, Structure.AUGMENTED, 3, (60, 120), 1e7, placeholders=4, focus=2.5, plant=Plant.NO_SET),
    Profile(Theme.DEADLINES, _NEST, 2, (96, 180), 1e7, focus=2.5, plant=Plant.NESTED_DATES),
    Profile(Theme.GAUGE, _NEST, 2, (48, 96), 1e7, focus=2.5, plant=Plant.NESTED_THRESHOLDS),
    Profile(Theme.PODIUM, _SET, 12, (700, 1400), 3e7, fee_rate=0.04, second=6),
    Profile(Theme.NOMINATION, Structure.AUGMENTED, 8, (700, 1400), 2e7, fee_rate=0.04, placeholders=11),
    Profile(Theme.INDEX, _NEST, 5, (120, 240), 2e6, tick=100, fee_rate=0.05, voidable=True),
    Profile(Theme.DEADLINES, _NEST, 4, (480, 960), 6e6),
    Profile(Theme.PLEDGE, _ONE, 1, (24, 48), 3e5, tick=100, fee_rate=0.05, voidable=True),
    Profile(Theme.TOTALS, _NEST, 3, (12, 36), 8e5, tick=100, voidable=True),
    Profile(Theme.AGENDA, _ONE, 8, (480, 1080), 8e6, tick=100, fee_rate=0.05, voidable=True),
    Profile(Theme.PLEDGE, _ONE, 1, (480, 960), 3e3, tick=100),
    Profile(Theme.RACE, _SET, 8, (360, 720), 1.2e7, placeholders=2, knockouts=3, knockout_step=0.2),
    Profile(Theme.UP_DOWN, _ONE, 1, (6, 12), 4e5, tick=100, voidable=True),
    Profile(Theme.DUEL, _ONE, 1, (8, 30), 9e5, tick=100, voidable=True),
    Profile(Theme.AGENDA, _ONE, 8, (120, 300), 3e6, tick=100, voidable=True),
)


@dataclass(frozen=True, slots=True)
class ProfileColumns:
    """The profiles as arrays, to be indexed by profile number."""

    structure: Integers
    legs: Integers
    markets: Integers
    shortest: Floats  # seconds
    longest: Floats  # seconds
    volume_usd: Floats
    tick: Integers
    knockouts: Integers
    knockout_step: Floats
    focus: Floats
    plant: Integers
    voidable: Flags
    dated: Flags  # each market has a deadline of its own
    part: Integers  # by profile and place in the event


@cache
def profile_columns() -> ProfileColumns:
    """The profiles, column by column."""
    most = max(profile.markets for profile in PROFILES)
    return ProfileColumns(
        structure=np.array([profile.structure for profile in PROFILES]),
        legs=np.array([profile.legs for profile in PROFILES]),
        markets=np.array([profile.markets for profile in PROFILES]),
        shortest=np.array([profile.hours[0] * 3600.0 for profile in PROFILES]),
        longest=np.array([profile.hours[1] * 3600.0 for profile in PROFILES]),
        volume_usd=np.array([profile.volume_usd for profile in PROFILES]),
        tick=np.array([profile.tick for profile in PROFILES]),
        knockouts=np.array([profile.knockouts for profile in PROFILES]),
        knockout_step=np.array([profile.knockout_step for profile in PROFILES]),
        focus=np.array([profile.focus for profile in PROFILES]),
        plant=np.array([profile.plant for profile in PROFILES]),
        voidable=np.array([profile.voidable for profile in PROFILES]),
        dated=np.array([profile.theme is Theme.DEADLINES for profile in PROFILES]),
        part=np.array([[profile.part(leg) for leg in range(most)] for profile in PROFILES]),
    )
