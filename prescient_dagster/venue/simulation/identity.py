"""Token and condition ids: as long as the real ones, and a token tells its market."""

import numpy as np

from prescient_dagster.venue.simulation.draws import Integers, Stream, Words, draw

_TOKEN_DIGITS = 76
_NUMBER_DIGITS = 16


def condition_ids(seed: int, numbers: Integers) -> list[str]:
    """A 256-bit hash in hexadecimal for each market number."""
    words = zip(*(_words(seed, numbers, place) for place in range(4)), strict=True)
    return [f"0x{a:016x}{b:016x}{c:016x}{d:016x}" for a, b, c, d in words]


def token_ids(seed: int, numbers: Integers) -> list[tuple[str, str]]:
    """The YES and NO token of each market number: 76 digits that end with the number and the side."""
    first, second, third = (_words(seed, numbers, place) for place in range(4, 7))
    stems = (f"{10**18 + a % (9 * 10**18)}{b:020d}{c:020d}" for a, b, c in zip(first, second, third, strict=True))
    markets = [f"{stem}{number:016d}" for stem, number in zip(stems, numbers.tolist(), strict=True)]
    return [(f"{market}0", f"{market}1") for market in markets]


def token_number(seed: int, token: str) -> int | None:
    """The number of the market a token belongs to; None if it is none of this venue's."""
    if len(token) != _TOKEN_DIGITS or not (token.isascii() and token.isdigit()):
        return None
    number = int(token[-_NUMBER_DIGITS - 1 : -1])
    return number if token in token_ids(seed, np.array([number]))[0] else None


def _words(seed: int, numbers: Integers, place: int) -> list[int]:
    words: Words = draw(seed, Stream.IDENTITY, numbers, place)
    return [int(word) for word in words.tolist()]
