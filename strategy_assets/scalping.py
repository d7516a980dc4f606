"""Scalping: buy a small dip, sell the rebound.

A side that fell in the last hour is bought where coming back to where it was would pay the profit target after the
spread and the fees, and where the spread alone does not already trigger the stop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated

import numpy as np

from prescient_dagster.domain import money
from prescient_dagster.domain.market.markets import Floats, Mask
from prescient_dagster.domain.market.top_of_book import TopOfBook, top_of_book
from prescient_dagster.domain.strategy.configs import (
    DirectionalConfig,
    EventMinVolume24hr,
    MarketMaxConviction,
    MarketMinVolume24hr,
    MaxHoldingDays,
    MaxPositions,
    ProfitTarget,
    StopLoss,
    TradeAmount,
    setting,
)
from prescient_dagster.domain.strategy.rules import ABOVE, AT_LEAST, Rule, above, at_least, at_most
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View

EXACT_DECIMALS = 12
"""Quotes have 6 decimals and settings a few; beyond this there is only the noise of floats."""


class ScalpingConfig(DirectionalConfig):
    """Settings of the scalping strategy."""

    event_min_volume_24hr: EventMinVolume24hr = 50_000
    market_min_volume_24hr: MarketMinVolume24hr = 10_000
    market_max_conviction: MarketMaxConviction = 0.90
    min_confidence: Annotated[
        float | None, setting("least confidence to act on, which is the dip", "USD per share", ge=0, le=1)
    ] = None
    min_dip: Annotated[float, setting("least fall of a side's price in an hour", "USD per share", ge=0, le=1)] = 0.01
    max_dip: Annotated[float, setting("most fall in an hour, a deeper one is news", "USD per share", ge=0, le=1)] = 0.10
    max_positions: MaxPositions = 20
    trade_amount: TradeAmount = 50
    profit_target: ProfitTarget = 0.02
    stop_loss: StopLoss = 0.04
    max_holding_days: MaxHoldingDays = 1

    def impossible(self) -> Iterator[str]:
        yield from super().impossible()
        if self.max_dip <= 0:
            yield f"{self.named('max_dip')} allows no dip at all"
        else:
            for least in ("min_dip", "min_confidence"):
                if self._crossed(least, "max_dip"):
                    yield f"{self.named(least)} is more than {self.named('max_dip')}"
        for name in ("profit_target", "stop_loss"):
            if getattr(self, name) is None:
                yield f"{self.named(name)}: scalping has to know where to take its profit and where to stop"

    def highest_confidence(self) -> Decimal:
        return money.exact(self.max_dip)


@dataclass(frozen=True)
class Dips:
    """What the candidates fell by within an hour, and what buying them would bring.

    Attributes:
        fell: whether it was the YES side that fell; else it was the NO side, or neither.
        depth: by how much, USD per share.
        side: the quotes of the side that fell.
    """

    fell: Mask
    depth: Floats
    side: TopOfBook

    @cached_property
    def rebound(self) -> Floats:
        """The price to sell at once the side is back where it was."""
        price: Floats = np.minimum(self.side.bid + self.depth, 1 - self.side.tick)
        return price

    @cached_property
    def back(self) -> Floats:
        """What a share brings then, after the fee."""
        return self.rebound - self.side.fee(self.rebound)


def dips(view: View) -> Dips:
    """The dips of all candidates; a change that is not told is none."""
    change = np.nan_to_num(view.column("price_change_1h"))
    fell = change < 0
    return Dips(fell, np.abs(change), top_of_book(view.capture, view.rows, yes=fell))


def rules(view: View, config: ScalpingConfig) -> Iterator[Rule]:
    """A dip within `min_dip`..`max_dip` whose rebound pays the target and whose spread is not the stop already."""
    return _rules(dips(view), config)


def _rules(seen: Dips, config: ScalpingConfig) -> Iterator[Rule]:
    assert config.profit_target is not None  # impossible() has looked
    assert config.stop_loss is not None
    yield above("dip", 0, seen.depth)
    yield at_least("min_dip", config.min_dip, seen.depth)
    if config.min_confidence is not None:
        yield at_least("min_confidence", config.min_confidence, seen.depth)
    yield at_most("max_dip", config.max_dip, seen.depth)
    cost, back, proceeds = seen.side.cost, seen.back, seen.side.proceeds
    pays = np.round(back - cost * (1 + config.profit_target), EXACT_DECIMALS) >= 0
    yield Rule("profit_target", AT_LEAST, config.profit_target, back / cost - 1, pays)
    holds = np.round(proceeds - cost * (1 - config.stop_loss), EXACT_DECIMALS) > 0
    yield Rule("stop_loss", ABOVE, -config.stop_loss, proceeds / cost - 1, holds)


def decide(view: View, config: ScalpingConfig) -> Entries:
    """Buy the side that fell within `min_dip`..`max_dip` in an hour if its rebound pays; confidence = the dip."""
    seen = dips(view)
    return view.entries(
        chosen=view.passing(_rules(seen, config)),
        yes=seen.fell,
        amount=config.trade_amount,
        confidence=seen.depth,
        reason=lambda candidate: (
            f"fell by {seen.depth[candidate]:g} in an hour, asked at {seen.side.ask[candidate]:g}: "
            f"back at {seen.rebound[candidate]:g} it makes {seen.back[candidate] / seen.side.cost[candidate] - 1:.1%}"
        ),
    )


STRATEGY = Strategy(
    name="scalping",
    title="Scalping",
    description="Buys a side that dipped within the last hour and sells it on the rebound, within a day.",
    config=ScalpingConfig,
    decide=decide,
    rules=rules,
)
