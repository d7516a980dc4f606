"""What Polymarket's records mean: from events and markets on the wire to the columns of a listing.

- YES is the first outcome, whatever its label.
- A bid of 0 or an ask of 1 is the venue's way of saying that nobody bids or asks; no order can stand at 0 or 1.
- A last price of 0 means that the market never traded.
- An open market leaves out its 24-hour volume and its price changes when they are 0.
- A market's own `negRisk` counts, and its event's only where it has none: an event may list others beside its set.
- `umaResolutionStatus` is the oracle's last word; `umaResolutionStatuses` its history, which may lag behind.
- A market that takes no orders stays, with the reason (`tradability`); one that cannot be read is rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec.structs import fields

from prescient_dagster.domain.market.bounds import AMOUNT, CHANGE, EXPONENT, LONGEST_ID, PRICE, RATE, TICK, Bounds
from prescient_dagster.domain.market.markets import QuoteSource, Rejection
from prescient_dagster.domain.market.quotes import USUAL_TICK
from prescient_dagster.venue.polymarket.columns import (
    Faults,
    Flags,
    Floats,
    Texts,
    Times,
    ids,
    inner_lists,
    numbers,
    printable,
    texts,
    times,
)
from prescient_dagster.venue.polymarket.rules import rules_hashes
from prescient_dagster.venue.polymarket.schemas import Event, FeeTerms, Market
from prescient_dagster.venue.polymarket.subjects import game_starts, subjects
from prescient_dagster.venue.polymarket.tradability import untradable

DEFAULT_MIN_ORDER_SIZE = 5.0

Columns = dict[str, Any]  # numpy arrays, and texts
Records = Sequence[Event] | Sequence[Market]

_EVENT_NUMBERS = {"liquidity": AMOUNT, "volume": AMOUNT, "volume_24hr": AMOUNT}
_MARKET_NUMBERS = {
    "best_bid": PRICE,
    "best_ask": PRICE,
    "last_price": PRICE,
    "volume_24hr": AMOUNT,
    "price_change_1h": CHANGE,
    "price_change_24h": CHANGE,
    "tick_size": TICK,
    "min_order_size": AMOUNT,
}
_ZERO_WHEN_OMITTED = ("volume_24hr", "price_change_1h", "price_change_24h")
_WIRE_NAMES = {known.name: known.encode_name for known in (*fields(Event), *fields(Market))}
_NO_FEES = FeeTerms()

_texts_in = msgspec.json.Decoder(list[str]).decode
_prices_in = msgspec.json.Decoder(list[str | float]).decode


@dataclass(frozen=True, slots=True)
class Part:
    """The usable records of one page as columns, and the others."""

    events: Columns
    markets: Columns
    rejections: list[Rejection]


def parsed(
    events: Sequence[Event], market_counts: Sequence[int], markets: Sequence[Market], event_rows: Sequence[int]
) -> Part:
    """Normalise records.

    Args:
        market_counts: for each event, how many markets the venue listed for it.
        event_rows: for each market, the position of its event. An event without an id stands for none.
    """
    event_faults, faults = Faults(), Faults()
    event_columns = _event_columns(events, market_counts, event_faults)
    market_columns = _market_columns(markets, faults) | _columns_of_events(event_columns, event_rows)
    market_columns["game_start_time"] = game_starts(markets, events, event_rows, faults)
    market_columns["neg_risk"] = _exclusive(markets, market_columns.pop("event_neg_risk"))
    _reject_with_events(event_rows, event_faults, faults)
    named = np.array([event.id != "" for event in events], dtype=bool)
    return Part(
        _rows(event_columns, event_faults.good(len(events)) & named),
        _rows(market_columns, faults.good(len(markets))),
        [*_rejections("event", events, event_faults), *_rejections("market", markets, faults)],
    )


def _event_columns(events: Sequence[Event], market_counts: Sequence[int], faults: Faults) -> Columns:
    columns: Columns = {name: _numbers(events, name, bounds, faults) for name, bounds in _EVENT_NUMBERS.items()}
    columns |= {name: _times(events, name, faults) for name in ("start_date", "end_date")}
    columns |= {name: _flags(events, name) for name in ("neg_risk", "neg_risk_augmented", "closed")}
    columns |= {name: _texts(events, name, faults) for name in ("title", "slug")} | subjects(events, faults)
    columns["event_id"] = ids([str(event.id) for event in events], "id", faults)
    columns["market_count"] = np.array(market_counts, dtype=np.int64)
    return columns


def _columns_of_events(events: Columns, rows: Sequence[int]) -> Columns:
    """What a market's row tells about its event."""
    names = ("title", "liquidity", "volume", "volume_24hr", "end_date", "market_count", "neg_risk")
    taken = np.array(rows, dtype=np.int64)
    columns = {f"event_{name}": events[name].take(taken) for name in names}
    columns |= {name: events[name].take(taken) for name in ("event_id", "neg_risk_augmented", "tags", "category")}
    return columns


