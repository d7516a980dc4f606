"""What prices were by the venue's own account: `/prices-history`, asked for by dates.

A span of dates means the same for ever; `interval` does not. A point is a time, in seconds, and one price: no bid, no
ask. Twenty tokens are asked for in one request where the service has that, else each alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prescient_dagster.venue.interface import PastPrices, Point
from prescient_dagster.venue.polymarket.client import PolymarketClient, RefusedRequest

TOKENS_PER_REQUEST = 20
LONGEST_SPAN = 14 * 86_400  # seconds
EVERY_MINUTES = 60
_NO_SUCH_ADDRESS = frozenset({404, 405, 501})


class PriceHistories:
    """Asks for many tokens at once, until the service says that it does not have that."""

    def __init__(self, client: PolymarketClient) -> None:
        self._client = client
        self._together = True

    def of(self, token_ids: Sequence[str], since: int, until: int) -> PastPrices:
        """The points of at most twenty tokens from one second to another, by time, each time once.

        Raises:
            VenueUnavailable: the service does not answer.
        """
        points: dict[str, dict[int, float]] = {token: {} for token in token_ids}
        refused: dict[str, str] = {}
        for first, last in spans(since, until):
            tokens = [token for token in token_ids if token not in refused]
            for token, told in self._asked(tokens, first, last, refused).items():
                points[token].update(_points(told, since, until))
        found = {token: sorted(known.items()) for token, known in points.items() if token not in refused}
        return PastPrices(found, refused)

    def _asked(self, tokens: Sequence[str], first: int, last: int, refused: dict[str, str]) -> Mapping[str, Any]:
        if self._together and len(tokens) > 1:
            try:
                return self._client.price_histories(tokens, first, last, EVERY_MINUTES)
            except RefusedRequest as refusal:
                # Refused for one of the tokens, or not there at all: each alone is answered either way.
                self._together = refusal.status not in _NO_SUCH_ADDRESS
        return dict(self._one_by_one(tokens, first, last, refused))

    def _one_by_one(
        self, tokens: Sequence[str], first: int, last: int, refused: dict[str, str]
    ) -> Iterator[tuple[str, Any]]:
        for token in tokens:
            try:
                yield token, self._client.price_history(token, first, last, EVERY_MINUTES)
            except RefusedRequest as refusal:
                refused[token] = str(refusal)


def spans(since: int, until: int) -> Iterator[tuple[int, int]]:
    """The time between two seconds in pieces that the service answers for."""
    for first in range(since, until, LONGEST_SPAN):
        yield first, min(first + LONGEST_SPAN, until)


def _points(told: Any, since: int, until: int) -> Iterator[Point]:
    """What can be used of an answer: the last price of a time counts."""
    for point in told if isinstance(told, list) else ():
        at, price = (point.get("t"), point.get("p")) if isinstance(point, dict) else (None, None)
        if isinstance(at, int) and isinstance(price, int | float) and since <= at <= until and 0 <= price <= 1:
            yield at, float(price)
