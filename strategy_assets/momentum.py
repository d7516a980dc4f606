"""Momentum: follow the favourite.

The crowd's favourite wins more often than the coin toss says; buy it while it is neither unsure nor already certain.
"""

from collections.abc import Iterator

from prescient_dagster.domain.strategy.configs import (
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
)
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


def rules(view: View, config: MomentumConfig) -> Iterator[Rule]:
    """A favourite, and at a price of `min_confidence` or more."""
    yield above("favourite price", TOSS, view.favourite_price)
    if config.min_confidence is not None:
        yield at_least("min_confidence", config.min_confidence, view.favourite_price)


def decide(view: View, config: MomentumConfig) -> Entries:
    """Buy every favourite priced above 0.50 and at least `min_confidence`; confidence = price - 0.50."""
    price = view.favourite_price
    return view.entries(
        chosen=view.passing(rules(view, config)),
        yes=view.yes_is_favourite,
        amount=config.trade_amount,
        confidence=price - TOSS,
        reason=lambda candidate: f"favourite at {price[candidate]:g}",
    )


STRATEGY = Strategy(
    name="momentum",
    title="Momentum",
    description="Buys the favourite of a market that is neither a coin toss nor already certain.",
    config=MomentumConfig,
    decide=decide,
    rules=rules,
)
