"""Momentum: follow the favourite.

The crowd's favourite wins more often than the coin toss says; buy it while it is neither unsure nor already certain.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from prescient_dagster.domain.market.markets import Floats, Mask
from prescient_dagster.domain.strategy.configs import (
    HIGHEST_PRICE,
    EventMaxDays,
    EventMinDays,
    EventMinLiquidity,
    EventMinVolume,
    EventMinVolume24hr,
    FavouriteConfig,
    MarketMaxConviction,
    MarketMinConviction,
    MarketMinLiquidity,
    MarketMinVolume,
    MarketMinVolume24hr,
    MinFavouritePrice,
    setting,
)
from prescient_dagster.domain.strategy.looking_back import PRICE_DECIMALS, LookbackHours, favourite_was
from prescient_dagster.domain.strategy.rules import Rule, above, at_least
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View

TOSS = 0.50
"""The price of a side of a market that is a coin toss, USD per share."""


class MomentumConfig(FavouriteConfig):
    """Settings of the momentum strategy."""

    event_min_liquidity: EventMinLiquidity = 50_000
    event_min_volume: EventMinVolume = 100_000
    event_min_volume_24hr: EventMinVolume24hr = 10_000
    event_min_days_until_end: EventMinDays = 1
    event_max_days_until_end: EventMaxDays = 30
    market_min_liquidity: MarketMinLiquidity = 10_000
    market_min_volume: MarketMinVolume = 50_000
    market_min_volume_24hr: MarketMinVolume24hr = 5_000
    market_min_conviction: MarketMinConviction = 0.50
    market_max_conviction: MarketMaxConviction = 0.65
    min_confidence: MinFavouritePrice = 0.75
    lookback_hours: LookbackHours = None
    min_rise: Annotated[
        float | None,
        setting("least rise of the favourite's price in lookback_hours; unset: any", "USD per share", ge=0, le=1),
    ] = None

    def impossible(self) -> Iterator[str]:
        yield from super().impossible()
        if self.min_rise is None:
            return
        if self.lookback_hours is None:
            yield f"{self.named('min_rise')} compares with no price: set lookback_hours as well, 24 is a day"
        elif self.min_rise >= HIGHEST_PRICE:
            yield f"{self.named('min_rise')} is more than a price can rise by"

    def doubtful(self) -> Iterator[str]:
        yield from super().doubtful()
        if self.lookback_hours is not None and self.min_rise is None:
            yield f"{self.named('lookback_hours')} does nothing without min_rise: set that too, or neither"


def known(view: View, config: MomentumConfig) -> Mask | None:
    """The candidates whose price of `lookback_hours` ago is known, where it is asked for."""
    return None if config.min_rise is None else np.isfinite(rises(view, config))


def rises(view: View, config: MomentumConfig) -> Floats:
    """By how much the favourite's price rose in `lookback_hours`; NaN where it is not known."""
    assert config.lookback_hours is not None  # impossible() has looked
    before = favourite_was(view, view.past(config.lookback_hours))
    return np.round(view.favourite_price - before, PRICE_DECIMALS)


def rules(view: View, config: MomentumConfig) -> Iterator[Rule]:
    """A favourite, at a price of `min_confidence` or more, which rose by `min_rise` or more."""
    yield above("favourite price", TOSS, view.favourite_price)
    if config.min_confidence is not None:
        yield at_least("min_confidence", config.min_confidence, view.favourite_price)
    if config.min_rise is not None:
        yield at_least("min_rise", config.min_rise, rises(view, config))


def decide(view: View, config: MomentumConfig) -> Entries:
    """Buy every favourite above 0.50, at least `min_confidence`, and risen by `min_rise`; confidence = price - 0.50."""
    price = view.favourite_price
    return view.entries(
        chosen=view.passing(rules(view, config)),
        yes=view.yes_is_favourite,
        amount=config.trade_amount,
        confidence=price - TOSS,
        reason=lambda candidate: f"favourite at {price[candidate]:g}{_risen(view, config, candidate)}",
    )


def _risen(view: View, config: MomentumConfig, candidate: int) -> str:
    if config.min_rise is None:
        return ""
    return f", {rises(view, config)[candidate]:+g} in {config.lookback_hours:g} hours"


STRATEGY = Strategy(
    name="momentum",
    title="Momentum",
    description="Buys the favourite of a market that is neither a coin toss nor already certain.",
    config=MomentumConfig,
    decide=decide,
    rules=rules,
    known=known,
)
