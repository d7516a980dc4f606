"""How a wish to trade becomes shares and money: walking an order book within a budget and a price limit.

Every fill model is a way of finding the levels one could trade against: the venue's order book (`book`), the best quote
of the capture with a part of the market's liquidity behind it (`touch`), or the listed price itself (`mid`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.market.fees import FeeSchedule

TOUCH_SHARE_OF_LIQUIDITY = Decimal("0.02")
MINIMUM_NOTIONAL = money.ONE
"""USD. What Polymarket asks of an order that takes liquidity; `min_order_size` binds those that rest in the book."""
BOUNDLESS = Decimal(10**15)  # shares; more than any budget buys


@dataclass(frozen=True, slots=True)
class Level:
    """Shares offered or wanted at one price (USD per share)."""

    price: Decimal
    shares: Decimal

    @property
    def notional(self) -> Decimal:
        """Price × shares in USD; exact, but where a listed price has more decimals than a tick."""
        return money.usd(self.price * self.shares)


@dataclass(frozen=True, slots=True)
class OrderBook:
    """The bids and asks of one outcome token, in no order one may rely on."""

    token_id: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Fill:
    """What an order traded: one line of `levels` per price, money in USD.

    Attributes:
        fees: per level, in the order of `levels`.
        complete: whether the budget (buying) or the shares (selling) were used up as far as the rules allow.
    """

    levels: tuple[Level, ...]
    fees: tuple[Decimal, ...]
    complete: bool

    @property
    def shares(self) -> Decimal:
        return sum((level.shares for level in self.levels), money.ZERO)

    @property
    def notional(self) -> Decimal:
        """What the shares cost or earned, without fees, in USD."""
        return sum((level.notional for level in self.levels), money.ZERO)

    @property
    def fee(self) -> Decimal:
        return sum(self.fees, money.ZERO)

    @property
    def spent(self) -> Decimal:
        """What a purchase cost, fees included, in USD."""
        return self.notional + self.fee

    @property
    def average_price(self) -> Decimal:
        """For reading, 6 decimals; the money is counted from the levels."""
        return money.price(self.notional / self.shares)


def asks_within(book: OrderBook, touch: Decimal, max_slippage: Decimal) -> list[Level]:
    """The asks at touch × (1 + max_slippage) or less, cheapest first."""
    limit = touch * (1 + max_slippage)
    return sorted((level for level in book.asks if level.price <= limit), key=lambda level: level.price)


def bids_within(book: OrderBook, touch: Decimal, max_slippage: Decimal) -> list[Level]:
    """The bids at touch × (1 - max_slippage) or more, dearest first."""
    limit = touch * (1 - max_slippage)
    return sorted((level for level in book.bids if level.price >= limit), key=lambda level: -level.price)


def touch_levels(touch: Decimal, liquidity: Decimal) -> list[Level]:
    """The one level of the fill model `touch`: 2 % of the market's liquidity (USD) at the touch."""
    return [Level(touch, money.shares_down(TOUCH_SHARE_OF_LIQUIDITY * liquidity / touch))]


def buy(levels: Iterable[Level], budget: Decimal, fees: FeeSchedule) -> Fill:
    """Buy from the levels in their order for at most `budget` USD, fees included.

    Shares of each level are rounded down to 0.01 and the fee is charged per level; where rounding the last fee up broke
    the budget, the last level gives back 0.01 share.
    """
    bought: list[Level] = []
    charged: list[Decimal] = []
    left = budget
    complete = False
    for offer in levels:
        affordable = money.shares_down(max(left, money.ZERO) / (offer.price + fees.per_share(offer.price)))
        level = Level(offer.price, min(affordable, money.shares_down(offer.shares)))
        if level.notional + fees.of(level.shares, level.price) > left:
            level = Level(offer.price, level.shares - money.CENT_SHARE)
        if level.shares > 0:
            fee = fees.of(level.shares, level.price)
            bought.append(level)
            charged.append(fee)
            left -= level.notional + fee
        if affordable <= offer.shares:
            complete = True
            break
    return Fill(tuple(bought), tuple(charged), complete)


def take(levels: Iterable[Level], shares: Decimal, fees: FeeSchedule) -> Fill:
    """Trade up to `shares` with the levels in their order, selling or buying; the fee is charged per level."""
    taken: list[Level] = []
    left = shares
    for level in levels:
        part = min(left, money.shares_down(level.shares))
        if part > 0:
            taken.append(Level(level.price, part))
            left -= part
    return Fill(tuple(taken), tuple(fees.of(level.shares, level.price) for level in taken), complete=left == 0)


def is_below_minimum(fill: Fill) -> bool:
    """Whether a fill is worth less than the least order that may take liquidity, without fees."""
    return fill.notional < MINIMUM_NOTIONAL


def depth(levels: Sequence[Level]) -> Decimal:
    """The shares of all levels together."""
    return sum((money.shares_down(level.shares) for level in levels), money.ZERO)
