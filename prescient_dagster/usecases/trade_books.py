"""The order books that a run needs: read where they are kept, else asked for, each token once in a run."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

import pandas as pd

from prescient_dagster.domain.cycle.fills import OrderBook
from prescient_dagster.domain.cycle.held_quotes import sides_of
from prescient_dagster.domain.cycle.order_books import Book, Books, NoBook
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import order_books
from prescient_dagster.venue.interface import BooksOf, Venue

READABLE = "readable"
OpenVenue = Callable[[], AbstractContextManager[Venue]]


class CycleBooks:
    """What is known of the order books of the captures that a run acts on.

    What could not be had stays so for the run: all of its portfolios see the same, and nobody waits twice.
    """

    def __init__(self, database: Database, open_venue: OpenVenue) -> None:
        self._database, self._open_venue = database, open_venue
        self._asked: dict[int, set[str]] = {}
        self._books: dict[int, dict[str, Book]] = {}

    def of(self, capture_id: int) -> Books:
        """What is known for this capture by now."""
        return self._books.get(capture_id, {})

    def need(self, capture_id: int, captured_at: datetime, token_ids: Collection[str], *, newest: bool) -> None:
        """See to it that what can be known of these tokens is known. `newest`: of all captures that may be traded."""
        asked = self._asked.setdefault(capture_id, set())
        new = set(token_ids) - asked
        if new:
            asked |= new
            self._books.setdefault(capture_id, {}).update(self._found(capture_id, captured_at, new, newest=newest))

    def _found(
        self, capture_id: int, captured_at: datetime, token_ids: Collection[str], *, newest: bool
    ) -> dict[str, Book]:
        if not order_books.missing(self._database, capture_id, token_ids):
            return order_books.load(self._database, capture_id, token_ids)
        with self._open_venue() as venue:
            tells = BooksOf.NEWEST_CAPTURE if newest else BooksOf.ANY_CAPTURE
            if venue.order_books_of in (tells, BooksOf.ANY_CAPTURE):
                fetch = partial(venue.order_books, captured_at=captured_at)
                return order_books.load_or_fetch(self._database, capture_id, token_ids, fetch)
        return order_books.load(self._database, capture_id, token_ids)

    @property
    def captures(self) -> Collection[int]:
        """The captures of which books were needed."""
        return self._books

    def counts(self) -> Mapping[str, int]:
        """As `book_counts`, of all that were needed."""
        return sum((Counter(book_counts(books)) for books in self._books.values()), Counter())


def book_counts(books: Books) -> Mapping[str, int]:
    """How many tokens have a book one can trade against, and how many have none for which reason."""
    return Counter(READABLE if isinstance(book, OrderBook) else str(book.reason) for book in books.values())


def missing_books(markets: pd.DataFrame, books: Books) -> Iterator[dict[str, str]]:
    """The tokens that have none, with their markets and why."""
    missing = {token: book for token, book in books.items() if isinstance(book, NoBook)}
    sides = sides_of(markets, missing)
    for token, book in missing.items():
        yield {**sides.get(token, {}), "token_id": token, "reason": str(book.reason), "why": book.why}
