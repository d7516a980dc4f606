"""Forecasts: buy what somebody knows to be too cheap.

Somebody else's model says how likely a market is to end at YES. The side is bought whose probability exceeds what a
share of it costs, its fee included.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np

from prescient_dagster.domain.market.forecasts import ToldOf
from prescient_dagster.domain.market.markets import Floats, Mask
from prescient_dagster.domain.market.top_of_book import top_of_book
from prescient_dagster.domain.strategy.configs import MarketMaxConviction, MarketMinConviction, StrategyConfig, setting
from prescient_dagster.domain.strategy.rules import Rule, above, at_least, at_most
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View

DECIMALS = 6

MinEdge = Annotated[
    float, setting("least probability above the cost of a share, its fee included", "USD per share", ge=0, le=0.99)
]
MaxAgeHours = Annotated[float, setting("oldest forecast to act on, from when it was made", "hours", gt=0, le=87_600)]
Sources = Annotated[
    list[str] | None, setting("whose forecasts count; unset: everybody's", "words", min_length=1, max_length=100)
]


class ForecastsConfig(StrategyConfig):
    """Settings of the forecasts strategy."""

    gives_probability: ClassVar[bool] = True

    market_min_conviction: MarketMinConviction = None
    market_max_conviction: MarketMaxConviction = None
    min_edge: MinEdge = 0.05
    max_age_hours: MaxAgeHours = 24
    sources: Sources = None


class Sides:
    """Of each candidate the side that a forecast says is cheap: how likely it is to pay, and what it costs."""

    def __init__(self, view: View, config: ForecastsConfig) -> None:
        self.told: ToldOf = view.forecasts(config.sources)
        yes, no = self.told.probability, np.round(1 - self.told.probability, DECIMALS)
        costs = [top_of_book(view.capture, view.rows, yes=side).cost for side in (True, False)]
        edges = [np.round(p - cost, DECIMALS) for p, cost in zip((yes, no), costs, strict=True)]
        self.is_yes: Mask = np.nan_to_num(edges[0], nan=-1) >= np.nan_to_num(edges[1], nan=-1)
        self.edge: Floats = np.where(self.is_yes, *edges)
        self.cost: Floats = np.where(self.is_yes, *costs)
        self.probability: Floats = np.where(self.is_yes, yes, no)


def rules(view: View, config: ForecastsConfig) -> Iterator[Rule]:
    """A forecast that is not too old, and a side that costs less than it says, by `min_edge`."""
    yield from _rules(Sides(view, config), config)


def _rules(sides: Sides, config: ForecastsConfig) -> Iterator[Rule]:
    yield at_least("forecast", 0, sides.told.probability)
    yield at_most("max_age_hours", config.max_age_hours, sides.told.age_hours)
    yield above("edge", 0, sides.edge)
    yield at_least("min_edge", config.min_edge, sides.edge)


def decide(view: View, config: ForecastsConfig) -> Entries:
    """Buy the side whose probability exceeds its cost by `min_edge`; confidence = probability - cost."""
    sides = Sides(view, config)

    def reason(candidate: int) -> str:
        said = sides.told
        side = "YES" if sides.is_yes[candidate] else "NO"
        return (
            f"{said.source[candidate]} gives {side} {sides.probability[candidate]:g}, {said.age_hours[candidate]:.1f} "
            f"hours ago; it costs {sides.cost[candidate]:.6g} with its fee"
        )

    return view.entries(
        chosen=view.passing(_rules(sides, config)),
        yes=sides.is_yes,
        amount=config.trade_amount,
        confidence=sides.edge,
        reason=reason,
        probability=sides.probability,
    )


STRATEGY = Strategy(
    name="forecasts",
    title="Forecasts",
    description="Buys the side of a market that costs less than a forecast of yours says it is worth.",
    config=ForecastsConfig,
    decide=decide,
    rules=rules,
)
