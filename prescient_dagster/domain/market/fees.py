"""What the venue charges for taking liquidity.

Polymarket's taker fee: shares × rate × (p(1 - p))^exponent, with the market's own `feeSchedule`, 5 decimals half up.
Five decimals is what the venue's page on fees says; half up is assumed, see docs/money.md: nautilus_trader has rounded
half to even and now rounds down.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from prescient_dagster.domain import money
from prescient_dagster.domain.market.markets import Floats

Price = TypeVar("Price", Decimal, Floats)


def taker_fee(rate: Price, exponent: Price | int, price: Price) -> Price:
    """The fee of one share at `price`, unrounded, in USD: of one market exactly, or of many as arrays."""
    fee: Price = rate * (price * (1 - price)) ** exponent
    return fee


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """The taker fee of one market; a rate of 0 is a market without fees."""

    rate: Decimal
    exponent: Decimal

    def per_share(self, price: Decimal) -> Decimal:
        """The fee of one share at `price`, unrounded, in USD."""
        if not self.rate:
            return money.ZERO
        return taker_fee(self.rate, self.exponent, price)

    def of(self, shares: Decimal, price: Decimal) -> Decimal:
        """The fee of one level of a fill, in USD."""
        return money.fee(shares * self.per_share(price))


NO_FEE = FeeSchedule(money.ZERO, money.ONE)
