"""How sure a mean is, where neighbouring values hang together: the stationary bootstrap.

Politis and Romano, The Stationary Bootstrap, Journal of the American Statistical Association 89 (1994): a series is
drawn anew from blocks of itself that begin anywhere, wrap around its end, and have a random (geometric) length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prescient_dagster.domain.market.markets import Floats, Rows

RESAMPLES = 10_000
DRAWS_AT_ONCE, CONFIGS_AT_ONCE = 500, 500
LEAST_VALUES = 10
"""Of fewer values an interval would only look as if it said something."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Between these two lies the mean with a probability of 95 %."""

    low: float
    high: float


def mean_interval(values: Sequence[float], seed: int = 0) -> Interval | None:
    """The percentile interval of 95 % of a series' mean; None of fewer than ten values.

    Args:
        values: in the order of time.
        seed: of the draws: the same values and seed give the same interval.
    """
    if len(values) < LEAST_VALUES:
        return None
    series = np.asarray(values, dtype=float)
    means = series[drawn(len(series), np.random.default_rng(seed))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(low), float(high))


def drawn(length: int, random: np.random.Generator, resamples: int = RESAMPLES) -> Rows:
    """Places in a series of this length, `resamples` rows of them; blocks are ∛length long in the mean."""
    begins = random.random((resamples, length)) < _chance_of_a_new_block(length)
    begins[:, 0] = True
    starts = random.integers(length, size=(resamples, length))
    places = np.arange(length)
    begun_at = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    rows: Rows = (np.take_along_axis(starts, begun_at, axis=1) + places - begun_at) % length
    return rows


def _chance_of_a_new_block(length: int) -> float:
    return float(1 / max(1.0, np.cbrt(length)))


def best_by_chance(profits: Floats, resamples: int = RESAMPLES, seed: int = 0) -> float:
    """How likely the best of several is as good as it was, if none of them earns anything in the mean.

    White, A Reality Check for Data Snooping, Econometrica 68 (2000), with nothing done as the benchmark. What is drawn
    anew are the events: profits within one event hang together, and all configs meet the same events.

    Args:
        profits: one row per config, one column per event.
    """
    count = profits.shape[1]
    means = profits.mean(axis=1)
    random, best = np.random.default_rng(seed), means.max()
    as_good = 0
    for begin in range(0, resamples, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, resamples - begin)
        draws = random.multinomial(count, np.full(count, 1 / count), size=size) / count
        as_good += int((_best_of_each(draws, profits, means) >= best).sum())
    return as_good / resamples


def _best_of_each(draws: Floats, profits: Floats, means: Floats) -> Floats:
    """The best config of each draw, so few at a time that memory does not grow with their number."""
    best = np.full(len(draws), -np.inf)
    for begin in range(0, len(profits), CONFIGS_AT_ONCE):
        some = slice(begin, begin + CONFIGS_AT_ONCE)
        np.maximum(best, (draws @ profits[some].T - means[some]).max(axis=1), out=best)
    return best
