"""Captures to probe a strategy with: a simulated venue at several times, and changed copies of a capture."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.domain.market.history import HOUR, Times, microseconds
from prescient_dagster.domain.market.markets import MARKET_COLUMNS, Capture, Floats, Rows, market_frame
from tests.builders import DERIVED, a_capture, a_closed_market, a_market
from tests.venue.simulations import Clock, a_venue

SEED, EVENTS = 3, 200
HOURS = (11, 40, 87, 130)
NAMES = ("market_id", "event_id", "slug", "condition_id", "yes_token_id", "no_token_id")
NEVER_MISSING = ("yes_price", "no_price", "tick_size", "min_order_size")
"""The numbers that every tradable market has."""


@cache
def probes() -> tuple[Capture, ...]:
    """A few hundred events at several times: sets, nests, dips, favourites, placeholders, now and then a mispricing."""
    return tuple(_simulated(hour) for hour in HOURS)


def _simulated(hour: int) -> Capture:
    clock = Clock()
    clock.forward(hours=hour)
    listing = a_venue(clock, seed=SEED, events=EVENTS).next_listing(None)
    assert listing is not None
    return Capture(hour, listing.captured_at, listing.events, listing.markets)


class TellingPast:
    """A past that follows from a capture alone: hour by hour, what its changes of price say."""

    def times(self, since: int, until: int) -> Times:
        return np.arange(until - (until - since) // HOUR * HOUR, until + 1, HOUR, dtype=np.int64)

    def prices(self, capture: Capture, rows: Rows, at: int) -> Floats:
        hours = (microseconds(capture.captured_at) - at) / HOUR
        columns = capture.columns
        change = columns["price_change_1h"] if hours <= 1 else columns["price_change_24h"] * min(hours / 24, 1)
        tradable = columns["tradable"][rows]
        return np.where(tradable, np.clip(columns["yes_price"] - np.nan_to_num(change), 0, 1)[rows], np.nan)

    def told(self, _capture: Capture, rows: Rows, _since: int, _until: int) -> Floats:
        return np.full(len(rows), np.nan)


def forecasters(capture: Capture) -> Forecasts:
    """Somebody who an hour before the capture said of every priced market that it is less certain than its price."""
    prices, made_at = capture.columns["yes_price"], capture.captured_at - timedelta(hours=1)
    said = [
        Forecast("probe", market_id, "", round(0.3 + 0.4 * price, 6), made_at)
        for market_id, price in zip(capture.texts["market_id"], prices.tolist(), strict=True)
        if not np.isnan(price)
    ]
    return Forecasts(lambda: said)


def changed(capture: Capture, change: Callable[[pd.DataFrame], pd.DataFrame], **fields: Any) -> Capture:
    """A new capture like this one, its markets changed."""
    return replace(capture, markets=change(capture.markets.copy()), **fields)


def shuffled(capture: Capture) -> Capture:
    """The same markets in another order."""
    order = np.random.default_rng(0).permutation(len(capture.markets))
    return changed(capture, lambda markets: markets.iloc[order].reset_index(drop=True))


def postponed(capture: Capture, by: timedelta) -> Capture:
    """The same capture at another time: all its times moved alike."""
    times = [name for name, kind in MARKET_COLUMNS.items() if kind == "time"]

    def moved(markets: pd.DataFrame) -> pd.DataFrame:
        markets[times] = markets[times] + by
        return markets

    return changed(capture, moved, captured_at=capture.captured_at + by)


def renamed(capture: Capture) -> Capture:
    """The same capture with other ids, in the same order."""

    def named_anew(markets: pd.DataFrame) -> pd.DataFrame:
        for name in NAMES:
            markets[name] = ("x" + markets[name]).astype(markets[name].dtype)
        return markets

    return changed(capture, named_anew)


def with_missing_numbers(capture: Capture) -> Capture:
    """The same capture without any number, price or time that a venue may leave out."""

    def emptied(markets: pd.DataFrame) -> pd.DataFrame:
        for name, kind in MARKET_COLUMNS.items():
            if kind in ("number", "time") and name not in NEVER_MISSING:
                markets[name] = pd.Series([None] * len(markets), dtype=markets[name].dtype)
        return markets

    return changed(capture, emptied)


def with_decided_events(capture: Capture, *, winner: int) -> Capture:
    """The same capture with events beside its own that are over; `winner` is the leg that won in each of them."""
    over = [
        a_closed_market(f"over-{event}-{leg}", float(leg == winner), event_id=f"over-{event}", **_tempting(event))
        for event in range(5)
        for leg in range(2)
    ]
    columns = {name: [market[name] for market in over] for name in MARKET_COLUMNS if name not in DERIVED}
    return changed(capture, lambda markets: _sorted(pd.concat([markets, market_frame(columns)])))


def _tempting(event: int) -> dict[str, Any]:
    return {
        "neg_risk": event % 2 == 0,
        "event_market_count": 2,
        "bid": 0.10 + 0.1 * event,
        "ask": 0.11 + 0.1 * event,
        "price_change_1h": -0.05,
        "price_change_24h": 0.2,
        "event_liquidity": 1e7,
        "event_volume": 1e8,
    }


def _sorted(markets: pd.DataFrame) -> pd.DataFrame:
    return markets.sort_values("market_id", kind="stable", ignore_index=True)


def empty() -> Capture:
    """A capture of a venue that lists nothing."""
    return a_capture()


def closed_for_the_day() -> Capture:
    """A capture in which nothing can be traded."""
    return a_capture(*[a_market(f"{number}", tradable=False) for number in range(5)])
