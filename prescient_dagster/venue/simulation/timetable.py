"""When events are born and end.

A venue of n events has n slots; each hosts one event after the other, without a gap, so n are open at any time. An
event is numbered `generation * MAX_EVENTS + slot`; its id, and its markets' ids, tell slot and generation, so an event
that ended long ago is computed from its id. Times are whole simulated seconds since the simulation began.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prescient_dagster.venue.simulation.draws import Flags, Floats, Integers, Stream, draw, uniform
from prescient_dagster.venue.simulation.profiles import PROFILES, Plant, profile_columns

MAX_EVENTS = 20_000
MAX_MARKETS_PER_EVENT = 32
PLANTED_SLOTS = 60
_FIRST_EVENT_ID = 100_000
_FIRST_MARKET_ID = 1_000_000
_DISPUTED = 0.05
_EVENTS_PER_VOID = 50
_JITTER = 0.4
_DAY = 86_400.0


@dataclass(frozen=True)
class Lives:
    """Some events and their times, in seconds: listed at `starts`, answers known at `ends`, gone from the open listing
    at `closes`, when the slot's following event is listed.
    """

    seed: int
    numbers: Integers
    starts: Integers
    ends: Integers
    closes: Integers
    disputed: Flags

    @cached_property
    def slots(self) -> Integers:
        return self.numbers % MAX_EVENTS

    @cached_property
    def profiles(self) -> Integers:
        return self.slots % len(PROFILES)

    @cached_property
    def plants(self) -> Integers:
        """The mispricing each event may show: only in the first slots, so that they stay rare in a large venue."""
        return np.where(self.slots < PLANTED_SLOTS, profile_columns().plant[self.profiles], int(Plant.NONE))

    @cached_property
    def void(self) -> Flags:
        """Cancelled events: all their markets refund one half. One in fifty of the events that can be, slot by slot."""
        turn = draw(self.seed, Stream.VOID, self.slots).astype(np.int64) % _EVENTS_PER_VOID
        due: Flags = (self.numbers // MAX_EVENTS + turn) % _EVENTS_PER_VOID == 0
        return due & profile_columns().voidable[self.profiles]


def open_events(seed: int, events: int, second: int) -> Integers:
    """The numbers of the events that are open, one a slot."""
    slots = np.arange(events, dtype=np.int64)
    period, phase = _periods(seed, slots)
    generation = np.floor((second + phase) / period).astype(np.int64)
    unborn = _births(seed, slots, generation) > second
    return (generation - unborn) * MAX_EVENTS + slots


def closed_events(seed: int, events: int, second: int) -> Integers:
    """The numbers of all events that have left the open listing."""
    now = open_events(seed, events, second)
    slots, generations = now % MAX_EVENTS, now // MAX_EVENTS
    past = np.arange(int(generations.sum())) - np.repeat(np.cumsum(generations) - generations, generations)
    return past * MAX_EVENTS + np.repeat(slots, generations)


def lives(seed: int, numbers: Integers) -> Lives:
    """The times of the given events."""
    slots, generations = numbers % MAX_EVENTS, numbers // MAX_EVENTS
    starts, closes = _births(seed, slots, generations), _births(seed, slots, generations + 1)
    planted = (slots < PLANTED_SLOTS) & (profile_columns().plant[slots % len(PROFILES)] != Plant.NONE)
    disputed = (uniform(draw(seed, Stream.DISPUTE, numbers)) < _DISPUTED) & ~planted
    length = closes - starts
    tail = np.where(disputed, np.minimum(0.25 * length, _DAY), np.minimum(0.1 * length, _DAY / 8))
    return Lives(seed, numbers, starts, closes - tail.astype(np.int64), closes, disputed)


def event_id(number: int) -> str:
    """The venue's id of an event."""
    return str(_FIRST_EVENT_ID + number)


def market_id(number: int) -> str:
    """The venue's id of a market, whose number is `event * MAX_MARKETS_PER_EVENT + leg`."""
    return str(_FIRST_MARKET_ID + number)


def market_number(text: str) -> int | None:
    """The number behind a market id; None if it cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16) or text.startswith("0"):
        return None
    number = int(text) - _FIRST_MARKET_ID
    return number if number >= 0 else None


def _periods(seed: int, slots: Integers) -> tuple[Floats, Floats]:
    """Each slot's mean lifetime in seconds, and how far into its first generation it stood when all began."""
    columns, profiles = profile_columns(), slots % len(PROFILES)
    shortest, longest = columns.shortest[profiles], columns.longest[profiles]
    period = shortest + (longest - shortest) * uniform(draw(seed, Stream.PERIOD, slots))
    return period, period * (_JITTER + (1 - _JITTER) * uniform(draw(seed, Stream.PHASE, slots)))


def _births(seed: int, slots: Integers, generations: Integers) -> Integers:
    """When each slot's event of that generation is listed; the jitter is too small to change their order."""
    period, phase = _periods(seed, slots)
    jitter = uniform(draw(seed, Stream.BIRTH, slots, generations))
    births: Integers = np.floor(period * (generations + _JITTER * jitter) - phase).astype(np.int64)
    return births
