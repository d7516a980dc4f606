"""From worth to quotes. Prices are whole numbers of 1/10,000 USD here.

The quotes always enclose the worth, `bid <= worth <= ask`. As worths are consistent (a set sums to 1, a wider question
is worth no less), no set and no pair is ever mispriced by rounding: only the planted ones are.
"""

from dataclasses import dataclass

import numpy as np

from prescient_dagster.venue.simulation.draws import Floats, Integers, Stream, draw, uniform
from prescient_dagster.venue.simulation.roster import Roster

ONE = 10_000
_HOUR = 3600
_WIDEST_FINE = 5
_WIDEST_COARSE = 2
_COARSE_TICK = 100


@dataclass(frozen=True)
class Quotes:
    """The YES side's best bid (0: nobody bids) and best ask (`ONE`: nobody asks)."""

    bid: Integers
    ask: Integers

    @property
    def middle(self) -> Integers:
        return (self.bid + self.ask) // 2


def spreads(roster: Roster, second: int) -> Integers:
    """The width of each market's quotes in ticks: most are narrow, and they change by the hour."""
    widest = np.where(roster.tick >= _COARSE_TICK, _WIDEST_COARSE, _WIDEST_FINE)
    hour = second // _HOUR
    return 1 + np.floor(widest * uniform(draw(roster.seed, Stream.SPREAD, roster.numbers, hour)) ** 3).astype(np.int64)


def quotes(worth: Floats, tick: Integers, spread: Integers) -> Quotes:
    """Quotes `spread` ticks wide round the worth."""
    ticks = ONE // tick
    bid = np.floor(worth * ticks - (spread - 1) / 2).astype(np.int64)
    return clamped(bid * tick, (bid + spread) * tick, tick)


def clamped(bid: Integers, ask: Integers, tick: Integers) -> Quotes:
    """Quotes within a venue's bounds: bids below 1, asks above 0."""
    return Quotes(np.clip(bid, 0, ONE - tick), np.clip(ask, tick, ONE))
