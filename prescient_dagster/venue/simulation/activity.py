"""How much is traded and offered: lognormal over events, shared out among their markets."""

import numpy as np

from prescient_dagster.venue.simulation.draws import Floats, Stream, draw, normal, uniform
from prescient_dagster.venue.simulation.profiles import profile_columns
from prescient_dagster.venue.simulation.roster import Roster

_HOUR = 3600
_GROWTH = 0.6
_VOLUME_SPREAD = 0.5
_SHARE_SPREAD = 0.5
_OUTSIDER_SHARE = 0.2
_LIQUIDITY_RATIO = 0.25
_LIQUIDITY_SPREAD = 0.25
_TRADE_USD = 20.0


class Volumes:
    """The money in a roster's markets."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        lives = roster.lives
        size = np.exp(_VOLUME_SPREAD * np.clip(normal(draw(lives.seed, Stream.VOLUME, lives.numbers)), -2, 2))
        weight = np.exp(_SHARE_SPREAD * normal(draw(lives.seed, Stream.SHARE, roster.numbers)))
        weight = np.where(roster.placeholder, 0.0, np.where(roster.knockout, _OUTSIDER_SHARE, 1.0) * weight)
        total = np.bincount(roster.event, weight, minlength=len(lives.numbers))
        event_volume = profile_columns().volume_usd[lives.profiles] * size
        self._final = event_volume[roster.event] * weight / total[roster.event]

    def volume(self, second: int) -> Floats:
        """USD traded so far: fast at first, then slower, in whole trades."""
        roster = self.roster
        elapsed = (second - roster.starts) / np.maximum(roster.deadlines - roster.starts, 1)
        trades: Floats = np.floor(self._final * np.clip(elapsed, 0.0, 1.0) ** _GROWTH / _TRADE_USD)
        return trades * _TRADE_USD

    def liquidity(self, second: int) -> Floats:
        """USD in the order books of both sides; it breathes by the hour."""
        roster = self.roster
        spread = np.exp(_LIQUIDITY_SPREAD * normal(draw(roster.seed, Stream.LIQUIDITY, roster.lives.numbers)))
        breath = 0.9 + 0.2 * uniform(draw(roster.seed, Stream.LIQUIDITY, roster.numbers, 1 + second // _HOUR))
        return np.round(self._final * _LIQUIDITY_RATIO * spread[roster.event] * breath, 4)
