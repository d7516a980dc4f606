"""A book is judged before it is used: whole or not at all, whatever a venue sends."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Book, NoBook, judged
from prescient_dagster.domain.strategy.signals import RejectReason

GOOD_BIDS, GOOD_ASKS = [("0.61", "300"), ("0.6", "12.5")], [("0.63", "40"), ("0.999", "1")]


def read(bids: Any = GOOD_BIDS, asks: Any = GOOD_ASKS) -> Book:
    return judged("7", bids, asks)


def fault(book: Book) -> str:
    assert isinstance(book, NoBook)
    assert book.reason is RejectReason.BOOK_UNUSABLE
    return book.why


def test_a_good_book_is_read_to_the_last_digit() -> None:
    assert read() == OrderBook(
        "7",
        (Level(Decimal("0.61"), Decimal(300)), Level(Decimal("0.6"), Decimal("12.5"))),
        (Level(Decimal("0.63"), Decimal(40)), Level(Decimal("0.999"), Decimal(1))),
    )


def test_numbers_may_come_as_numbers_and_a_side_may_be_empty() -> None:
    assert read(bids=[], asks=[(0.0625, 7)]) == OrderBook("7", (), (Level(Decimal("0.0625"), Decimal(7)),))
    assert read([], []) == OrderBook("7", (), ())


@pytest.mark.parametrize(
    "price",
    ["0", 0, "1", 1, "1.2", "-0.1", "0.61234", "1e-9", "1e999", "NaN", "Infinity", float("nan"), float("inf")],
)
def test_a_price_that_no_order_can_have_makes_the_book_unusable(price: Any) -> None:
    assert fault(read(asks=[*GOOD_ASKS, (price, "5")]))
    assert fault(read(bids=[(price, "5")], asks=[]))


@pytest.mark.parametrize("size", ["0", 0, "-5", "1e400", "NaN", "inf", 1e13])
def test_a_size_that_is_no_offer_makes_the_book_unusable(size: Any) -> None:
    assert fault(read(bids=[("0.5", size)]))
    assert fault(read(asks=[("0.7", size)]))


@pytest.mark.parametrize(
    "value", ["", " ", None, True, [], {}, "much", "0,5", "0x1", "1_0", "٠.٥", "0.5\n", "5" * 50, {"price": "0.5"}]
)
def test_a_level_that_cannot_be_read_makes_the_book_unusable(value: Any) -> None:
    assert "cannot be read" in fault(read(asks=[(value, "5")]))
    assert "cannot be read" in fault(read(bids=[("0.5", value)]))


@pytest.mark.parametrize(("bid", "ask"), [("0.80", "0.05"), ("0.63", "0.63"), ("0.5001", "0.5")])
def test_a_book_in_which_somebody_bids_what_somebody_asks_is_unusable(bid: str, ask: str) -> None:
    assert fault(read([("0.01", "5"), (bid, "5")], [("0.99", "5"), (ask, "5")])) == (
        f"bid {bid}, ask {ask}: no venue stands so"
    )


def test_a_price_that_comes_twice_on_a_side_makes_the_book_unusable() -> None:
    assert fault(read(asks=[("0.80", "5"), ("0.9", "1"), ("0.8", "5")])) == "two asks at 0.8"


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.decimals(), st.lists(st.integers(), max_size=2)
)
PRICES = st.decimals("-0.1", "1.1", places=4).map(str)
SIZES = st.decimals("-1", "100", places=2).map(str)


@given(
    bids=st.lists(st.tuples(ANYTHING | PRICES, ANYTHING | SIZES), max_size=6),
    asks=st.lists(st.tuples(ANYTHING | PRICES, ANYTHING | SIZES), max_size=6),
)
def test_whatever_is_sent_a_readable_book_is_one_that_can_stand(bids: list[Any], asks: list[Any]) -> None:
    book = judged("7", bids, asks)
    if isinstance(book, NoBook):
        assert book.why
        return
    assert (len(book.bids), len(book.asks)) == (len(bids), len(asks))
    for levels in (book.bids, book.asks):
        assert all(0 < level.price < 1 and level.price % Decimal("0.0001") == 0 for level in levels)
        assert all(level.shares > 0 and level.shares.is_finite() for level in levels)
        assert len({level.price for level in levels}) == len(levels)
    if book.bids and book.asks:
        assert max(bid.price for bid in book.bids) < min(ask.price for ask in book.asks)
