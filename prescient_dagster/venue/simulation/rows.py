"""The state of the venue turned from columns into rows: one tuple an event, one a market, in plain Python values."""

from typing import NamedTuple

import numpy as np

from prescient_dagster.venue.simulation.draws import Flags, Floats, Integers, Stream, draw, uniform
from prescient_dagster.venue.simulation.endings import EndingStage
from prescient_dagster.venue.simulation.identity import condition_ids, token_ids
from prescient_dagster.venue.simulation.profiles import PROFILES, Plant, Profile
from prescient_dagster.venue.simulation.quotes import ONE
from prescient_dagster.venue.simulation.world import WorldState

_WITHOUT_END = 0.006
_OLDER = 0.4
_STILL_ACCEPTING = 0.03


class EventRow(NamedTuple):
    """An event. Amounts are USD; `older` events lack the fields that the service brought in later."""

    number: int
    profile: Profile
    word: int
    starts: int
    ends: int
    closes: int
    closed: bool
    older: bool
    liquidity: float
    volume: float
    volume_24hr: float
    condition: str


class MarketRow(NamedTuple):
    """A market. Prices are in 1/10,000 USD; `price` is None where the venue states none."""

    number: int
    leg: int
    stage: EndingStage
    disputed: bool
    placeholder: bool
    other: bool
    price: int | None
    bid: int
    ask: int
    last: int
    hour_change: int
    day_change: int
    volume: float
    volume_24hr: float
    liquidity: float
    accepting: bool
    deadline: int
    without_end: bool
    closes: int
    tick: int
    condition: str
    tokens: tuple[str, str]


def event_rows(state: WorldState, chosen: Integers) -> list[EventRow]:
    """The given events (their places in the state)."""
    lives, members = state.roster.lives, state.roster
    traded = ~state.closed
    seed, numbers = members.seed, lives.numbers[chosen]
    columns = (
        numbers.tolist(),
        [PROFILES[profile] for profile in lives.profiles[chosen].tolist()],
        draw(seed, Stream.WORDS, numbers).tolist(),
        lives.starts[chosen].tolist(),
        lives.ends[chosen].tolist(),
        lives.closes[chosen].tolist(),
        state.event_closed[chosen].tolist(),
        (uniform(draw(seed, Stream.OMISSION, numbers)) < _OLDER).tolist(),
        _event_total(state, state.liquidity * traded)[chosen].tolist(),
        _event_total(state, state.volume)[chosen].tolist(),
        _event_total(state, state.volume_24hr * traded)[chosen].tolist(),
        condition_ids(seed, numbers + 2**40),
    )
    return [EventRow(*row) for row in zip(*columns, strict=True)]


def market_rows(state: WorldState, chosen: Integers) -> list[MarketRow]:
    """The given markets (their places in the state's roster)."""
    members = state.roster
    numbers = members.numbers[chosen]
    columns = (
        numbers.tolist(),
        members.leg[chosen].tolist(),
        [EndingStage(stage) for stage in state.stage[chosen].tolist()],
        (state.endings.disputed[chosen] == 1).tolist(),
        members.placeholder[chosen].tolist(),
        members.other[chosen].tolist(),
        [None if price < 0 else price for price in state.price[chosen].tolist()],
        np.where(members.placeholder, 0, state.quotes.bid)[chosen].tolist(),
        np.where(members.placeholder, ONE, state.quotes.ask)[chosen].tolist(),
        state.last[chosen].tolist(),
        np.where(members.placeholder, 0, state.hour_change)[chosen].tolist(),
        np.where(members.placeholder, 0, state.day_change)[chosen].tolist(),
        state.volume[chosen].tolist(),
        state.volume_24hr[chosen].tolist(),
        state.liquidity[chosen].tolist(),
        _accepting(state, chosen).tolist(),
        members.deadlines[chosen].tolist(),
        _without_end(state, chosen).tolist(),
        state.endings.closes[chosen].tolist(),
        members.tick[chosen].tolist(),
        condition_ids(members.seed, numbers),
        token_ids(members.seed, numbers),
    )
    return [MarketRow(*row) for row in zip(*columns, strict=True)]


def _event_total(state: WorldState, amounts: Floats) -> Floats:
    totals = np.bincount(state.roster.event, amounts, minlength=len(state.roster.lives.numbers))
    return totals.astype(np.float64).round(4)


def _accepting(state: WorldState, chosen: Integers) -> Flags:
    """A few closed markets still say that they take orders, as on the real service."""
    chance = uniform(draw(state.roster.seed, Stream.OMISSION, state.roster.numbers[chosen], 1))
    return state.accepting[chosen] | (state.closed[chosen] & (chance < _STILL_ACCEPTING))


def _without_end(state: WorldState, chosen: Integers) -> Flags:
    chance = uniform(draw(state.roster.seed, Stream.OMISSION, state.roster.numbers[chosen], 2))
    without: Flags = (chance < _WITHOUT_END) & (state.roster.plant[chosen] == Plant.NONE)
    return without
