"""Every portfolio that trades a capture fills against the same order books."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from prescient_dagster.domain.errors import VenueUnavailable
from prescient_dagster.domain.fills import Level, OrderBook
from prescient_dagster.store import captures, order_books
from prescient_dagster.store.database import Database
from tests.store.listings import a_listing


def a_book(token_id: str, ask: str = "0.80") -> OrderBook:
    levels = (Level(Decimal(ask), Decimal("50")), Level(Decimal("0.82"), Decimal("100.123456")))
    return OrderBook(token_id, (Level(Decimal("0.79"), Decimal("10")),), levels)


class AVenue:
    """Answers with the books it has, and counts how often it is asked."""

    def __init__(self, *books: OrderBook) -> None:
        self.books = {book.token_id: book for book in books}
        self.asked: list[list[str]] = []

    def order_books(self, token_ids: Sequence[str]) -> dict[str, OrderBook]:
        self.asked.append(list(token_ids))
        return {token_id: self.books[token_id] for token_id in token_ids if token_id in self.books}


@pytest.fixture
def capture_id(database: Database, captures_folder: Path) -> int:
    return captures.save(database, captures_folder, a_listing()).capture_id


def test_books_are_fetched_once_and_come_back_exactly(database: Database, capture_id: int) -> None:
    venue = AVenue(a_book("1"), a_book("2"))
    first = order_books.load_or_fetch(database, capture_id, ["2", "1"], venue.order_books)
    again = order_books.load_or_fetch(database, capture_id, ["1", "2"], venue.order_books)
    assert first == again == {"1": a_book("1"), "2": a_book("2")}
    assert venue.asked == [["1", "2"]]


def test_only_missing_books_are_fetched(database: Database, capture_id: int) -> None:
    venue = AVenue(a_book("1"), a_book("2"))
    order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books)
    order_books.load_or_fetch(database, capture_id, ["1", "2"], venue.order_books)
    assert venue.asked == [["1"], ["2"]]


def test_a_token_without_a_book_is_not_asked_for_again(database: Database, capture_id: int) -> None:
    venue = AVenue()
    assert order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books) == {}
    assert order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books) == {}
    assert venue.asked == [["1"]]


def test_who_fetches_second_gets_the_book_of_who_stored_first(database: Database, capture_id: int) -> None:
    early, late = AVenue(a_book("1", ask="0.80")), AVenue(a_book("1", ask="0.99"))

    def overtaken(token_ids: Sequence[str]) -> dict[str, OrderBook]:
        order_books.load_or_fetch(database, capture_id, token_ids, early.order_books)
        return late.order_books(token_ids)

    assert order_books.load_or_fetch(database, capture_id, ["1"], overtaken) == {"1": a_book("1", ask="0.80")}


def test_a_replay_fetches_nothing(database: Database, capture_id: int) -> None:
    order_books.load_or_fetch(database, capture_id, ["1"], AVenue(a_book("1")).order_books)
    assert order_books.load(database, capture_id, ["1", "2"]) == {"1": a_book("1")}
    assert order_books.load(database, capture_id, []) == {}


def test_a_venue_that_fails_leaves_nothing(database: Database, capture_id: int) -> None:
    def down(_: Sequence[str]) -> dict[str, OrderBook]:
        raise VenueUnavailable("nobody there")

    with pytest.raises(VenueUnavailable):
        order_books.load_or_fetch(database, capture_id, ["1"], down)
    venue = AVenue(a_book("1"))
    assert order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books) == {"1": a_book("1")}
