"""Order books: exact decimals, nothing sensible lost, nothing senseless let in."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.errors import VenueAnswerInvalid
from prescient_dagster.domain.fills import Level, OrderBook
from prescient_dagster.venue.polymarket.answers import decode_books
from prescient_dagster.venue.polymarket.books import order_book


def a_book(**sides: Any) -> OrderBook:
    (book,) = decode_books(json.dumps([{"asset_id": "7"} | sides]).encode())
    return order_book(book)


def level(price: str, shares: str) -> Level:
    return Level(Decimal(price), Decimal(shares))


def test_prices_and_sizes_are_the_decimals_that_were_written() -> None:
    book = a_book(bids=[{"price": "0.1", "size": "192.3"}], asks=[{"price": 0.14, "size": 705}])
    assert book == OrderBook("7", (level("0.1", "192.3"),), (level("0.14", "705"),))


@pytest.mark.parametrize("asks", [None, []])
def test_a_side_may_be_empty(asks: Any) -> None:
    assert a_book(asks=asks) == OrderBook("7", (), ())


def test_a_level_without_shares_is_left_out() -> None:
    assert a_book(bids=[{"price": "0.1", "size": "0"}]).bids == ()


@pytest.mark.parametrize("price", ["1.2", "-0.1", "NaN", "Infinity", "much", ""])
def test_a_price_that_is_none_is_an_error_that_names_the_token(price: str) -> None:
    with pytest.raises(VenueAnswerInvalid, match=f"token '7': '{price}' is no price or size"):
        a_book(asks=[{"price": price, "size": "1"}])


@pytest.mark.parametrize("size", ["-1", "NaN", "1e400", "much"])
def test_a_size_that_is_none_is_an_error(size: str) -> None:
    with pytest.raises(VenueAnswerInvalid, match="is no price or size"):
        a_book(asks=[{"price": "0.5", "size": size}])


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'[{"bids": []}]', b'[{"asset_id": "7", "bids": [{"price": "1"}]}]']
)
def test_an_answer_that_is_no_list_of_books_is_one_line(body: bytes) -> None:
    with pytest.raises(VenueAnswerInvalid, match="no list of order books"):
        decode_books(body)


def test_the_recorded_book_is_read_whole(shared_data: Path) -> None:
    body = (shared_data / "books/book-2024-09-18.json").read_bytes()
    (book,) = decode_books(b"[" + body + b"]")
    levels = order_book(book)
    assert (len(levels.bids), len(levels.asks)) == (5, 7)
    assert min(levels.asks, key=lambda ask: ask.price) == level("0.14", "705")
    assert max(levels.bids, key=lambda bid: bid.price) == level("0.1", "125")
