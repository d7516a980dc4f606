"""Asking for order books: many tokens a request, in bounded time, and no token that costs the others theirs.

What can be had is had: a request that fails makes its own tokens unavailable, and one that is refused for what it asks
is asked again in halves, until the token that it is refused for stands alone.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from prescient_dagster.domain.cycle.order_books import Book, no_book, unavailable
from prescient_dagster.domain.errors import VenueError, VenueUnavailable
from prescient_dagster.venue.polymarket.books import books_of
from prescient_dagster.venue.polymarket.client import PolymarketClient, RefusedRequest

TOKENS_PER_REQUEST = 500
PATIENCE_SECONDS, SECONDS_PER_REQUEST = 10.0, 2.0
"""How long all requests together may take: so many seconds, and so many more for each that is needed anyway."""
MOST_FURTHER_REQUESTS = 100  # for halves
_HAS_NONE = re.compile(r"\bno\s*order\s*-?book", re.IGNORECASE)
_DIVISIBLE = frozenset({400, 404, 413, 422})

OUT_OF_TIME = "there was no time left to ask for it"


def order_books(
    client: PolymarketClient, token_ids: Iterable[str], clock: Callable[[], float] = time.monotonic
) -> dict[str, Book]:
    """What the service says of the order book of each of these tokens, in about 10 seconds at most."""
    waiting = deque(_batches(list(dict.fromkeys(token_ids))))
    until = clock() + PATIENCE_SECONDS + SECONDS_PER_REQUEST * len(waiting)
    requests_left = len(waiting) + MOST_FURTHER_REQUESTS
    found: dict[str, Book] = {}
    while waiting:
        tokens = waiting.popleft()
        if clock() >= until or not requests_left:
            found |= unavailable(tokens, OUT_OF_TIME)
            continue
        requests_left -= 1
        try:
            found |= books_of(client.books(tokens, until), tokens)
        except RefusedRequest as refusal:
            if _is_divisible(refusal) and len(tokens) > 1:
                waiting.extend((tokens[: len(tokens) // 2], tokens[len(tokens) // 2 :]))
            else:
                found |= _refused(tokens, refusal)
        except VenueUnavailable as error:  # the service is down: the others would only wait for the same
            found |= unavailable([*tokens, *(token for batch in waiting for token in batch)], str(error))
            break
        except VenueError as error:
            found |= unavailable(tokens, str(error))
    return found


def _batches(tokens: Sequence[str]) -> list[Sequence[str]]:
    return [tokens[start : start + TOKENS_PER_REQUEST] for start in range(0, len(tokens), TOKENS_PER_REQUEST)]


def _is_divisible(refusal: RefusedRequest) -> bool:
    """Whether fewer tokens may be answered. An address that is not there refuses everything."""
    return refusal.status in _DIVISIBLE and (refusal.status != 404 or _has_none(refusal))


def _has_none(refusal: RefusedRequest) -> bool:
    return refusal.status == 404 and _HAS_NONE.search(refusal.body) is not None


def _refused(tokens: Sequence[str], refusal: RefusedRequest) -> dict[str, Book]:
    if _has_none(refusal) and len(tokens) == 1:
        return dict.fromkeys(tokens, no_book())
    return unavailable(tokens, str(refusal))
