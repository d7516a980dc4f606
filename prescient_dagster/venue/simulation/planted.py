"""True mispricings, planted on purpose, for a few hours at a time: what an arbitrage strategy has to find.

They are the only ones: elsewhere quotes enclose worths that are consistent with each other. Planted events are not
voided, not disputed, and take no fees.
"""

from dataclasses import dataclass

import numpy as np

from prescient_dagster.venue.simulation.draws import Flags, Floats, Integers, Stream, draw, uniform
from prescient_dagster.venue.simulation.endings import EndingStage
from prescient_dagster.venue.simulation.profiles import Plant
from prescient_dagster.venue.simulation.quotes import ONE, Quotes, clamped
from prescient_dagster.venue.simulation.roster import Roster

YES_TOTAL = 0.92
"""What all YES asks of a planted set sum to, but for the rounding to ticks; also the cost of a planted nested pair."""
NO_MARGIN = 0.08
"""The margin of a planted NO set over all its legs."""

_CYCLE = 12 * 3600
_DUTY = 0.35
_EARLIEST, _EARLIEST_SURVIVORS, _LATEST = 0.15, 0.3, 0.7
_CHEAPEST, _DEAREST = 0.03, 0.75
_NESTED_CHEAPEST, _NESTED_DEAREST = 0.15, 0.85


@dataclass(frozen=True)
class Planting:
    """The events whose quotes are mispriced now, and the markets that take part."""

    live: Flags  # per event
    parts: Flags  # per market


def planting(roster: Roster, worth: Floats, stage: Integers, second: int) -> Planting:
    """Which mispricings show at that second: the event's window is open and its markets are in a range that pays."""
    dead = (roster.plant == Plant.SURVIVORS) & (stage == EndingStage.RESOLVED) & (worth == 0.0)
    parts = (roster.plant != Plant.NONE) & ~roster.placeholder & ~dead
    nested = roster.plant >= Plant.NESTED_DATES
    low, high = np.where(nested, _NESTED_CHEAPEST, _CHEAPEST), np.where(nested, _NESTED_DEAREST, _DEAREST)
    unfit = parts & ((stage != EndingStage.OPEN) | (worth < low) | (worth > high))
    incomplete = (roster.plant == Plant.SURVIVORS) & roster.knockout & ~dead
    spoilt = np.bincount(roster.event, unfit | incomplete, minlength=len(roster.lives.numbers)) > 0
    live = _window_open(roster, second) & ~spoilt
    return Planting(live, parts & live[roster.event])


def _window_open(roster: Roster, second: int) -> Flags:
    lives = roster.lives
    elapsed = (second - lives.starts) / (lives.closes - lives.starts)
    earliest = np.where(lives.plants == Plant.SURVIVORS, _EARLIEST_SURVIVORS, _EARLIEST)
    phase = uniform(draw(lives.seed, Stream.PLANT, lives.numbers))
    turn: Floats = ((second - lives.starts) / _CYCLE + phase) % 1.0
    is_open: Flags = (elapsed >= earliest) & (elapsed <= _LATEST) & (turn < _DUTY) & (lives.plants != Plant.NONE)
    return is_open


def mispriced(roster: Roster, worth: Floats, fair: Quotes, spread: Integers, planting: Planting) -> Quotes:
    """The quotes with the live mispricings in them."""
    width = spread * roster.tick
    bid, ask = fair.bid.copy(), fair.ask.copy()
    for plant in (Plant.YES_SET, Plant.SURVIVORS):
        rows = np.flatnonzero(planting.parts & (roster.plant == plant))
        ask[rows] = _to_tick(worth[rows] * YES_TOTAL, roster.tick[rows])
        bid[rows] = ask[rows] - width[rows]
    rows = np.flatnonzero(planting.parts & (roster.plant == Plant.NO_SET))
    bid[rows] = _to_tick(_dear_bids(roster.event[rows], worth[rows]), roster.tick[rows])
    ask[rows] = bid[rows] + width[rows]
    for plant in (Plant.NESTED_DATES, Plant.NESTED_THRESHOLDS):
        narrow = np.flatnonzero(planting.parts & (roster.plant == plant) & (roster.leg == 0))
        wide = narrow + 1
        gap = (1 - YES_TOTAL) / 2
        middle = (worth[narrow] + worth[wide]) / 2
        ask[wide] = _to_tick(middle - gap, roster.tick[wide])
        bid[wide] = ask[wide] - width[wide]
        bid[narrow] = ask[wide] + _to_tick(np.full(len(wide), 2 * gap), roster.tick[wide])
        ask[narrow] = bid[narrow] + width[narrow]
    return clamped(bid, ask, roster.tick)


def _dear_bids(event: Integers, worth: Floats) -> Floats:
    """Bids of k exclusive legs so high that their NO sides cost 1 / (1 + margin) of the k - 1 they are sure to pay."""
    legs, total = np.bincount(event), np.bincount(event, worth)
    target = legs - (legs - 1) / (1 + NO_MARGIN)
    return worth * target[event] / total[event]


def _to_tick(price: Floats, tick: Integers) -> Integers:
    return np.round(price * ONE / tick).astype(np.int64) * tick
