"""Strategy configs: every setting once, with its unit, bounds and meaning, and the checks that span several.

A strategy's config is one flat model. Settings that all share stand here; a strategy's file adds its own and sets its
defaults. The effective config is laid from layers: the strategy's defaults, the portfolio's stored settings, the run's,
the run's for this portfolio.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import ValidationError

from prescient_dagster.domain import money
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.strategy.config_faults import sentence, shown
from prescient_dagster.domain.strategy.fill_models import FillModel
from prescient_dagster.domain.strategy.limit_settings import LimitedConfig
from prescient_dagster.domain.strategy.setting import choice, days, usd
from prescient_dagster.domain.strategy.setting import setting as setting  # noqa: PLC0414 - strategies find it here
from prescient_dagster.domain.strategy.sizing import SizedConfig
from prescient_dagster.domain.strategy.sizing import TradeAmount as TradeAmount  # noqa: PLC0414 - likewise
from prescient_dagster.domain.strategy.subject_filters import SubjectFilters


class TradeFrequency(StrEnum):
    """How often a portfolio may enter."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


EventMinLiquidity = Annotated[float | None, usd("least liquidity of the event")]
EventMinVolume = Annotated[float | None, usd("least volume of the event since it opened")]
EventMinVolume24hr = Annotated[float | None, usd("least volume of the event in 24 hours")]
EventMinDays = Annotated[float | None, days("least time from the capture to the event's end")]
EventMaxDays = Annotated[float | None, days("most time from the capture to the event's end")]
MarketMinLiquidity = Annotated[float | None, usd("least liquidity of the market")]
MarketMinVolume = Annotated[float | None, usd("least volume of the market since it opened")]
MarketMinVolume24hr = Annotated[float | None, usd("least volume of the market in 24 hours")]
MarketMinConviction = Annotated[
    float | None, setting("least |yes price - no price|, 0 a coin toss, 1 certain", "USD per share", ge=0, le=1)
]
MarketMaxConviction = Annotated[
    float | None, setting("most |yes price - no price|, 0 a coin toss, 1 certain", "USD per share", ge=0, le=1)
]
MinConfidence = Annotated[float | None, setting("least confidence to act on", "confidence", ge=0, le=1)]
MinFavouritePrice = Annotated[
    float | None, setting("least price of the favourite to act on", "USD per share", ge=0, le=1)
]
MaxPositions = Annotated[
    int, setting("most open positions after a cycle, a bundle counts once", "positions", ge=1, le=10_000)
]
MaxPositionsPerEvent = Annotated[
    int | None, setting("most open positions in one event, a bundle counts once", "positions", ge=1, le=10_000)
]
ProfitTarget = Annotated[
    float | None, setting("sell at this return on cost or more, 0.02 = 2 %", "return", gt=0, le=1_000)
]
StopLoss = Annotated[float | None, setting("sell at this loss on cost or more, 0.04 = 4 %", "return", gt=0, le=1)]
MaxHoldingDays = Annotated[
    float | None, setting("sell after so long; unset: hold until the market resolves", "days", gt=0, le=36_500)
]
ReentryHours = Annotated[
    float, setting("no entry in a market for so long after it was sold by a stop or by hand", "hours", ge=0, le=87_600)
]
Frequency = Annotated[
    TradeFrequency,
    choice("when to enter: high at every capture, medium or low only at the first of a UTC hour or day"),
]
Model = Annotated[
    FillModel,
    choice("what orders fill against: book the order book, touch the best quote, mid the price listed, without a fee"),
]
MaxSlippage = Annotated[float, setting("worst price accepted, away from the touch, 0.05 = 5 %", "part", ge=0, le=1)]
MaxCaptureAge = Annotated[
    float, setting("oldest capture a live cycle trades on, in real time", "minutes", gt=0, le=525_600)
]


