"""Order books on the wire: each is judged for itself, so that one that cannot be read costs its token alone.

An answer of `POST /books` is a list of books, `{"asset_id": token, "bids": [{"price", "size"}], "asks": …}`; a token
without a book is left out of it.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from prescient_dagster.domain.cycle.fills import OrderBook
from prescient_dagster.domain.cycle.order_books import Book, Sent, judged, no_book, unavailable, unusable

LONGEST_EVIDENCE = 20_000  # letters


def books_of(sent: Iterable[Any], asked: Collection[str]) -> dict[str, Book]:
    """What an answer says of each token that was asked for; what it says of others is left out."""
    found: dict[str, Book] = {}
    nameless = 0
    for record in sent:
        token = _token(record)
        if token is None:
            nameless += 1
        elif token in asked:
            book = _book(token, record)
            found[token] = book if found.get(token, book) == book else _contradicted(record)
    missing = [token for token in asked if token not in found]
    if nameless:  # one of these may be the missing one's
        return found | unavailable(missing, f"the answer has {nameless} books that name no token")
    return found | dict.fromkeys(missing, no_book())


def _token(record: Any) -> str | None:
    """The token that a book names; None where it names none."""
    token = record.get("asset_id") if isinstance(record, dict) else None
    return str(token) if isinstance(token, str | int) and not isinstance(token, bool) and token != "" else None


def _book(token: str, record: dict[str, Any]) -> Book:
    bids, asks = (record.get(side) for side in ("bids", "asks"))
    if not all(side is None or isinstance(side, list) for side in (bids, asks)):
        return unusable("its bids or asks are no list", _evidence(record))
    book = judged(token, _levels(bids or []), _levels(asks or []))
    return book if isinstance(book, OrderBook) else replace(book, evidence=_evidence(record))


def _levels(sent: list[Any]) -> Iterator[Sent]:
    for level in sent:
        yield (level.get("price"), level.get("size")) if isinstance(level, dict) else (level, None)


def _contradicted(record: dict[str, Any]) -> Book:
    return unusable("the answer has two different books of it", _evidence(record))


def _evidence(record: dict[str, Any]) -> str:
    """What was sent, in letters that any file, terminal or database takes."""
    return json.dumps(record)[:LONGEST_EVIDENCE]
