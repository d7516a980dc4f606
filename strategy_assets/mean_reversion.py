"""Mean reversion: bet against an overstretched favourite.

Where a market is nearly certain, the underdog costs little and pays a lot if the crowd has gone too far.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from prescient_dagster.domain import money
from prescient_dagster.domain.market.markets import Floats, Mask, Rows
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
    setting,
)
from prescient_dagster.domain.strategy.looking_back import MOST_HOURS, LookbackHours, favourite_was
from prescient_dagster.domain.strategy.rules import Rule, above, at_least
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View

LEAST_POINTS = 2
"""A standard deviation takes two prices."""
Z_DECIMALS = 9
FLAT = 1e-9
"""A standard deviation of less is the noise of floats: the price has not moved."""
AT_ONCE = 2048
"""Candidates whose paths are looked at together."""
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
    lookback_hours: LookbackHours = None
    min_points: Annotated[
        int | None,
        setting(
            "least known prices in lookback_hours, one an hour; unset: half of them", "prices", ge=2, le=MOST_HOURS
        ),
    ] = None
    min_z_score: Annotated[
        float | None,
        setting(
            "least distance of the favourite above its mean of lookback_hours", "standard deviations", gt=0, le=100
        ),
    ] = None
    max_positions: MaxPositions = 5
    trade_amount: TradeAmount = 200

    def impossible(self) -> Iterator[str]:
        yield from super().impossible()
        highest = self.market_max_conviction
        if highest is not None and 1 + money.exact(highest) <= 2 * money.exact(STRETCHED):
            yield f"{self.named('market_max_conviction')} leaves no favourite above {STRETCHED:g}"
        yield from self._impossible_history()

    def _impossible_history(self) -> Iterator[str]:
        if self.lookback_hours is None:
            for name in ("min_z_score", "min_points"):
                if getattr(self, name) is not None:
                    yield f"{self.named(name)} has no prices to go by: set lookback_hours as well, 168 is a week"
        elif self.points < LEAST_POINTS:
            yield f"{self.named('lookback_hours')} is too short: of one price an hour it takes {LEAST_POINTS}"
        elif self.least_points > self.points:
            yield f"{self.named('min_points')} is more than the {self.points} hours of lookback_hours"

    def doubtful(self) -> Iterator[str]:
        yield from super().doubtful()
        if self.lookback_hours is not None and self.min_z_score is None:
            yield f"{self.named('lookback_hours')} does nothing without min_z_score: set that too, or neither"

    @property
    def points(self) -> int:
        """How many prices are looked at, one an hour."""
        return int(self.lookback_hours or 0)

    @property
    def least_points(self) -> int:
        """How many of them have to be known."""
        return self.min_points or max(LEAST_POINTS, -(-self.points // 2))


def known(view: View, config: MeanReversionConfig) -> Mask | None:
    """The candidates of whose past enough is known, where it is asked for."""
    if config.min_z_score is None:
        return None
    enough: Mask = _number_known(_path(view, config)) >= config.least_points
    return enough


def _path(view: View, config: MeanReversionConfig) -> Floats:
    """The prices of before: a row for each moment at which any is known, the oldest first, a column for a candidate."""
    assert config.lookback_hours is not None  # impossible() has looked
    return view.path(config.lookback_hours, config.points).T


def _number_known(path: Floats) -> Rows:
    """Of each candidate, at how many moments its price is known."""
    number = np.full(path.shape[1], len(path), dtype=np.intp)
    gaps = np.flatnonzero(np.isnan(path.sum(axis=0)))  # who has none needs no look at each moment
    for some in _in_parts(gaps):
        number[some] = np.isfinite(path.take(some, axis=1)).sum(axis=0)
    return number


def _in_parts(places: Rows) -> Iterator[Rows]:
    """So few at a time that their paths stay in the processor's cache."""
    return (places[start : start + AT_ONCE] for start in range(0, len(places), AT_ONCE))


def z_scores(view: View, config: MeanReversionConfig, wanted: Mask) -> Floats:
    """How far these favourites are above their mean of before, in standard deviations of their path (ddof 1).

    NaN where too little of the path is known, where it is flat, and for those that are not wanted.
    """
    path = _path(view, config)
    number = _number_known(path)
    mean, deviation = np.full(len(wanted), np.nan), np.full(len(wanted), np.nan)
    for some in _in_parts(np.flatnonzero(wanted & (number >= config.least_points))):
        prices, counted = path.take(some, axis=1), number[some]
        mean[some] = np.fmax(prices, 0).sum(axis=0) / counted  # no price is below 0, and NaN counts for nothing so
        squares = np.fmax((prices - mean[some]) ** 2, 0).sum(axis=0)
        deviation[some] = np.sqrt(squares / (counted - 1))
    above_mean = view.favourite_price - favourite_was(view, mean)
    return np.round(above_mean / np.where(deviation > FLAT, deviation, np.nan), Z_DECIMALS)


def rules(view: View, config: MeanReversionConfig) -> Iterator[Rule]:
    """A favourite that is stretched, at a price of `min_confidence` or more, and by `min_z_score` above its past."""
    found = [above("favourite price", STRETCHED, view.favourite_price)]
    if config.min_confidence is not None:
        found.append(at_least("min_confidence", config.min_confidence, view.favourite_price))
    if config.min_z_score is not None:
        found.append(at_least("min_z_score", config.min_z_score, z_scores(view, config, view.passing(found))))
    return iter(found)


def decide(view: View, config: MeanReversionConfig) -> Entries:
    """Buy the underdog of every favourite that passes all rules; confidence = the favourite's price - 0.50."""
    price = view.favourite_price
    asked = list(rules(view, config))

    def stretch(candidate: int) -> str:
        if config.min_z_score is None:
            return ""
        return f", {asked[-1].values[candidate]:.2f} deviations above its mean of {config.lookback_hours:g} hours"

    return view.entries(
        chosen=view.passing(asked),
        yes=~view.yes_is_favourite,
        amount=config.trade_amount,
        confidence=price - 0.50,
        reason=lambda candidate: f"underdog against a favourite at {price[candidate]:g}{stretch(candidate)}",
    )


STRATEGY = Strategy(
    name="mean_reversion",
    title="Mean reversion",
    description="Buys the underdog of a market whose favourite has been carried too far.",
    config=MeanReversionConfig,
    decide=decide,
    rules=rules,
    known=known,
)
