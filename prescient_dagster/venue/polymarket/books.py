"""Order books on the wire become exact decimals."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from prescient_dagster.domain.errors import VenueAnswerInvalid
from prescient_dagster.domain.fills import Level, OrderBook
from prescient_dagster.domain.money import exact
from prescient_dagster.venue.polymarket.columns import AMOUNT, PRICE, Bounds, shown
from prescient_dagster.venue.polymarket.schemas import Book, BookLevel


def order_book(book: Book) -> OrderBook:
    """The book of one token; levels without shares are left out.

    Raises:
        VenueAnswerInvalid: a price or a size that is no sensible number.
    """
    return OrderBook(book.asset_id, _levels(book, book.bids or ()), _levels(book, book.asks or ()))


def _levels(book: Book, levels: Sequence[BookLevel]) -> tuple[Level, ...]:
    read = (Level(_decimal(book, level.price, PRICE), _decimal(book, level.size, AMOUNT)) for level in levels)
    return tuple(level for level in read if level.shares > 0)


def _decimal(book: Book, number: str | float, bounds: Bounds) -> Decimal:
    try:
        decimal = exact(number)
    except InvalidOperation:
        decimal = Decimal("NaN")
    if decimal.is_finite() and bounds.low <= decimal <= bounds.high:
        return decimal
    raise VenueAnswerInvalid(f"the order book of token {shown(book.asset_id)}: {shown(number)} is no price or size")
