"""What strategies that compare a price with those before it have in common."""

from typing import Annotated

import numpy as np

from prescient_dagster.domain.market.markets import Floats
from prescient_dagster.domain.strategy.configs import setting
from prescient_dagster.domain.strategy.strategies import View

MOST_HOURS = 9_600
"""As long as hourly prices are kept: 400 days."""
PRICE_DECIMALS = 6
"""Prices have so many decimals; beyond them a difference of two is the noise of floats."""

LookbackHours = Annotated[
    float | None,
    setting("how far back prices are looked at; unset: not at all", "hours", gt=0, le=MOST_HOURS),
]


def favourite_was(view: View, yes_prices: Floats) -> Floats:
    """What the favourite of now cost when YES cost so much, for each candidate."""
    return np.where(view.yes_is_favourite, yes_prices, 1 - yes_prices)
