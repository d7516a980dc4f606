"""Market data: the columns of a capture, their types, and what one row means.

One row is one binary market. The first outcome token is the YES side whatever its label, the second the NO side.
Prices are USD per share in [0, 1], amounts USD, both float64 rounded to 6 decimals on entry; times are UTC; a number,
price or time the venue left out is missing (NaN, NaT), a text it left out is empty. Rows are sorted by id, as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from prescient_dagster.domain.errors import VenueAnswerInvalid
from prescient_dagster.domain.market.bounds import require_sense

Kind = Literal["text", "number", "integer", "flag", "time"]

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Rows = np.ndarray[Any, np.dtype[np.intp]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
"""Of some markets: which of them, their row numbers in a capture, a number for each."""

ColumnData = Sequence[object] | np.ndarray[Any, Any] | pd.api.extensions.ExtensionArray


UNKNOWN: dict[Kind, object] = {"text": "", "number": np.nan, "integer": 0, "flag": False, "time": None}
"""What stands in a column of each kind where nobody knows."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: of which kind, and what it means, with its unit.

    Attributes:
        since: the version of the schema it came with.
        older: what a capture of an earlier version has in its place; None: the unknown of its kind.
    """

    kind: Kind
    meaning: str
    since: int = 1
    older: object = None

    @property
    def in_older(self) -> object:
        """What a capture that was made before it has in its place."""
        return UNKNOWN[self.kind] if self.older is None else self.older


class Untradable(StrEnum):
    """Why a market takes no orders; of several reasons the first counts."""

    CLOSED = "closed"
    ARCHIVED = "archived"
    INACTIVE = "inactive"
    NOT_BINARY = "not_binary"
    NO_PRICES = "no_prices"
    NO_TOKENS = "no_tokens"
    UNKNOWN_VERSION = "unknown_version"
    NO_ORDER_BOOK = "no_order_book"
    NOT_ACCEPTING_ORDERS = "not_accepting_orders"


class QuoteSource(StrEnum):
    """Where a market's bid and ask come from: the venue's listing, or its order book, which is newer."""

    LISTING = "listing"
    BOOK = "book"


MARKETS: dict[str, Column] = {
    "market_id": Column("text", "the venue's id of the market"),
    "event_id": Column("text", "the event it belongs to; empty: none"),
    "event_title": Column("text", "title of the event"),
    "question": Column("text", "what is bet on, in the venue's words"),
    "slug": Column("text", "the venue's name of it in addresses"),
    "condition_id": Column("text", "the venue's id of the question on the chain"),
    "yes_token_id": Column("text", "token of the YES side, the first outcome; its order book has this id"),
    "no_token_id": Column("text", "token of the NO side, the second outcome"),
    "yes_label": Column("text", "what the venue calls the YES side: Yes, Up, Over, a team"),
    "no_label": Column("text", "what the venue calls the NO side"),
    "yes_price": Column("number", "the venue's price of YES, USD per share, 0 to 1"),
    "no_price": Column("number", "the venue's price of NO, USD per share, 0 to 1"),
    "best_bid": Column("number", "highest bid for YES, USD per share; missing: nobody bids"),
    "best_ask": Column("number", "lowest ask for YES, USD per share; missing: nobody asks"),
    "last_price": Column("number", "last trade of YES, USD per share; missing: it never traded"),
    "spread": Column("number", "best_ask - best_bid, USD per share"),
    "conviction": Column("number", "distance of the two prices: 0 a coin toss, 1 certain"),
    "liquidity": Column("number", "what stands in its order book, USD"),
    "volume": Column("number", "traded since it was listed, USD"),
    "volume_24hr": Column("number", "traded in the last 24 hours, USD"),
    "price_change_1h": Column("number", "change of the YES price in the last hour, USD per share"),
    "price_change_24h": Column("number", "change of the YES price in the last 24 hours, USD per share"),
    "start_date": Column("time", "since when it is listed, UTC"),
    "end_date": Column("time", "when it is due to end, UTC"),
    "rules_hash": Column("text", "of the resolution text with dates and numbers masked: equal rules, equal hash"),
    "tick_size": Column("number", "smallest step of a price, USD per share"),
    "min_order_size": Column("number", "smallest order that rests in the book, shares"),
    "fee_rate": Column("number", "rate of the taker's fee; missing: it takes fees and does not say which"),
    "fee_exponent": Column("number", "exponent of the taker's fee: shares x rate x (p(1-p))^exponent"),
    "neg_risk": Column("flag", "whether it excludes other outcomes: its own word, or where it has none its event's"),
    "neg_risk_augmented": Column("flag", "whether outcomes may still be added to its event"),
    "exclusive_group": Column("text", "of which at most one market pays YES: equal text, one group; empty: unknown", 2),
    "quote_source": Column("text", "where bid and ask come from: listing or book", 2, QuoteSource.LISTING.value),
    "tradable": Column("flag", "whether it takes orders: active, open, two outcomes with prices and tokens"),
    "untradable": Column("text", "why it is not tradable; empty: it is, or nobody noted why", 2),
    "closed": Column("flag", "whether trading in it has ended; its quotes are stale then"),
    "resolution_status": Column("text", "the oracle's last word: proposed, disputed, resolved, or empty"),
    "event_liquidity": Column("number", "liquidity of its event, USD"),
    "event_volume": Column("number", "volume of its event, USD"),
    "event_volume_24hr": Column("number", "volume of its event in the last 24 hours, USD"),
    "event_end_date": Column("time", "when its event is due to end, UTC"),
    "event_market_count": Column("integer", "markets the venue lists for its event, unreadable ones included"),
    "tags": Column("text", "what it is about in the venue's words, sorted, | between (`tags`); empty: nobody said", 3),
    "category": Column("text", "the section of the venue it stands in; empty: none, or nobody said", 3),
    "game_start_time": Column("time", "when the game it is about begins, UTC; missing: no sport, or nobody said", 3),
}

EVENTS: dict[str, Column] = {
    "event_id": Column("text", "the venue's id of the event"),
    "title": Column("text", "the question, in the venue's words"),
    "slug": Column("text", "the venue's name of it in addresses"),
    "liquidity": Column("number", "what stands in the order books of its markets, USD"),
    "volume": Column("number", "traded since it was listed, USD"),
    "volume_24hr": Column("number", "traded in the last 24 hours, USD"),
    "start_date": Column("time", "since when it is listed, UTC"),
    "end_date": Column("time", "when it is due to end, UTC"),
    "neg_risk": Column("flag", "whether exactly one of its markets pays YES"),
    "neg_risk_augmented": Column("flag", "whether outcomes may still be added"),
    "closed": Column("flag", "whether all its markets have ended"),
    "market_count": Column("integer", "markets the venue lists for it, unreadable ones included"),
}

MARKET_COLUMNS: dict[str, Kind] = {name: column.kind for name, column in MARKETS.items()}
EVENT_COLUMNS: dict[str, Kind] = {name: column.kind for name, column in EVENTS.items()}
PRICES = ("yes_price", "no_price", "best_bid", "best_ask", "last_price")

DTYPES: dict[Kind, str] = {
    "text": "str",
    "number": "float64",
    "integer": "int64",
    "flag": "bool",
    "time": "datetime64[us, UTC]",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record of the venue that could not be parsed and was left out."""

    kind: Literal["event", "market"]
    record_id: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What a venue listed at one instant, before it is stored as a capture.

    `events` and `markets` follow `EVENT_COLUMNS` and `MARKET_COLUMNS`; `rejections` are the records left out.
    `unanswered`: markets that were asked for by id and of which nothing was heard, with why.
    """

    venue: str
    captured_at: datetime
    events: pd.DataFrame
    markets: pd.DataFrame
    rejections: tuple[Rejection, ...] = ()
    unanswered: Mapping[str, str] = field(default_factory=dict)

    @property
    def tradable_markets(self) -> int:
        return int(self.markets["tradable"].sum())


@dataclass(frozen=True)
class Capture:
    """A stored listing: immutable, numbered, stamped with the venue's clock. All decisions are made on one."""

    capture_id: int
    captured_at: datetime
    events: pd.DataFrame
    markets: pd.DataFrame

    @cached_property
    def columns(self) -> dict[str, np.ndarray[Any, Any]]:
        """The numeric, boolean and time columns of `markets` as numpy arrays, prepared once for all portfolios."""
        return {
            name: self.markets[name].to_numpy(dtype="datetime64[us]" if kind == "time" else None)
            for name, kind in MARKET_COLUMNS.items()
            if kind != "text"
        }

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The text columns of `markets` as lists, prepared once for all portfolios."""
        return {name: self.markets[name].tolist() for name in ("market_id", "event_id", "question", "event_title")}

    def text(self, name: str, row: int) -> str:
        """A text column of one market."""
        return str(self._text_arrays[name][row])

    @cached_property
    def _text_arrays(self) -> dict[str, "pd.api.extensions.ExtensionArray"]:
        """What the columns hold: pandas needs ten times as long to find one of its columns as to read from it."""
        return {name: self.markets[name].array for name, kind in MARKET_COLUMNS.items() if kind == "text"}

    def text_column(self, name: str) -> "pd.Series[str]":
        """A text column of all markets."""
        return self.markets[name]

    def numbered(self, name: str) -> tuple[Rows, np.ndarray[Any, Any]]:
        """A text column as numbers from 0 up, and the texts they stand for; worked out once for all portfolios."""
        if name not in self._numbered:
            numbers, texts = pd.factorize(self.text_column(name))
            self._numbered[name] = (numbers, np.asarray(texts, dtype=object))
        return self._numbered[name]

    @cached_property
    def _numbered(self) -> dict[str, tuple[Rows, np.ndarray[Any, Any]]]:
        return {}

    @cached_property
    def remembered(self) -> dict[tuple[str, str], Any]:
        """What has been worked out of single markets, for whoever asks next: many portfolios hold the same."""
        return {}

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row number of each market id."""
        return {market_id: row for row, market_id in enumerate(self.texts["market_id"])}

    def lists_open(self, market_id: str) -> bool:
        """Whether it lists this market, and not as closed."""
        row = self.row_of.get(market_id)
        return row is not None and not self.columns["closed"][row]


