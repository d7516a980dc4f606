"""The order books of a capture: fetched once per token, kept, and the same for every portfolio that trades it.

What the venue said of a token is final for the capture. That it could not be asked is not: it is kept apart, with the
time, and whoever trades the capture next may ask again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select, text
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Book, NoBook, no_book
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.store.database import Database, storable
from prescient_dagster.store.many_rows import write_rows
from prescient_dagster.store.tables import order_books, unavailable_books

Fetch = Callable[[Sequence[str]], Mapping[str, Book]]
"""Asks the venue for the books of some tokens."""

FETCHING = 7041776  # any number that means this to every process; its companion is the capture's id
READABLE, TOUCH = "readable", "touch"
STATES = {RejectReason.NO_BOOK: "none", RejectReason.BOOK_UNUSABLE: "unusable"}
REASONS = {state: reason for reason, state in STATES.items()}


def load_or_fetch(database: Database, capture_id: int, token_ids: Iterable[str], fetch: Fetch) -> dict[str, Book]:
    """What is known of the books of these tokens on a capture, once the venue has been asked for those that are not.

    One process asks at a time, and those that wait take what it was told, be it that the venue does not answer: runs
    that need the same books at the same moment ask for each of them once.
    """
    wanted = sorted(set(token_ids))
    if missing(database, capture_id, wanted):
        with database.unguarded() as connection:  # holds nobody's upgrade up while the venue is asked
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            since = connection.scalar(select(func.clock_timestamp()))
            connection.execute(select(func.pg_advisory_xact_lock(FETCHING, capture_id)))
            _ask(database, capture_id, missing(database, capture_id, wanted), since, fetch)
    return load(database, capture_id, wanted)


def _ask(database: Database, capture_id: int, unsaid: Sequence[str], since: datetime | None, fetch: Fetch) -> None:
    """Ask for the books of these tokens, but for those of which the venue could not be asked since then either."""
    with database.begin() as connection:
        failed = _failed(connection, capture_id, unsaid, since=since)
    left = [token_id for token_id in unsaid if token_id not in failed]
    if left:
        answers = fetch(left)
        with database.begin() as connection:
            keep(connection, capture_id, {token_id: answers.get(token_id, no_book()) for token_id in left})


def missing(database: Database, capture_id: int, token_ids: Iterable[str]) -> list[str]:
    """The tokens of which the venue has said nothing on this capture, be it that it could not be asked."""
    wanted = sorted(set(token_ids))
    query = select(order_books.c.token_id).where(
        order_books.c.capture_id == capture_id, order_books.c.token_id.in_(wanted)
    )
    with database.begin() as connection:
        said = set(connection.scalars(query)) if wanted else set()
    return [token_id for token_id in wanted if token_id not in said]


def keep(connection: Connection, capture_id: int, books: Mapping[str, Book]) -> None:
    """Keep what the venue said, or that it could not be asked; what is known of a token already stays."""
    said = {token_id: book for token_id, book in books.items() if not _is_unavailable(book)}
    if said:
        rows = [{"capture_id": capture_id, "token_id": token_id} | _values(book) for token_id, book in said.items()]
        write_rows(connection, insert(order_books).on_conflict_do_nothing(), rows)
    failed = [
        {"capture_id": capture_id, "token_id": token_id, "why": storable(book.why)}
        for token_id, book in books.items()
        if isinstance(book, NoBook) and token_id not in said
    ]
    if failed:
        connection.execute(insert(unavailable_books), failed)


def load(
    database: Database,
    capture_id: int,
    token_ids: Iterable[str],
    until: datetime | None = None,
    unavailable: Collection[str] = (),
) -> dict[str, Book]:
    """What is known of the books of these tokens on a capture, or was known at a moment of our clock.

    Args:
        unavailable: tokens that are known to have been unavailable to who traded then, whatever came after. Counts for
            those of which it is kept that they were.
    """
    wanted = sorted(set(token_ids))
    with database.begin() as connection:
        failed = _failed(connection, capture_id, wanted, until)
        said = {row.token_id: row for row in _rows(connection, capture_id, wanted, until)}
    books = {token_id: _book(row) for token_id, row in said.items()}
    found = {token_id: book for token_id, book in books.items() if book is not None}
    return found | {token: book for token, book in failed.items() if token not in said or token in unavailable}


def _rows(
    connection: Connection, capture_id: int, token_ids: Sequence[str], until: datetime | None
) -> Sequence[Row[Any]]:
    query = select(order_books).where(order_books.c.capture_id == capture_id, order_books.c.token_id.in_(token_ids))
    if until is not None:
        query = query.where(order_books.c.fetched_at <= until)
    return connection.execute(query).all() if token_ids else []


def _failed(
    connection: Connection,
    capture_id: int,
    token_ids: Sequence[str],
    until: datetime | None = None,
    since: datetime | None = None,
) -> dict[str, Book]:
    table = unavailable_books.c
    query = select(table.token_id, table.why).where(table.capture_id == capture_id, table.token_id.in_(token_ids))
    if until is not None:
        query = query.where(table.asked_at <= until)
    if since is not None:
        query = query.where(table.asked_at >= since)
    rows = connection.execute(query.order_by(table.asked_at)).all() if token_ids else []
    return {token_id: NoBook(RejectReason.VENUE_UNAVAILABLE, why) for token_id, why in rows}


def _is_unavailable(book: Book) -> bool:
    return isinstance(book, NoBook) and book.reason is RejectReason.VENUE_UNAVAILABLE


def _values(book: Book) -> dict[str, Any]:
    if isinstance(book, NoBook):
        return {
            "book": None,
            "state": STATES[book.reason],
            "why": storable(book.why),
            "evidence": storable(book.evidence),
        }
    plain = {"bids": _pairs(book.bids), "asks": _pairs(book.asks)}
    return {"book": plain, "state": READABLE, "why": "", "evidence": ""}


def _book(row: Row[Any]) -> Book | None:
    """What is known of a token; None for the tokens that were traded at the best quote, as if never asked for."""
    if row.state == READABLE:
        return OrderBook(row.token_id, _levels(row.book["bids"]), _levels(row.book["asks"]))
    return None if row.state == TOUCH else NoBook(REASONS[row.state], row.why, row.evidence)


def _pairs(levels: Iterable[Level]) -> list[list[str]]:
    return [[str(level.price), str(level.shares)] for level in levels]


def _levels(pairs: Iterable[Sequence[str]]) -> tuple[Level, ...]:
    return tuple(Level(Decimal(price), Decimal(shares)) for price, shares in pairs)
