"""Probabilities that move as martingales and end at 0 or 1.

Behind each question stands a standard Brownian motion W on [0, 1]; the answer is yes if `start + W(1) > 0`. What the
market knows at `tau` is the path so far, so the fair price is P(yes | W(tau)) = Phi((start + W(tau)) / sqrt(1 - tau)):
a martingale by construction, whose last value is the answer itself.
"""

from math import erfc
from statistics import NormalDist

import numpy as np

from prescient_dagster.venue.simulation.draws import Floats, Words, mix, normal

_LEVELS = 16
_NODE = np.uint64(0xA0761D6478BD642F)


def brownian(keys: Words, tau: Floats) -> tuple[Floats, Floats]:
    """The paths named by `keys` at `tau` in [0, 1], and the grid times they hold for: multiples of 2^-16, rounded down.

    Lévy's construction: starting from the end point, midpoints are drawn on the way down to `tau`, each keyed by its
    place in the tree, so any instant costs sixteen draws and all instants agree on one path.
    """
    index = np.floor(np.clip(tau, 0.0, 1.0) * 2**_LEVELS).astype(np.int64)
    left, right = np.zeros(len(keys)), normal(mix(keys))
    node, end = np.ones(len(keys), dtype=np.uint64), right
    for level in range(_LEVELS):
        middle = (left + right) * 0.5 + normal(mix(keys + node * _NODE)) * (0.5 * 2.0 ** (-level / 2))
        later = (index >> (_LEVELS - 1 - level)) & 1 == 1
        left, right = np.where(later, middle, left), np.where(later, right, middle)
        node = node * np.uint64(2) + later.astype(np.uint64)
    return np.where(index == 2**_LEVELS, end, left), index * 2.0**-_LEVELS


def conditional_probability(start: Floats, keys: Words, tau: Floats) -> Floats:
    """P(start + W(1) > 0 | W up to tau); exactly 0 or 1 from tau = 1 on."""
    path, grid = brownian(keys, tau)
    settled = grid >= 1.0
    score = (start + path) / np.sqrt(np.where(settled, 1.0, 1.0 - grid))
    return np.where(settled, (start + path > 0).astype(np.float64), cumulative(score))


def cumulative(score: Floats) -> Floats:
    """The standard normal distribution function."""
    half = np.sqrt(0.5)
    return np.array([0.5 * erfc(value) for value in (score * -half).tolist()], dtype=np.float64)


def quantile(probability: Floats) -> Floats:
    """Its inverse, on (0, 1]; 1 gives infinity."""
    inverse = NormalDist().inv_cdf
    return np.array([inverse(p) if p < 1.0 else np.inf for p in probability.tolist()], dtype=np.float64)
