"""Market data: the columns of a capture, their types, and what one row means.

One row is one binary market. The first outcome token is the YES side whatever its label, the second the NO side.
Prices are USD per share in [0, 1], amounts USD, both float64 rounded to 6 decimals on entry; times are UTC; a number,
price or time the venue left out is missing (NaN, NaT), a text it left out is empty. Rows are sorted by id, as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from prescient_dagster.domain.errors import VenueAnswerInvalid

Kind = Literal["text", "number", "integer", "flag", "time"]

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Rows = np.ndarray[Any, np.dtype[np.intp]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
"""Of some markets: which of them, their row numbers in a capture, a number for each."""

ColumnData = Sequence[object] | np.ndarray[Any, Any] | pd.api.extensions.ExtensionArray

MARKET_COLUMNS: dict[str, Kind] = {
    "market_id": "text",
    "event_id": "text",
    "event_title": "text",
    "question": "text",
    "slug": "text",
    "condition_id": "text",
    "yes_token_id": "text",
    "no_token_id": "text",
    "yes_label": "text",
    "no_label": "text",
    "yes_price": "number",
    "no_price": "number",
    "best_bid": "number",  # of the YES token; missing: nobody bids
    "best_ask": "number",  # of the YES token; missing: nobody asks
    "last_price": "number",
    "spread": "number",
    "conviction": "number",
    "liquidity": "number",
    "volume": "number",
    "volume_24hr": "number",
    "price_change_1h": "number",
    "price_change_24h": "number",
    "start_date": "time",
    "end_date": "time",
    "rules_hash": "text",  # of the resolution text with dates and numbers masked
    "tick_size": "number",
    "min_order_size": "number",  # shares
    "fee_rate": "number",  # missing: the market takes fees and does not say which
    "fee_exponent": "number",
    "neg_risk": "flag",
    "neg_risk_augmented": "flag",
    "tradable": "flag",
    "closed": "flag",
    "resolution_status": "text",  # the oracle's last word: proposed, disputed, resolved, or empty
    "event_liquidity": "number",
    "event_volume": "number",
    "event_volume_24hr": "number",
    "event_end_date": "time",
    "event_market_count": "integer",  # as listed by the venue, unparsable markets included
}

EVENT_COLUMNS: dict[str, Kind] = {
    "event_id": "text",
    "title": "text",
    "slug": "text",
    "liquidity": "number",
    "volume": "number",
    "volume_24hr": "number",
    "start_date": "time",
    "end_date": "time",
    "neg_risk": "flag",
    "neg_risk_augmented": "flag",
    "closed": "flag",
    "market_count": "integer",
}

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
    """

    venue: str
    captured_at: datetime
    events: pd.DataFrame
    markets: pd.DataFrame
    rejections: tuple[Rejection, ...] = ()

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

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row number of each market id."""
        return {market_id: row for row, market_id in enumerate(self.texts["market_id"])}


def market_frame(columns: Mapping[str, ColumnData]) -> pd.DataFrame:
    """The market table of a capture from its columns: typed, rounded, sorted by `market_id`; spread and conviction
    are derived here (`conviction` = |yes_price - no_price|, `spread` = best_ask - best_bid).
    """
    given = {name: kind for name, kind in MARKET_COLUMNS.items() if name not in ("spread", "conviction")}
    frame = _frame(columns, given)
    frame["spread"] = (frame["best_ask"] - frame["best_bid"]).round(6)
    frame["conviction"] = (frame["yes_price"] - frame["no_price"]).abs().round(6)
    return _sorted_unique(frame[list(MARKET_COLUMNS)], "market_id")


def event_frame(columns: Mapping[str, ColumnData]) -> pd.DataFrame:
    """The event table of a capture from its columns: typed, rounded, sorted by `event_id`."""
    return _sorted_unique(_frame(columns, EVENT_COLUMNS), "event_id")


def _frame(columns: Mapping[str, Any], kinds: Mapping[str, Kind]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(columns[name], dtype=DTYPES[kind]) for name, kind in kinds.items()})
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    frame[numbers] = frame[numbers].round(6)
    return frame


def _sorted_unique(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame.drop_duplicates(key).sort_values(key, kind="stable", ignore_index=True)


def check_markets(frame: pd.DataFrame) -> None:
    """Raise `VenueAnswerInvalid` unless the frame has the columns, types and order of a capture's markets."""
    _check(frame, MARKET_COLUMNS, "market_id")
    for name in ("yes_price", "no_price", "best_bid", "best_ask"):
        outside = frame[name].notna() & ~frame[name].between(0, 1)
        if outside.any():
            raise VenueAnswerInvalid(f"{name} outside 0 to 1 on market {frame.loc[outside, 'market_id'].iloc[0]}")


def check_events(frame: pd.DataFrame) -> None:
    """Raise `VenueAnswerInvalid` unless the frame has the columns, types and order of a capture's events."""
    _check(frame, EVENT_COLUMNS, "event_id")


def _check(frame: pd.DataFrame, kinds: Mapping[str, Kind], key: str) -> None:
    if list(frame.columns) != list(kinds):
        raise VenueAnswerInvalid(f"columns differ: {sorted(set(frame.columns) ^ set(kinds)) or 'their order'}")
    wrong = [name for name, kind in kinds.items() if str(frame[name].dtype) != DTYPES[kind]]
    if wrong:
        raise VenueAnswerInvalid(f"column {wrong[0]} is {frame[wrong[0]].dtype}, expected {DTYPES[kinds[wrong[0]]]}")
    if not frame[key].is_monotonic_increasing or not frame[key].is_unique:
        raise VenueAnswerInvalid(f"rows are not unique and sorted by {key}")
