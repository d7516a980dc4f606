"""What trading cost: the fees, and the way from the middle of bid and ask to the prices that were paid and received."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.profit_split import ProfitSplit
from prescient_dagster.domain.figures.round_trips import FILLS, PricedTrade


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs in USD; positive is what was lost.

    Attributes:
        fees: as charged.
        spread: of what was bought and sold, and what selling what is held at its marks would cost.
        traded: Σ purchases + Σ sales, without fees.
        rate: (fees + spread) / traded; None where nothing was traded.
    """

    fees: Decimal
    spread: Decimal
    traded: Decimal
    rate: float | None

    @property
    def total(self) -> Decimal:
        return self.fees + self.spread


def costs(profit: ProfitSplit, trades: Iterable[PricedTrade]) -> Costs:
    """The costs within a profit, and how much was traded for them."""
    traded = sum((priced.notional for priced in trades if priced.trade.kind in FILLS), money.ZERO)
    fees, spread = -profit.fees, -profit.spread
    return Costs(fees, spread, traded, float((fees + spread) / traded) if traded else None)
