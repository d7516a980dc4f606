"""Every portfolio that trades a capture fills against the same order books."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep

import pytest
from sqlalchemy import text

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Book, NoBook, no_book, unavailable, unusable
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, order_books
from tests.store.listings import a_listing


def a_book(token_id: str, ask: str = "0.80") -> OrderBook:
    levels = (Level(Decimal(ask), Decimal("50")), Level(Decimal("0.82"), Decimal("100.123456")))
    return OrderBook(token_id, (Level(Decimal("0.79"), Decimal("10")),), levels)


class AVenue:
    """Answers with the books it has, and counts how often it is asked."""

    def __init__(self, *books: OrderBook) -> None:
        self.books: dict[str, Book] = {book.token_id: book for book in books}
        self.asked: list[list[str]] = []

    def order_books(self, token_ids: Sequence[str]) -> dict[str, Book]:
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


@pytest.mark.parametrize("answer", [a_book("1"), unavailable(["1"], "timed out")["1"]], ids=["a book", "no answer"])
def test_who_needs_books_while_another_asks_takes_what_that_one_is_told(
    answer: Book, database: Database, capture_id: int
) -> None:
    asked, waiting = [], Barrier(2)

    def slowly(token_ids: Sequence[str]) -> dict[str, Book]:
        asked.append(list(token_ids))
        waits_for_the_lock(database)
        return dict.fromkeys(token_ids, answer)

    def needed(*token_ids: str) -> dict[str, Book]:
        waiting.wait()
        return order_books.load_or_fetch(database, capture_id, token_ids, slowly)

    with ThreadPoolExecutor(2) as both:
        first, second = both.submit(needed, "1"), both.submit(needed, "1")
    assert first.result() == second.result() == {"1": answer}
    assert asked == [["1"]]


def waits_for_the_lock(database: Database) -> None:
    """Until somebody else does."""
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    deadline = monotonic() + 20
    while monotonic() < deadline:
        with database.unguarded() as connection:
            if connection.scalar(query):
                return
        sleep(0.02)
    raise AssertionError("nobody waits")


def test_only_missing_books_are_fetched(database: Database, capture_id: int) -> None:
    venue = AVenue(a_book("1"), a_book("2"))
    order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books)
    order_books.load_or_fetch(database, capture_id, ["1", "2"], venue.order_books)
    assert venue.asked == [["1"], ["2"]]


@pytest.mark.parametrize("said", [no_book(), unusable("two bids at 0.5", '[{"price": ""}]')])
def test_what_the_venue_said_of_a_token_is_kept_and_not_asked_again(
    database: Database, capture_id: int, said: NoBook
) -> None:
    venue = AVenue()
    venue.books["1"] = said
    for _ in range(2):
        found = order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books)
        assert found == order_books.load(database, capture_id, ["1"]) == {"1": said}
    assert venue.asked == [["1"]]


def test_a_token_that_the_answer_leaves_out_has_no_book(database: Database, capture_id: int) -> None:
    assert order_books.load_or_fetch(database, capture_id, ["1"], AVenue().order_books) == {"1": no_book()}


def test_a_venue_that_could_not_be_asked_is_asked_again_and_what_was_known_before_stays_known(
    database: Database, capture_id: int
) -> None:
    down = AVenue()
    down.books |= unavailable(["1", "2"], "answered 503")
    lacking = NoBook(RejectReason.VENUE_UNAVAILABLE, "answered 503")
    assert order_books.load_or_fetch(database, capture_id, ["1", "2"], down.order_books) == {"1": lacking, "2": lacking}
    then = clock(database)
    up = AVenue(a_book("1"))
    assert order_books.load_or_fetch(database, capture_id, ["1"], up.order_books) == {"1": a_book("1")}
    assert order_books.load(database, capture_id, ["1", "2"]) == {"1": a_book("1"), "2": lacking}
    assert order_books.load(database, capture_id, ["1", "2"], then) == {"1": lacking, "2": lacking}
    assert order_books.load(database, capture_id, ["1"], unavailable=["1"]) == {"1": lacking}


def test_nobody_is_known_to_have_been_unavailable_of_whom_it_is_not_kept(database: Database, capture_id: int) -> None:
    order_books.load_or_fetch(database, capture_id, ["1"], AVenue(a_book("1")).order_books)
    assert order_books.load(database, capture_id, ["1", "2"], unavailable=["1", "2"]) == {"1": a_book("1")}


def clock(database: Database) -> datetime:
    with database.begin() as connection:
        return datetime.fromisoformat(str(connection.scalar(text("SELECT clock_timestamp()"))))


def test_a_token_that_was_traded_at_the_touch_for_want_of_a_book_still_is(database: Database, capture_id: int) -> None:
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO prescient.order_books (capture_id, token_id, state) VALUES (:capture, '1', 'touch')"),
            {"capture": capture_id},
        )
    venue = AVenue(a_book("1"))
    assert order_books.load_or_fetch(database, capture_id, ["1"], venue.order_books) == {}
    assert venue.asked == []


def test_who_fetches_second_gets_the_book_of_who_stored_first(database: Database, capture_id: int) -> None:
    early, late = AVenue(a_book("1", ask="0.80")), AVenue(a_book("1", ask="0.99"))

    def overtaken(token_ids: Sequence[str]) -> dict[str, Book]:
        with database.begin() as connection:  # as who takes a capture does
            order_books.keep(connection, capture_id, early.order_books(token_ids))
        return late.order_books(token_ids)

    assert order_books.load_or_fetch(database, capture_id, ["1"], overtaken) == {"1": a_book("1", ask="0.80")}


def test_a_replay_fetches_nothing(database: Database, capture_id: int) -> None:
    order_books.load_or_fetch(database, capture_id, ["1"], AVenue(a_book("1")).order_books)
    assert order_books.load(database, capture_id, ["1", "2"]) == {"1": a_book("1")}
    assert order_books.load(database, capture_id, []) == {}