def market_frame(columns: Mapping[str, ColumnData]) -> pd.DataFrame:
    """The market table of a capture from its columns: as `market_rows`, unique and sorted by `market_id`."""
    return _sorted_unique(market_rows(columns), "market_id")


def market_rows(columns: Mapping[str, ColumnData]) -> pd.DataFrame:
    """Markets in the order given, of one capture or of many: typed and rounded; spread and conviction are derived here
    (`conviction` = |yes_price - no_price|, `spread` = best_ask - best_bid).
    """
    given = {name: kind for name, kind in MARKET_COLUMNS.items() if name not in ("spread", "conviction")}
    frame = _frame(columns, given)
    frame["spread"] = (frame["best_ask"] - frame["best_bid"]).round(6)
    frame["conviction"] = (frame["yes_price"] - frame["no_price"]).abs().round(6)
    return frame[list(MARKET_COLUMNS)]


def event_frame(columns: Mapping[str, ColumnData]) -> pd.DataFrame:
    """The event table of a capture from its columns: typed, rounded, sorted by `event_id`."""
    return _sorted_unique(event_rows(columns), "event_id")


def event_rows(columns: Mapping[str, ColumnData]) -> pd.DataFrame:
    """Events in the order given, of one capture or of many: typed and rounded."""
    return _frame(columns, EVENT_COLUMNS)


