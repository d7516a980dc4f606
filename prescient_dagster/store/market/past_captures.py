"""The history that strategies see: what prices were on earlier captures that could be traded.

Nothing is read before a strategy asks. A capture that cannot be read any more is no history, and is noted.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prescient_dagster.domain.errors import PrescientError, StoreUnreachable
from prescient_dagster.domain.market.history import Times, microseconds
from prescient_dagster.domain.market.markets import Capture, Floats, Rows
from prescient_dagster.store.market.price_shelf import Priced, PriceShelf

Kept = TypeVar("Kept")
"""Whatever a capture is found by."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PastCaptures(Generic[Kept]):
    """Earlier captures of one source.

    Args:
        find: the captures that could be traded from a moment on, by their time.
        read: the prices of one of them; a `PrescientError` tells why it cannot be read.

    Attributes:
        missed: the captures that were asked for and cannot be read, with why.
    """

    def __init__(self, find: Callable[[datetime], Mapping[datetime, Kept]], read: Callable[[Kept], Priced]) -> None:
        self._find, self._read = find, read
        self._since: int | None = None
        self._kept: dict[int, Kept] = {}
        self._times: list[int] = []
        self._shelf = PriceShelf()
        self._unreadable: dict[int, str] = {}
        self.missed: dict[datetime, str] = {}

    def times(self, since: int, until: int) -> Times:
        """When there were captures that could be traded."""
        if self._since is None or since < self._since or until > max(self._times[-1:], default=since):
            found = self._find(EPOCH + timedelta(microseconds=since))
            self._kept |= {microseconds(at): kept for at, kept in found.items()}
            self._since, self._times = since, sorted(self._kept)
        first, last = bisect_left(self._times, since), bisect_right(self._times, until)
        return np.array(self._times[first:last], dtype=np.int64)

    def add(self, captured_at: datetime, kept: Kept) -> None:
        """A capture that has turned out to be one that could be traded, newer than all before."""
        at = microseconds(captured_at)
        self._kept[at] = kept
        self._times.append(at)

    def prices(self, capture: Capture, rows: Rows, at: int) -> Floats:
        """YES prices on the capture of that time."""
        prices = self._shelf.of(capture, rows, at, self._opened)
        if at in self._unreadable:
            self.missed[EPOCH + timedelta(microseconds=at)] = self._unreadable[at]
        return prices

    def prices_of(self, market_ids: pa.Array, at: int) -> Floats:
        """The YES prices of these markets on the capture of that time; NaN where it tells none."""
        found = self._opened(at)
        if found is None:
            return np.full(len(market_ids), np.nan)
        places = pc.fill_null(pc.index_in(market_ids, value_set=found[0]), len(found[0])).to_numpy()
        prices: Floats = np.append(found[1], np.nan)[places]
        return prices

    def told(self, _capture: Capture, rows: Rows, _since: int, _until: int) -> Floats:
        """Nothing: captures are all that is known of this source."""
        return np.full(len(rows), np.nan)

    def _opened(self, at: int) -> Priced | None:
        try:
            return self._read(self._kept[at])
        except StoreUnreachable:
            raise
        except PrescientError as error:
            self._unreadable[at] = str(error)
            return None
