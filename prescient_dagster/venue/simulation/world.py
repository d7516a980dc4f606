"""The state of the simulated venue at one instant: a pure function of seed, size and simulated time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np

from prescient_dagster.venue.simulation.activity import Volumes
from prescient_dagster.venue.simulation.draws import Flags, Floats, Integers, Stream, draw, uniform
from prescient_dagster.venue.simulation.endings import Endings, EndingStage, endings
from prescient_dagster.venue.simulation.planted import Planting, mispriced, planting
from prescient_dagster.venue.simulation.prices import Sticks, price_history
from prescient_dagster.venue.simulation.profiles import Plant, Structure
from prescient_dagster.venue.simulation.quotes import ONE, Quotes, quotes, spreads
from prescient_dagster.venue.simulation.roster import Roster, roster
from prescient_dagster.venue.simulation.timetable import MAX_EVENTS, closed_events, lives, open_events

_HOUR, _DAY = 3600, 86_400
_PAUSE_CYCLE, _PAUSE = 48 * _HOUR, 6 * _HOUR
_PAUSABLE = 0.6
_STALE = 0.1
_LEAST_PENDING = 50
_TRADE_INTERVAL = 600


@dataclass(frozen=True)
class WorldState:
    """Some events at one second, market by market (see `Roster`).

    `worth` is the exact probability, the changes what the middle did in the last hour and the last day (1/10,000
    USD), `accepting` whether orders are taken.
    """

    second: int
    roster: Roster
    worth: Floats
    verdict: Flags
    endings: Endings
    stage: Integers
    quotes: Quotes
    hour_change: Integers
    day_change: Integers
    volume: Floats
    volume_24hr: Floats
    liquidity: Floats
    accepting: Flags
    planting: Planting

    @cached_property
    def closed(self) -> Flags:
        return self.stage >= EndingStage.CLOSED

    @cached_property
    def price(self) -> Integers:
        """What the venue states as the YES price, in 1/10,000 USD: the middle while open, the payout once resolved; -1
        where it states none. A market that is closed but not resolved stays visibly short of certainty.
        """
        members = self.roster
        stale = uniform(draw(members.seed, Stream.STALE, members.numbers)) < _STALE
        pending = np.clip(self.quotes.middle, _LEAST_PENDING, ONE - _LEAST_PENDING)
        payout = np.where(members.void, ONE // 2, np.where(self.verdict, ONE, 0))
        listed = np.where(members.placeholder, np.where(stale, ONE // 2, -1), self.quotes.middle)
        return np.select([self.stage == EndingStage.RESOLVED, self.closed], [payout, pending], listed)

    @cached_property
    def last(self) -> Integers:
        """The last trade: at the bid or at the ask."""
        chance = uniform(draw(self.roster.seed, Stream.LAST_TRADE, self.roster.numbers, self.second // _TRADE_INTERVAL))
        return np.where((chance < 0.5) & (self.quotes.bid > 0), self.quotes.bid, self.quotes.ask)

    @cached_property
    def event_closed(self) -> Flags:
        """Which events have left the open listing."""
        return self.roster.lives.closes <= self.second


@dataclass(frozen=True)
class SimulatedWorld:
    """One simulated venue: its seed, its size, and the moment its clock stood at 0."""

    seed: int
    events: int
    started_at: datetime

    def instant(self, second: int) -> datetime:
        """Simulated seconds as UTC time."""
        return self.started_at.astimezone(UTC) + timedelta(seconds=int(second))

    def event_numbers(self, second: int, closed: bool | None) -> Integers:
        """The events that are open (closed=False), that have ended (True), or all (None)."""
        parts = []
        if closed is not True:
            parts.append(open_events(self.seed, self.events, second))
        if closed is not False:
            parts.append(closed_events(self.seed, self.events, second))
        return np.sort(np.concatenate(parts))

    def known_events(self, numbers: Sequence[int], second: int) -> Integers:
        """Those of the numbers that name an event which exists at that second, sorted."""
        wanted = np.unique(np.array(numbers, dtype=np.int64))
        wanted = wanted[wanted % MAX_EVENTS < self.events]
        return wanted[lives(self.seed, wanted).starts <= second]

    def open_state(self, second: int) -> WorldState:
        """Everything that is listed as open at that second."""
        return _open_state(self.seed, self.events, second)

    def state(self, numbers: Integers, second: int) -> WorldState:
        """The given events at that second."""
        return state(self.seed, numbers, second)


@lru_cache(maxsize=2)
def _open_state(seed: int, events: int, second: int) -> WorldState:
    return state(seed, open_events(seed, events, second), second)


def state(seed: int, numbers: Integers, second: int) -> WorldState:
    """The given events at that second, computed afresh."""
    members = roster(lives(seed, numbers))
    sticks = Sticks(members)
    end = endings(sticks)
    now, hour_ago, day_ago = price_history(sticks, (second, second - _HOUR, second - _DAY), end.known)
    stage, width, activity = end.stage(second), spreads(members, second), Volumes(members)
    fair = quotes(now, members.tick, width)
    plants = planting(members, now, stage, second)
    volume = activity.volume(second)
    return WorldState(
        second=second,
        roster=members,
        worth=now,
        verdict=sticks.verdict,
        endings=end,
        stage=stage,
        quotes=mispriced(members, now, fair, width, plants),
        hour_change=fair.middle - quotes(hour_ago, members.tick, width).middle,
        day_change=fair.middle - quotes(day_ago, members.tick, width).middle,
        volume=volume,
        volume_24hr=volume - activity.volume(second - _DAY),
        liquidity=activity.liquidity(second),
        accepting=(stage < EndingStage.CLOSED) & ~_paused(members, second),
        planting=plants,
    )


def _paused(members: Roster, second: int) -> Flags:
    """In some sets one leg takes no orders for some hours: such a set cannot be bought whole."""
    numbers = members.lives.numbers
    chance = uniform(draw(members.seed, Stream.PAUSE, numbers))
    turn = (second / _PAUSE_CYCLE + chance * 1e3) % 1.0 < _PAUSE / _PAUSE_CYCLE
    affected = (chance < _PAUSABLE) & turn & (members.lives.plants == Plant.NONE)
    paused: Flags = affected[members.event] & (members.leg == 0) & (members.structure == Structure.EXCLUSIVE)
    return paused
