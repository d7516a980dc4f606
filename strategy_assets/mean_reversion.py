"""Mean reversion: bet against an overstretched favourite.

Where a market is nearly certain, the underdog costs little and pays a lot if the crowd has gone too far.
"""

from collections.abc import Iterator

from prescient_dagster.domain import money
from prescient_dagster.domain.strategy.configs import (
    EventMinLiquidity,
    EventMinVolume,
    EventMinVolume24hr,
    FavouriteConfig,
    MarketMaxConviction,
    MarketMinConviction,
    MarketMinLiquidity,
    MarketMinVolume,
    MaxPositions,
    MinFavouritePrice,
    TradeAmount,
)
from prescient_dagster.domain.strategy.rules import Rule, above, at_least
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View

STRETCHED = 0.70
"""A favourite at this price or less is not worth betting against."""


class MeanReversionConfig(FavouriteConfig):
    """Settings of the mean reversion strategy."""

    event_min_liquidity: EventMinLiquidity = 100_000
    event_min_volume: EventMinVolume = 200_000
    event_min_volume_24hr: EventMinVolume24hr = 20_000
    market_min_liquidity: MarketMinLiquidity = 50_000
    market_min_volume: MarketMinVolume = 100_000
    market_min_conviction: MarketMinConviction = 0.70
    market_max_conviction: MarketMaxConviction = 0.95
    min_confidence: MinFavouritePrice = 0.70
    max_positions: MaxPositions = 5
    trade_amount: TradeAmount = 200

    def impossible(self) -> Iterator[str]:
        yield from super().impossible()
        highest = self.market_max_conviction
        if highest is not None and 1 + money.exact(highest) <= 2 * money.exact(STRETCHED):
            yield f"{self.named('market_max_conviction')} leaves no favourite above {STRETCHED:g}"


def rules(view: View, config: MeanReversionConfig) -> Iterator[Rule]:
    """A favourite that is stretched, and at a price of `min_confidence` or more."""
    yield above("favourite price", STRETCHED, view.favourite_price)
    if config.min_confidence is not None:
        yield at_least("min_confidence", config.min_confidence, view.favourite_price)


def decide(view: View, config: MeanReversionConfig) -> Entries:
    """Buy the underdog of every favourite above 0.70 and at least `min_confidence`; confidence = favourite - 0.50."""
    price = view.favourite_price
    return view.entries(
        chosen=view.passing(rules(view, config)),
        yes=~view.yes_is_favourite,
        amount=config.trade_amount,
        confidence=price - 0.50,
        reason=lambda candidate: f"underdog against a favourite at {price[candidate]:g}",
    )


STRATEGY = Strategy(
    name="mean_reversion",
    title="Mean reversion",
    description="Buys the underdog of a market whose favourite has been carried too far.",
    config=MeanReversionConfig,
    decide=decide,
    rules=rules,
)