class StrategyConfig(SubjectFilters, SizedConfig, LimitedConfig):
    """What every strategy can be told: filters, size, exits and how orders are filled."""

    event_min_liquidity: EventMinLiquidity = None
    event_min_volume: EventMinVolume = None
    event_min_volume_24hr: EventMinVolume24hr = None
    event_min_days_until_end: EventMinDays = None
    event_max_days_until_end: EventMaxDays = None
    market_min_liquidity: MarketMinLiquidity = None
    market_min_volume: MarketMinVolume = None
    market_min_volume_24hr: MarketMinVolume24hr = None
    max_positions: MaxPositions = 10
    max_positions_per_event: MaxPositionsPerEvent = None
    profit_target: ProfitTarget = None
    stop_loss: StopLoss = None
    max_holding_days: MaxHoldingDays = None
    reentry_hours: ReentryHours = 24
    trade_frequency: Frequency = TradeFrequency.HIGH
    fill_model: Model = FillModel.BOOK
    max_slippage: MaxSlippage = 0.05
    max_capture_age_minutes: MaxCaptureAge = 60

    def bounds(self) -> Iterator[tuple[str, float]]:
        """The filters that are set, by name, event filters first."""
        names = [name for name in type(self).model_fields if name.startswith(("event_m", "market_m"))]
        for name in sorted(names, key=lambda name: not name.startswith("event_")):
            bound = getattr(self, name)
            if bound is not None:
                yield name, bound

    def impossible(self) -> Iterator[str]:
        """Why this config could never trade, a sentence each, naming the settings that contradict each other."""
        yield from self.impossible_subjects()
        yield from self.impossible_sizes()
        for least in type(self).model_fields:
            most = least.replace("_min_", "_max_")
            if most != least and self._crossed(least, most):
                yield f"{self.named(least)} is more than {self.named(most)}"

    def _crossed(self, least: str, most: str) -> bool:
        low, high = getattr(self, least), getattr(self, most, None)
        return low is not None and high is not None and low > high

    def doubtful(self) -> Iterator[str]:
        """What is allowed and probably not meant, a sentence each."""
        yield from self.doubtful_sizes()
        usual = type(self).model_fields["event_min_days_until_end"].default
        if self.event_min_days_until_end is None and usual is not None:
            yield "event_min_days_until_end is unset: it lets events through that are past their end date"

    def impossible_with(self, balance: Decimal) -> Iterator[str]:
        """Why this config could never trade with an equity of so much in USD, which only a trade could change."""
        yield from self.too_tight(balance, self.least_spent())
        yield from self.too_small(balance)

    def least_margin(self) -> Decimal | None:
        """What a bundle must still earn on its cost when it is filled, 0.05 = 5 %; None: anything, or no bundles."""
        return None

    def highest_confidence(self) -> Decimal | None:
        """The most confidence a signal can have under this config; None: nobody can tell beforehand."""
        return None

    def document(self) -> dict[str, Any]:
        """The config as JSON values, every setting named."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """The identity of the effective config."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()


class DirectionalConfig(StrategyConfig):
    """What strategies that take one side of a market can be told besides."""

    market_min_conviction: MarketMinConviction = None
    market_max_conviction: MarketMaxConviction = None
    min_confidence: MinConfidence = None


HIGHEST_PRICE = Decimal("0.9999")


class FavouriteConfig(DirectionalConfig):
    """What strategies that look at the favourite's price can be told; a conviction c is a favourite at (1 + c) / 2."""

    min_confidence: MinFavouritePrice = None

    def impossible(self) -> Iterator[str]:
        yield from super().impossible()
        if self._crossed("market_min_conviction", "market_max_conviction"):
            return
        (low, asks), (high, allows) = max(self._least_prices()), min(self._most_prices())
        if low > high:
            yield (
                f"the favourite's price would have to be {low.normalize():f} or more by {asks}, "
                f"{high.normalize():f} or less by {allows}"
            )
        elif self.market_max_conviction == 0:
            yield f"{self.named('market_max_conviction')} leaves no favourite: both sides would cost 0.5"

    def highest_confidence(self) -> Decimal:
        return min(self._most_prices())[0] - Decimal("0.5")

    def _least_prices(self) -> Iterator[tuple[Decimal, str]]:
        yield _favourite(self.market_min_conviction or 0), self.named("market_min_conviction")
        if self.min_confidence is not None:
            yield money.exact(self.min_confidence), f"min_confidence{self.by_default('min_confidence')}"

    def _most_prices(self) -> Iterator[tuple[Decimal, str]]:
        yield HIGHEST_PRICE, "the highest price there is"
        if self.market_max_conviction is not None:
            yield _favourite(self.market_max_conviction), self.named("market_max_conviction")


def _favourite(conviction: float) -> Decimal:
    return (1 + money.exact(conviction)) / 2


Config = TypeVar("Config", bound=StrategyConfig)


def validated(model: type[Config], *layers: Mapping[str, Any]) -> Config:
    """The effective config of `layers`, later ones winning, over the model's defaults. A setting that is null is unset.

    Raises:
        InvalidConfig: unknown settings, wrong types, values out of bounds, or a combination that can never trade.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        if not isinstance(layer, Mapping):
            raise InvalidConfig([f"a config is a JSON object of settings, got {shown(layer)}"])
        merged.update(layer)
    try:
        config = model(**merged)
    except ValidationError as error:
        raise InvalidConfig([sentence(model, fault) for fault in error.errors(include_url=False)]) from error
    reasons = list(config.impossible())
    if reasons:
        raise InvalidConfig([f"this config can never trade: {reason}" for reason in reasons])
    return config