def _market_columns(markets: Sequence[Market], faults: Faults) -> Columns:
    columns: Columns = {name: _numbers(markets, name, bounds, faults) for name, bounds in _MARKET_NUMBERS.items()}
    columns |= {name: _times(markets, name, faults) for name in ("start_date", "end_date")}
    columns["closed"] = _flags(markets, "closed")
    columns |= {name: _texts(markets, name, faults) for name in ("question", "slug", "condition_id")}
    unknown = [row for row, market in enumerate(markets) if market.question is None and market.outcomes is None]
    faults.add(unknown, lambda _: "no market: it has neither a question nor outcomes")
    columns["exclusive_group"] = _texts(markets, "neg_risk_market_id", faults)
    columns["market_id"] = ids([str(market.id) for market in markets], "id", faults)
    columns["rules_hash"] = texts(rules_hashes(market.description for market in markets), "description", faults)
    columns["resolution_status"] = _resolution_statuses(markets, faults)
    columns["quote_source"] = texts([QuoteSource.LISTING.value] * len(markets), "quote_source", faults)
    columns |= _sizes(markets, faults) | _fees(markets, faults) | _outcomes(markets, faults)
    return columns | _filled_in(columns)


def _filled_in(columns: Columns) -> Columns:
    """What the venue means where it says nothing, or 0, or 1."""
    filled: Columns = {
        name: np.where(np.isnan(columns[name]) & ~columns["closed"], 0.0, columns[name]) for name in _ZERO_WHEN_OMITTED
    }
    for name in ("best_bid", "best_ask"):
        filled[name] = np.where((columns[name] > 0) & (columns[name] < 1), columns[name], np.nan)
    filled["last_price"] = np.where(columns["last_price"] > 0, columns["last_price"], np.nan)
    filled["tick_size"] = _or_else(columns["tick_size"], float(USUAL_TICK))
    filled["min_order_size"] = _or_else(columns["min_order_size"], DEFAULT_MIN_ORDER_SIZE)
    return filled


def _sizes(markets: Sequence[Market], faults: Faults) -> Columns:
    """Liquidity and volume: the text is exact, the number beside it is rounded on old markets."""
    liquidity = [m.liquidity_num if m.liquidity is None else m.liquidity for m in markets]
    volume = [m.volume_num if m.volume is None else m.volume for m in markets]
    return {
        "liquidity": numbers(liquidity, "liquidity", AMOUNT, faults),
        "volume": numbers(volume, "volume", AMOUNT, faults),
    }


def _fees(markets: Sequence[Market], faults: Faults) -> Columns:
    """Fee rate and exponent: 0 and 1 where the market takes no fees, no rate where it does not say which."""
    schedules = [market.fee_schedule or _NO_FEES for market in markets]
    rate = numbers([schedule.rate for schedule in schedules], "feeSchedule.rate", RATE, faults)
    exponent = numbers([schedule.exponent for schedule in schedules], "feeSchedule.exponent", EXPONENT, faults)
    enabled = _flags(markets, "fees_enabled")
    return {
        "fee_rate": np.where(enabled, np.where(np.isnan(exponent), np.nan, rate), 0.0),
        "fee_exponent": np.where(enabled, _or_else(exponent, 1.0), 1.0),
    }


