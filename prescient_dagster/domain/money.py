"""The only place where numbers become money and are rounded.

Cash and prices are `Decimal` with 6 decimals, shares with 2 (rounded down), fees with 5 (half up): the venue's own
precision. Market data comes as floats rounded to 6 decimals; `usd` turns one into the decimal it was read from.
"""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
CENT_SHARE = Decimal("0.01")
MICRO = Decimal("0.000001")
FEE_UNIT = Decimal("0.00001")

Number = Decimal | float | int | str


def exact(number: Number) -> Decimal:
    """The decimal a number was written as: 0.1 is 0.1, not 0.1000000000000000055."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def usd(number: Number) -> Decimal:
    """An amount of USD, 6 decimals, half to even."""
    return exact(number).quantize(MICRO, ROUND_HALF_EVEN)


def price(number: Number) -> Decimal:
    """A price in USD per share, 6 decimals, half to even."""
    return usd(number)


def shares_down(number: Number) -> Decimal:
    """A number of shares, rounded down to the hundredth that can be traded."""
    return exact(number).quantize(CENT_SHARE, ROUND_DOWN)


def fee(number: Number) -> Decimal:
    """A fee in USD, 5 decimals as the venue charges it, half up as we assume (docs/money.md)."""
    return exact(number).quantize(FEE_UNIT, ROUND_HALF_UP)


def plain(amount: Decimal) -> float | int:
    """A JSON number for an amount: at most 6 decimals, an int where it has none."""
    rounded = usd(amount)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
