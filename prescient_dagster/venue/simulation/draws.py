"""Chance without a generator: every draw is a hash of the seed, a stream and one or two counters.

So a market's path at any instant is found without walking there, in any order, and always the same. Only integer
arithmetic, table look-ups and correctly rounded operations are used here, so that a value does not depend on the
processor, nor on how many others are computed beside it.
"""

from enum import IntEnum, unique
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_SECOND_STEP = np.uint64(0xD1B54A32D192ED03)
_TABLE_BITS = 12


@unique
class Stream(IntEnum):
    """What a draw is for: draws of different streams are independent."""

    PERIOD = 1
    PHASE = 2
    BIRTH = 3
    DISPUTE = 4
    VOID = 5
    PRIOR = 6
    PATH = 7
    CLOSING = 8
    RESOLVING = 9
    VOLUME = 10
    SHARE = 11
    LIQUIDITY = 12
    SPREAD = 13
    LAST_TRADE = 14
    PAUSE = 15
    PLANT = 16
    STALE = 17
    BOOK = 18
    WORDS = 19
    IDENTITY = 20
    OMISSION = 21


def draw(seed: int, stream: Stream, first: Integers | Words, second: Integers | Words | int = 0) -> Words:
    """64 random bits for each pair of counters."""
    root = np.array([(seed * len(Stream) * 2 + stream) % 2**64], dtype=np.uint64)
    return mix(mix(mix(root) + first.astype(np.uint64) * _STEP) + np.asarray(second).astype(np.uint64) * _SECOND_STEP)


def mix(bits: Words) -> Words:
    """The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def uniform(bits: Words) -> Floats:
    """Uniform on [0, 1)."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(bits: Words) -> Floats:
    """Standard normal: two table quantiles, added, which fills the gaps and the tails of one."""
    table = _quantiles()
    mask = np.uint64(2**_TABLE_BITS - 1)
    low = table[(bits & mask).astype(np.intp)]
    high = table[((bits >> np.uint64(32)) & mask).astype(np.intp)]
    both: Floats = (low + high) * 0.5**0.5
    return both


@cache
def _quantiles() -> Floats:
    size = 2**_TABLE_BITS
    quantiles: Floats = np.array([NormalDist().inv_cdf((k + 0.5) / size) for k in range(size)])
    deviation = float((quantiles**2).mean()) ** 0.5
    return np.array([quantile / deviation for quantile in quantiles.tolist()])
