"""The order books of a capture: fetched once per token, kept, and the same for every portfolio that trades it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.fills import Level, OrderBook
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import order_books

Fetch = Callable[[Sequence[str]], dict[str, OrderBook]]
"""Asks the venue for the books of some tokens; a token without a book is absent from the answer."""


def load_or_fetch(database: Database, capture_id: int, token_ids: Iterable[str], fetch: Fetch) -> dict[str, OrderBook]:
    """The books of these tokens on a capture; those not stored yet are fetched in one call and kept.

    Processes that fetch at the same moment all get what the first one stored. A token without a book is absent.
    """
    wanted = sorted(set(token_ids))
    stored = _read(database, capture_id, wanted)
    missing = [token_id for token_id in wanted if token_id not in stored]
    if missing:
        _add(database, capture_id, missing, fetch(missing))
        stored = _read(database, capture_id, wanted)
    return {token_id: book for token_id, book in stored.items() if book is not None}


def load(
    database: Database, capture_id: int, token_ids: Iterable[str], until: datetime | None = None
) -> dict[str, OrderBook]:
    """The stored books of these tokens on a capture, or of them those that were there at a moment of our clock."""
    stored = _read(database, capture_id, sorted(set(token_ids)), until)
    return {token_id: book for token_id, book in stored.items() if book is not None}


def _read(
    database: Database, capture_id: int, token_ids: Sequence[str], until: datetime | None = None
) -> dict[str, OrderBook | None]:
    query = select(order_books.c.token_id, order_books.c.book).where(
        order_books.c.capture_id == capture_id, order_books.c.token_id.in_(token_ids)
    )
    if until is not None:
        query = query.where(order_books.c.fetched_at <= until)
    with database.begin() as connection:
        rows = connection.execute(query).all() if token_ids else []
    return {token_id: None if book is None else _parsed(token_id, book) for token_id, book in rows}


def _add(database: Database, capture_id: int, token_ids: Sequence[str], books: dict[str, OrderBook]) -> None:
    rows = [
        {"capture_id": capture_id, "token_id": token_id, "book": _plain(books[token_id]) if token_id in books else None}
        for token_id in token_ids
    ]
    with database.begin() as connection:
        connection.execute(insert(order_books).on_conflict_do_nothing(), rows)


def _plain(book: OrderBook) -> dict[str, list[list[str]]]:
    return {"bids": _pairs(book.bids), "asks": _pairs(book.asks)}


def _pairs(levels: Iterable[Level]) -> list[list[str]]:
    return [[str(level.price), str(level.shares)] for level in levels]


def _parsed(token_id: str, book: dict[str, Any]) -> OrderBook:
    return OrderBook(token_id, _levels(book["bids"]), _levels(book["asks"]))


def _levels(pairs: Iterable[Sequence[str]]) -> tuple[Level, ...]:
    return tuple(Level(Decimal(price), Decimal(shares)) for price, shares in pairs)
