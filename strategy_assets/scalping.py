"""Scalping: buy a small dip, sell the rebound.

A side that fell in the last hour is bought where coming back to where it was would pay the profit target after the
spread and the fees, and where the spread alone does not already trigger the stop.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

import numpy as np

from prescient_dagster.domain import money
from prescient_dagster.domain.configs import (
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
from prescient_dagster.domain.strategies import Entries, Strategy, View
from prescient_dagster.domain.touches import touches

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


def decide(view: View, config: ScalpingConfig) -> Entries:
    """Buy the side that fell within `min_dip`..`max_dip` in an hour if its rebound pays; confidence = the dip."""
    assert config.profit_target is not None  # impossible() has looked
    assert config.stop_loss is not None
    change = np.nan_to_num(view.column("price_change_1h"))
    dip, fell = np.abs(change), change < 0
    side = touches(view.capture, view.rows, yes=fell)
    rebound = np.minimum(side.bid + dip, 1 - side.tick)
    after_fee = rebound - side.fee(rebound)
    dipped = (dip > 0) & (dip >= max(config.min_dip, config.min_confidence or 0)) & (dip <= config.max_dip)
    pays = np.round(after_fee - side.cost * (1 + config.profit_target), EXACT_DECIMALS) >= 0
    holds = np.round(side.proceeds - side.cost * (1 - config.stop_loss), EXACT_DECIMALS) > 0
    return view.entries(
        chosen=dipped & pays & holds,
        yes=fell,
        amount=config.trade_amount,
        confidence=dip,
        reason=lambda candidate: (
            f"fell by {dip[candidate]:g} in an hour, asked at {side.ask[candidate]:g}: "
            f"back at {rebound[candidate]:g} it makes {after_fee[candidate] / side.cost[candidate] - 1:.1%}"
        ),
    )


STRATEGY = Strategy(
    name="scalping",
    title="Scalping",
    description="Buys a side that dipped within the last hour and sells it on the rebound, within a day.",
    config=ScalpingConfig,
    decide=decide,
)