def _outcomes(markets: Sequence[Market], faults: Faults) -> Columns:
    """Labels, tokens and prices of the two sides, and whether the market can be traded, and why not."""
    labels = inner_lists([market.outcomes for market in markets], _texts_in, "outcomes", faults)
    tokens = inner_lists([market.clob_token_ids for market in markets], _texts_in, "clobTokenIds", faults)
    prices = inner_lists([market.outcome_prices for market in markets], _prices_in, "outcomePrices", faults)
    yes, no = (numbers(_side(prices, side, None), "outcomePrices", PRICE, faults) for side in (0, 1))
    reasons = untradable(markets, labels, tokens, ~np.isnan(yes) & ~np.isnan(no))
    return {
        "yes_label": texts(_side(labels, 0, ""), "outcomes", faults),
        "no_label": texts(_side(labels, 1, ""), "outcomes", faults),
        "yes_token_id": ids(_side(tokens, 0, ""), "clobTokenIds", faults),
        "no_token_id": ids(_side(tokens, 1, ""), "clobTokenIds", faults),
        "yes_price": yes,
        "no_price": no,
        "tradable": np.array([reason == "" for reason in reasons], dtype=bool),
        "untradable": texts(reasons, "untradable", faults),
    }


def _side(lists: Sequence[list[Any]], side: Literal[0, 1], missing: str | None) -> list[Any]:
    """The first or second of each list of exactly two."""
    return [pair[side] if len(pair) == 2 else missing for pair in lists]


def _exclusive(markets: Sequence[Market], events: Flags) -> Flags:
    """Whether each market excludes others: what it says itself, and only where it says nothing what its event says."""
    said = [market.neg_risk for market in markets]
    silent = np.array([word is None for word in said], dtype=bool)
    return np.where(silent, events, np.array(said, dtype=bool))


def _resolution_statuses(markets: Sequence[Market], faults: Faults) -> Texts:
    histories = inner_lists([m.resolution_statuses for m in markets], _texts_in, "umaResolutionStatuses", faults)
    last_words = [history[-1] if history else "" for history in histories]
    statuses = [(m.resolution_status or last).lower() for m, last in zip(markets, last_words, strict=True)]
    return texts(statuses, "umaResolutionStatus", faults)


def _numbers(records: Records, name: str, bounds: Bounds, faults: Faults) -> Floats:
    return numbers(list(map(attrgetter(name), records)), _WIRE_NAMES[name], bounds, faults)


def _times(records: Records, name: str, faults: Faults) -> Times:
    return times(list(map(attrgetter(name), records)), _WIRE_NAMES[name], faults)


def _texts(records: Records, name: str, faults: Faults) -> Texts:
    return texts([text or "" for text in map(attrgetter(name), records)], _WIRE_NAMES[name], faults)


def _flags(records: Records, name: str) -> Flags:
    """What the venue does not say is not so."""
    return np.array(list(map(attrgetter(name), records)), dtype=bool)


def _or_else(column: Floats, default: float) -> Floats:
    return np.where(np.isnan(column), default, column)


def _reject_with_events(event_rows: Sequence[int], event_faults: Faults, faults: Faults) -> None:
    lost = [row for row, event_row in enumerate(event_rows) if event_row in event_faults.reasons]
    faults.add(lost, lambda row: f"its event cannot be read: {event_faults.reasons[event_rows[row]]}")


def _rejections(kind: Literal["event", "market"], records: Records, faults: Faults) -> list[Rejection]:
    return [
        Rejection(kind, printable(str(records[row].id)[:LONGEST_ID]), reason) for row, reason in faults.reasons.items()
    ]


def _rows(columns: Columns, wanted: Flags) -> Columns:
    if wanted.all():
        return columns
    return {name: column.take(np.flatnonzero(wanted)) for name, column in columns.items()}
