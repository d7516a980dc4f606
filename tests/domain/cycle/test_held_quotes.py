"""What is held is quoted by its order book, where the venue told it; else by the listing."""

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.cycle.held_quotes import held_tokens, quoted_by_books, sides_of
from prescient_dagster.domain.cycle.order_books import Book, NoBook, no_book
from prescient_dagster.domain.market.markets import check_markets
from prescient_dagster.domain.strategy.signals import RejectReason
from tests.builders import NO, YES, a_book, a_capture, a_market

UNAVAILABLE, UNUSABLE = NoBook(RejectReason.VENUE_UNAVAILABLE), NoBook(RejectReason.BOOK_UNUSABLE)
A_BOOK = a_book(bids="5@.70 9@.74", asks="5@.79 1@.77")
LISTED, ABSENT = (0.79, 0.81, "listing"), (None, None, "book")


def markets(*rows: dict[str, Any]) -> pd.DataFrame:
    return a_capture(*(rows or (a_market("1"), a_market("2")))).markets


def quotes(frame: pd.DataFrame, row: int = 0) -> tuple[float | None, float | None, str]:
    bid, ask, source, spread = frame.loc[row, ["best_bid", "best_ask", "quote_source", "spread"]]
    assert spread == pytest.approx(ask - bid, nan_ok=True)
    return (None if math.isnan(bid) else bid), (None if math.isnan(ask) else ask), source


@pytest.mark.parametrize(
    ("books", "expected"),
    [
        ({}, LISTED),
        ({"1-yes": A_BOOK}, (0.74, 0.77, "book")),
        ({"1-no": A_BOOK}, (0.23, 0.26, "book")),
        ({"1-yes": A_BOOK, "1-no": a_book(bids="1@.01")}, (0.74, 0.77, "book")),
        ({"1-yes": a_book(bids="5@.70")}, (0.70, None, "book")),
        ({"1-no": a_book(bids="5@.70")}, (None, 0.3, "book")),
        ({"1-yes": a_book()}, ABSENT),
        ({"1-yes": no_book()}, ABSENT),
        ({"1-no": no_book()}, ABSENT),
        ({"1-yes": no_book(), "1-no": A_BOOK}, (0.23, 0.26, "book")),
        ({"1-yes": UNUSABLE}, LISTED),
        ({"1-yes": UNAVAILABLE, "1-no": UNAVAILABLE}, LISTED),
        ({"1-yes": UNUSABLE, "1-no": A_BOOK}, (0.23, 0.26, "book")),
        ({"elsewhere": A_BOOK}, LISTED),
    ],
)
def test_the_best_bid_and_ask_are_those_of_the_book(books: dict[str, Book], expected: tuple[Any, ...]) -> None:
    frame = quoted_by_books(markets(), books)
    assert quotes(frame) == expected
    assert quotes(frame, 1) == LISTED
    check_markets(frame)


def test_nothing_else_is_changed() -> None:
    before, quoted = markets(), ["best_bid", "best_ask", "spread", "quote_source"]
    after = quoted_by_books(before, {"1-yes": A_BOOK, "2-no": A_BOOK})
    pd.testing.assert_frame_equal(after.drop(columns=quoted), before.drop(columns=quoted))
    assert quotes(before) == LISTED


def test_the_tokens_of_what_is_held_and_can_be_traded_are_asked_for() -> None:
    frame = markets(a_market("1"), a_market("2"), a_market("3", tradable=False), a_market("4", no_token_id=""))
    holdings = {("1", NO), ("1", YES), ("2", YES), ("3", YES), ("4", NO), ("gone", YES)}
    assert held_tokens(frame, holdings) == ["1-no", "1-yes", "2-yes"]
    assert held_tokens(frame, set()) == []


def test_a_token_tells_its_market_and_side() -> None:
    assert sides_of(markets(), ["2-no", "elsewhere"]) == {
        "2-no": {"market_id": "2", "question": "Will 2 happen?", "side": "no", "side_label": "No"}
    }


BOOKS = st.dictionaries(
    st.sampled_from(["1-yes", "1-no", "2-yes", "2-no", "other"]),
    st.sampled_from([A_BOOK, a_book(bids="1@.0001", asks="2@.9999"), no_book(), UNUSABLE, UNAVAILABLE, a_book()]),
)


@given(books=BOOKS)
def test_whatever_the_books_say_the_markets_stay_those_of_a_capture(books: dict[str, Book]) -> None:
    frame = quoted_by_books(markets(), books)
    check_markets(frame)
    assert not (frame["best_bid"] >= frame["best_ask"]).any()
