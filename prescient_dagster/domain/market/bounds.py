"""Between what a number or a time of market data makes sense at all; beyond it, whoever sent it is wrong or means harm.

Prices are not among it: one out of range is shown, and refuses its capture (`plausibility`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.errors import VenueAnswerInvalid


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest value that makes sense, both included."""

    low: float
    high: float


PRICE = Bounds(0, 1)  # USD per share
CHANGE = Bounds(-1, 1)  # of a price
AMOUNT = Bounds(0, 1e12)  # USD or shares; the whole venue turns over far less
TICK = Bounds(1e-6, 0.5)  # USD per share
RATE = Bounds(0, 1)
EXPONENT = Bounds(0, 10)
NUMBERS = {
    "liquidity": AMOUNT,
    "volume": AMOUNT,
    "volume_24hr": AMOUNT,
    "event_liquidity": AMOUNT,
    "event_volume": AMOUNT,
    "event_volume_24hr": AMOUNT,
    "price_change_1h": CHANGE,
    "price_change_24h": CHANGE,
    "tick_size": TICK,
    "min_order_size": AMOUNT,
    "fee_rate": RATE,
    "fee_exponent": EXPONENT,
    "market_count": AMOUNT,
    "event_market_count": AMOUNT,
}
"""Of columns of a capture."""
FIRST_TIME, LAST_TIME = np.datetime64("1970-01-01", "us"), np.datetime64("2200-01-01", "us")
LONGEST_ID = 200  # letters; a token has 78


def require_sense(name: str, column: "pd.Series[Any]") -> None:
    """Raise `VenueAnswerInvalid` if a value of this column makes no sense; missing ones may be missing."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        values: np.ndarray[Any, Any] = column.to_numpy(dtype="datetime64[us]")
        wrong, expected = (values < FIRST_TIME) | (values >= LAST_TIME), "a time of the years 1970 to 2199"
    elif name in NUMBERS:
        values, bounds = column.to_numpy(), NUMBERS[name]
        wrong, expected = (values < bounds.low) | (values > bounds.high), f"from {bounds.low:g} to {bounds.high:g}"
    else:
        return
    if wrong.any():
        raise VenueAnswerInvalid(f"{name} is {values[wrong][0]}, not {expected}")
