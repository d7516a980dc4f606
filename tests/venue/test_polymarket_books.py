"""Order books on the wire: exact decimals, and a book that cannot be read costs its own token alone."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Book, NoBook
from prescient_dagster.domain.errors import VenueAnswerInvalid
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.venue.polymarket.answers import decode_books
from prescient_dagster.venue.polymarket.books import LONGEST_EVIDENCE, books_of

GOOD = {"asset_id": "8", "bids": [{"price": "0.2", "size": "5"}], "asks": []}


def read(body: str | bytes, *tokens: str) -> dict[str, Book]:
    return books_of(decode_books(body.encode() if isinstance(body, str) else body), tokens)


def a_book(**sides: Any) -> Book:
    return read(json.dumps([{"asset_id": "7"} | sides]), "7")["7"]


def reason(book: Book) -> str:
    assert isinstance(book, NoBook)
    return book.reason


def level(price: str, shares: str) -> Level:
    return Level(Decimal(price), Decimal(shares))


def test_prices_and_sizes_are_the_decimals_that_were_written() -> None:
    book = a_book(bids=[{"price": "0.1", "size": "192.3"}], asks=[{"price": 0.14, "size": 705}])
    assert book == OrderBook("7", (level("0.1", "192.3"),), (level("0.14", "705"),))


@pytest.mark.parametrize("asks", [None, []])
def test_a_side_may_be_empty(asks: Any) -> None:
    assert a_book(asks=asks) == OrderBook("7", (), ())


@pytest.mark.parametrize(
    "asks",
    [
        [{"price": "", "size": "500"}],
        [{"price": "0.5"}],
        [{"size": "5"}],
        [None],
        ["0.5"],
        [[0.5, 5]],
        [{}],
        {"price": "0.5", "size": "5"},
        "0.5",
        7,
    ],
)
def test_a_broken_book_is_unusable_for_its_token_alone_and_kept_as_evidence(asks: Any) -> None:
    found = read(json.dumps([{"asset_id": "7", "bids": [], "asks": asks}, GOOD]), "7", "8", "9")
    assert reason(found["7"]) == RejectReason.BOOK_UNUSABLE
    assert isinstance(found["7"], NoBook)
    assert json.loads(found["7"].evidence)["asks"] == asks
    assert found["8"] == OrderBook("8", (level("0.2", "5"),), ())
    assert reason(found["9"]) == RejectReason.NO_BOOK


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999", b"-1", b"12" * 3000, b'"\xff"', b'"\\u0000"'])
def test_a_level_that_is_hardly_json_costs_its_token_alone(number: bytes) -> None:
    body = b'[{"asset_id": "7", "asks": [{"price": 0.5, "size": %b}]}, %b]' % (number, json.dumps(GOOD).encode())
    found = read(body, "7", "8")
    assert reason(found["7"]) == RejectReason.BOOK_UNUSABLE
    assert isinstance(found["8"], OrderBook)
    assert isinstance(found["7"], NoBook)
    assert len(found["7"].evidence) <= LONGEST_EVIDENCE
    assert "\0" not in found["7"].evidence


def test_what_was_not_asked_for_is_left_out() -> None:
    assert list(read(json.dumps([GOOD, GOOD | {"asset_id": "666"}]), "8")) == ["8"]


def test_the_same_book_twice_is_one_and_two_different_ones_are_none() -> None:
    other = GOOD | {"bids": [{"price": "0.9", "size": "5"}]}
    assert isinstance(read(json.dumps([GOOD, GOOD]), "8")["8"], OrderBook)
    assert reason(read(json.dumps([GOOD, other]), "8")["8"]) == RejectReason.BOOK_UNUSABLE
    assert reason(read(json.dumps([GOOD, other, GOOD]), "8")["8"]) == RejectReason.BOOK_UNUSABLE


@pytest.mark.parametrize("record", [None, 7, "book", [], {}, {"asset_id": None}, {"asset_id": ""}, {"asset_id": [8]}])
def test_where_a_book_names_no_token_nobody_knows_whose_it_is(record: Any) -> None:
    found = read(json.dumps([record, GOOD]), "7", "8")
    assert reason(found["7"]) == RejectReason.VENUE_UNAVAILABLE
    assert isinstance(found["8"], OrderBook)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"null", b"", b'"books"', b"[" * 100_000])
def test_an_answer_that_is_no_list_is_one_line(body: bytes) -> None:
    with pytest.raises(VenueAnswerInvalid) as raised:
        decode_books(body)
    assert len(str(raised.value).splitlines()) == 1


def test_a_book_nested_too_deeply_costs_its_token_alone() -> None:
    deep = "[" * 900 + "]" * 900
    body = f'[{{"asset_id": "7", "asks": [{{"price": {deep}, "size": 1}}]}}, {json.dumps(GOOD)}]'
    found = read(body, "7", "8")
    assert reason(found["7"]) == RejectReason.BOOK_UNUSABLE
    assert isinstance(found["8"], OrderBook)


def test_the_recorded_book_is_read_whole(shared_data: Path) -> None:
    record = json.loads((shared_data / "books/book-2024-09-18.json").read_bytes())
    levels = read(json.dumps([record]), record["asset_id"])[record["asset_id"]]
    assert isinstance(levels, OrderBook)
    assert (len(levels.bids), len(levels.asks)) == (5, 7)
    assert min(levels.asks, key=lambda ask: ask.price) == level("0.14", "705")
    assert max(levels.bids, key=lambda bid: bid.price) == level("0.1", "125")
