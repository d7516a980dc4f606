"""Whether a token has an order book that one can trade against, and why not.

A book that is not there is not a price, and neither is a nonsensical one: what a venue sends is judged level by level
and used whole or not at all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.market.kept_texts import quoted
from prescient_dagster.domain.money import exact
from prescient_dagster.domain.strategy.signals import RejectReason

FINEST_TICK = Decimal("0.0001")  # USD per share; every price step that venues are known to have is a multiple of it
MOST_SHARES = Decimal(10**12)
LONGEST_NUMBER = 40  # letters
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)

Sent = tuple[object, object]
"""Price and shares of a level as a venue sent them, before anything is known of them."""


@dataclass(frozen=True, slots=True)
class NoBook:
    """That there is no book to trade a token against.

    Attributes:
        reason: `no_book`: the venue keeps books, was asked, and has none; `book_unusable`: what it sent makes no sense;
            `venue_unavailable`: it could not be asked, another try may find a book.
        why: in a few words.
        evidence: what the venue sent, as text.
    """

    reason: RejectReason
    why: str = ""
    evidence: str = ""


Book = OrderBook | NoBook
Books = Mapping[str, Book]
"""What is known of the order books of a capture, by token id. A token that is absent was never asked for."""


def no_book() -> NoBook:
    """The venue was asked and has none."""
    return NoBook(RejectReason.NO_BOOK, "the venue has no order book of it")


def unavailable(token_ids: Iterable[str], why: str) -> dict[str, Book]:
    """None of these could be asked for."""
    return dict.fromkeys(token_ids, NoBook(RejectReason.VENUE_UNAVAILABLE, why))


def unusable(why: str, evidence: str = "") -> NoBook:
    """What the venue sent cannot be traded against."""
    return NoBook(RejectReason.BOOK_UNUSABLE, why, evidence)


def judged(token_id: str, bids: Iterable[Sent], asks: Iterable[Sent]) -> Book:
    """The book that a venue sent, if one can trade against it.

    Every level needs a price between 0 and 1 on a grid of ticks and a number of shares above 0; no price comes twice on
    a side; and nobody bids as much as somebody asks, for that would have traded.
    """
    bid_levels, ask_levels = _side("bid", bids), _side("ask", asks)
    if isinstance(bid_levels, str):
        return unusable(bid_levels)
    if isinstance(ask_levels, str):
        return unusable(ask_levels)
    book = OrderBook(token_id, bid_levels, ask_levels)
    fault = _crossed(book)
    return book if fault is None else unusable(fault)


def _side(name: str, sent: Iterable[Sent]) -> tuple[Level, ...] | str:
    """The levels of a side, or what is wrong with one of them."""
    levels: list[Level] = []
    prices: set[Decimal] = set()
    for each in sent:
        level = _level(name, each)
        if isinstance(level, str):
            return level
        if level.price in prices:
            return f"two {name}s at {level.price}"
        prices.add(level.price)
        levels.append(level)
    return tuple(levels)


def _level(side: str, sent: Sent) -> Level | str:
    """The level, or what is wrong with it."""
    price, shares = (_number(number) for number in sent)
    if price is None or shares is None:
        return f"a {side} of {quoted(sent[1])} shares at {quoted(sent[0])} cannot be read"
    if not 0 < price < 1:
        return f"a {side} at {quoted(sent[0])}, not between 0 and 1"
    if price % FINEST_TICK:
        return f"a {side} at {quoted(sent[0])}, which is on no grid of prices"
    if not 0 < shares <= MOST_SHARES:
        return f"a {side} of {quoted(sent[1])} shares"
    return Level(price, shares)


def _number(sent: object) -> Decimal | None:
    """The number that was sent, as a number or as text; None for anything else, also for infinity and NaN."""
    if isinstance(sent, bool) or not isinstance(sent, (str, int, float, Decimal)):
        return None
    written = str(sent)
    signed = written.removeprefix("-")
    return exact(written) if len(written) <= LONGEST_NUMBER and _NUMBER.fullmatch(signed) else None


def _crossed(book: OrderBook) -> str | None:
    if not book.bids or not book.asks:
        return None
    bid, ask = max(level.price for level in book.bids), min(level.price for level in book.asks)
    return f"bid {bid}, ask {ask}: no venue stands so" if bid >= ask else None