def _frame(columns: Mapping[str, Any], kinds: Mapping[str, Kind]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(columns[name], dtype=DTYPES[kind]) for name, kind in kinds.items()})
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    frame[numbers] = frame[numbers].round(6)
    return frame


def _sorted_unique(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame.drop_duplicates(key).sort_values(key, kind="stable", ignore_index=True)


def check_markets(frame: pd.DataFrame) -> None:
    """Raise `VenueAnswerInvalid` unless these are the markets of a capture: columns, types, order, sensible values."""
    _check(frame, MARKET_COLUMNS, "market_id")


def check_events(frame: pd.DataFrame) -> None:
    """Raise `VenueAnswerInvalid` unless these are the events of a capture: columns, types, order, sensible values."""
    _check(frame, EVENT_COLUMNS, "event_id")


def _check(frame: pd.DataFrame, kinds: Mapping[str, Kind], key: str) -> None:
    if list(frame.columns) != list(kinds):
        raise VenueAnswerInvalid(f"columns differ: {sorted(set(frame.columns) ^ set(kinds)) or 'their order'}")
    wrong = [name for name, kind in kinds.items() if str(frame[name].dtype) != DTYPES[kind]]
    if wrong:
        raise VenueAnswerInvalid(f"column {wrong[0]} is {frame[wrong[0]].dtype}, expected {DTYPES[kinds[wrong[0]]]}")
    if not frame[key].is_monotonic_increasing or not frame[key].is_unique:
        raise VenueAnswerInvalid(f"rows are not unique and sorted by {key}")
    for name in kinds:
        require_sense(name, frame[name])
