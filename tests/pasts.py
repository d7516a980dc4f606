"""Earlier captures as a strategy's history, written as prices of YES by hours before noon."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from prescient_dagster.domain.market.history import PriceHistory, Times, microseconds
from prescient_dagster.domain.market.markets import Capture, Floats, Rows
from tests.builders import NOON, a_capture, a_market


class Remembered:
    """Captures in memory, looked up market by market."""

    def __init__(self, *captures: Capture) -> None:
        self.captures = {microseconds(capture.captured_at): capture for capture in captures}

    def times(self, since: int, until: int) -> Times:
        return np.array(sorted(at for at in self.captures if since <= at <= until), dtype=np.int64)

    def prices(self, capture: Capture, rows: Rows, at: int) -> Floats:
        return np.array([_price(self.captures[at], capture.texts["market_id"][row]) for row in rows])

    def told(self, _capture: Capture, rows: Rows, _since: int, _until: int) -> Floats:
        return np.full(len(rows), np.nan)


def _price(capture: Capture, market_id: str) -> float:
    row = capture.row_of.get(market_id)
    if row is None or not capture.columns["tradable"][row]:
        return float("nan")
    return float(capture.columns["yes_price"][row])


def a_history(prices: Mapping[float, Mapping[str, float]]) -> PriceHistory:
    """Captures so many hours before noon, with these prices of these markets; one at noon is added."""
    earlier = [
        a_capture(*(a_market(market_id, yes) for market_id, yes in listed.items()), at=NOON - timedelta(hours=hours))
        for hours, listed in prices.items()
    ]
    return PriceHistory(Remembered(*earlier, a_capture(at=NOON)))


def hourly(*prices: float | None) -> PriceHistory:
    """Captures every hour up to noon, in which market 1 costs so much; None: it is not listed there."""
    listed = [{} if price is None else {"1": price} for price in prices]
    return a_history(dict(zip(range(len(listed), 0, -1), listed, strict=True)))
