"""Quotes of what is held, from the order books: newer than the listing's, and what one could really trade at.

The YES token's best bid and ask are the market's; the NO token's say the same from the other side, its bid is 1 - ask.
A venue that keeps books and has none of a token says that nobody bids or asks there.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from prescient_dagster.domain.books.ledger import Holding
from prescient_dagster.domain.cycle.fills import OrderBook
from prescient_dagster.domain.cycle.order_books import Book, Books, NoBook
from prescient_dagster.domain.market.markets import QuoteSource
from prescient_dagster.domain.market.sides import Side, kept_label
from prescient_dagster.domain.market.top_of_book import PRICE_DECIMALS
from prescient_dagster.domain.strategy.signals import RejectReason

Prices = tuple[float, float]
"""Best bid and best ask of the YES token in USD per share; NaN: nobody bids or asks."""


def held_tokens(markets: pd.DataFrame, holdings: Collection[Holding]) -> list[str]:
    """The outcome tokens of what is held that can be traded, sorted; nobody can say what the others would fetch."""
    found: set[str] = set()
    for side in Side:
        held = {market_id for market_id, held_side in holdings if held_side is side}
        found.update(markets.loc[markets["tradable"] & markets["market_id"].isin(held), f"{side}_token_id"])
    return sorted(found - {""})


def quoted_by_books(markets: pd.DataFrame, books: Books) -> pd.DataFrame:
    """The markets with the best bid and ask of these books in place of the listing's, wherever the venue told them."""
    quotes = _quotes(markets, books)
    if not quotes:
        return markets
    rows = list(quotes)
    frame = markets.copy()
    frame.loc[rows, ["best_bid", "best_ask"]] = np.array(list(quotes.values()))
    frame.loc[rows, "spread"] = (frame.loc[rows, "best_ask"] - frame.loc[rows, "best_bid"]).round(PRICE_DECIMALS)
    frame.loc[rows, "quote_source"] = QuoteSource.BOOK.value
    return frame


def _quotes(markets: pd.DataFrame, books: Books) -> dict[int, Prices]:
    """By row, as far as the books tell; of a market with books of both tokens, by that of YES."""
    quotes: dict[int, Prices] = {}
    absent: dict[int, Prices] = {}
    for side in (Side.NO, Side.YES):
        for token, row in _rows(markets, side, books).items():
            prices = _prices(books[token], side)
            if prices is not None:
                quotes[row] = prices
            elif _is_absent(books[token]):
                absent[row] = (np.nan, np.nan)
    return absent | quotes


def _rows(markets: pd.DataFrame, side: Side, tokens: Collection[str]) -> Mapping[str, int]:
    """The rows of those of these tokens that are of this side."""
    of_side = markets[f"{side}_token_id"]
    found = of_side[of_side.isin(list(tokens))]
    return dict(zip(found.tolist(), found.index.tolist(), strict=True))


def _prices(book: Book, side: Side) -> Prices | None:
    if isinstance(book, NoBook):
        return None
    bid, ask = _best(book)
    return (bid, ask) if side is Side.YES else (_complement(ask), _complement(bid))


def _best(book: OrderBook) -> Prices:
    bid = max((float(level.price) for level in book.bids), default=np.nan)
    return bid, min((float(level.price) for level in book.asks), default=np.nan)


def _complement(price: float) -> float:
    return round(1 - price, PRICE_DECIMALS)


def _is_absent(book: Book) -> bool:
    return isinstance(book, NoBook) and book.reason is RejectReason.NO_BOOK


def sides_of(markets: pd.DataFrame, tokens: Collection[str]) -> dict[str, dict[str, str]]:
    """Market id, question, side and its label of each of these tokens; of one that is not listed nothing."""
    found: dict[str, dict[str, str]] = {}
    for side in Side:
        for token, row in _rows(markets, side, tokens).items():
            named = {name: str(markets[name].iat[row]) for name in ("market_id", "question")}
            label = kept_label(str(markets[f"{side}_label"].iat[row]))
            found[token] = named | {"side": str(side), "side_label": label}
    return found
