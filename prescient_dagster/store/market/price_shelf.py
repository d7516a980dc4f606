"""The prices of captures by their time, kept in memory so that they can be laid beside those of a later capture.

Markets have numbers here, so that prices of one capture are found for the rows of another without a word of text.
"""

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prescient_dagster.domain.market.history import microseconds
from prescient_dagster.domain.market.markets import Capture, Floats, Rows

MOST_BYTES = 256_000_000

Priced = tuple[pa.Array, Floats]
"""Ids of markets, and what YES of each costs; NaN where it takes no orders."""


def priced(capture: Capture) -> Priced:
    """The prices of a capture."""
    prices = np.where(capture.columns["tradable"], capture.columns["yes_price"], np.nan)
    return pa.array(capture.text_column("market_id"), type=pa.large_string()), prices


class MarketNumbers:
    """A number for every market that was ever seen. Captures that follow each other list nearly the same ones."""

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._ids: pa.Array = pa.array([], type=pa.large_string())
        self._numbers: Rows = np.empty(0, dtype=np.intp)

    def of(self, ids: pa.Array) -> Rows:
        """The numbers of these markets."""
        if not ids.equals(self._ids):
            places = pc.fill_null(pc.index_in(ids, value_set=self._ids), -1).to_numpy()
            numbers = np.where(places >= 0, np.append(self._numbers, -1)[places], -1)
            for row in np.flatnonzero(numbers < 0):
                numbers[row] = self._number_of.setdefault(ids[int(row)].as_py(), len(self._number_of))
            self._ids, self._numbers = ids, numbers
        return self._numbers

    def each(self, ids: pa.Array) -> Rows:
        """The number of each of these markets, of which some may come more than once."""
        once = ids.unique()
        numbers: Rows = self.of(once)[pc.index_in(ids, value_set=once).to_numpy()]
        return numbers


def at_numbers(values: Floats, numbers: Rows) -> Floats:
    """The values of these markets, where values are laid out by number; NaN beyond their end."""
    if numbers.max(initial=-1) < len(values):
        return values.take(numbers)
    found = np.full(len(numbers), np.nan)
    known = numbers < len(values)
    found[known] = values[numbers[known]]
    return found


class PriceShelf:
    """Prices by number of market, of as many captures as there is room for; the ones not asked for longest go first."""

    def __init__(self) -> None:
        self.numbers = MarketNumbers()
        self._prices: OrderedDict[int, Floats] = OrderedDict()
        self._bytes = 0
        self._newest: tuple[int, Rows] = (-1, np.empty(0, dtype=np.intp))
        self._asked = (self._newest[1],) * 3

    def of(self, capture: Capture, rows: Rows, at: int, read: Callable[[int], Priced | None]) -> Floats:
        """The YES prices at an earlier time of the markets in these rows.

        Args:
            read: the prices of a time that is not here yet; None: nobody has them any more.
        """
        return at_numbers(self._kept(at, read), self.numbers_at(capture, rows))

    def numbers_at(self, capture: Capture, rows: Rows) -> Rows:
        """The numbers of the markets in these rows; a path asks for the same ones again and again."""
        numbers = self.numbers_of(capture)
        if self._asked[0] is not numbers or self._asked[1] is not rows:
            self._asked = (numbers, rows, numbers[rows])
        return self._asked[2]

    def numbers_of(self, capture: Capture) -> Rows:
        """The numbers of a capture that is being played; what it costs then is kept for later ones."""
        now = microseconds(capture.captured_at)
        if self._newest[0] != now:
            found = priced(capture)
            self._keep(now, self._laid_out(found))
            self._newest = (now, self.numbers.of(found[0]))
        return self._newest[1]

    def _kept(self, at: int, read: Callable[[int], Priced | None]) -> Floats:
        if at in self._prices:
            self._prices.move_to_end(at)
            return self._prices[at]
        found = read(at)
        prices = np.empty(0) if found is None else self._laid_out(found)
        self._keep(at, prices)
        return prices

    def _keep(self, at: int, prices: Floats) -> None:
        self._bytes += prices.nbytes - self._prices.get(at, np.empty(0)).nbytes
        self._prices[at] = prices
        while self._bytes > MOST_BYTES and len(self._prices) > 1:
            self._bytes -= self._prices.popitem(last=False)[1].nbytes

    def _laid_out(self, found: Priced) -> Floats:
        """Prices by the numbers of markets."""
        ids, prices = found
        numbers = self.numbers.of(ids)
        laid_out = np.full(numbers.max(initial=-1) + 1, np.nan)
        laid_out[numbers] = prices
        return laid_out
