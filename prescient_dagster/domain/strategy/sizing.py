"""How much an entry wishes to spend: a fixed amount, a part of the equity, or what Kelly's formula says.

Kelly: who pays c for a share that pays 1 with probability q grows fastest by spending f = (q - c) / (1 - c) of the
equity, nothing where that is not positive (Kelly 1956; a binary bet at odds of (1 - c) to c). c counts the fee. It is
as good as q is: a part of it (`kelly_fraction`) loses little growth and much of the risk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from prescient_dagster.domain import money
from prescient_dagster.domain.strategy.setting import NamedSettings, choice, setting

LEAST_SIZE = money.ONE
"""USD. The venue's least order; what is sized is never less, but where Kelly's formula says nothing."""


class Sizing(StrEnum):
    """What the size of an entry follows."""

    FIXED = "fixed"
    EQUITY = "equity"
    KELLY = "kelly"


TradeAmount = Annotated[
    float, setting("spent per signal, fees included; of a bundle in total", "USD", ge=1, le=1_000_000_000)
]
SizingRule = Annotated[
    Sizing,
    choice(
        "what an entry spends: fixed trade_amount, equity a part of the equity at the last snapshot, "
        "kelly by the signal's probability"
    ),
]
TradeFraction = Annotated[
    float, setting("spent per signal under sizing equity, 0.01 = 1 %", "part of the equity", gt=0, le=1)
]
KellyFraction = Annotated[
    float, setting("spent per signal under sizing kelly, 1 = all that the formula says", "part of Kelly", gt=0, le=1)
]
TradeAmountMax = Annotated[
    float | None, setting("most spent per signal under sizing equity or kelly", "USD", ge=1, le=1_000_000_000)
]
COUNTS_UNDER = {
    "trade_amount": (Sizing.FIXED,),
    "trade_fraction": (Sizing.EQUITY,),
    "kelly_fraction": (Sizing.KELLY,),
    "trade_amount_max": (Sizing.EQUITY, Sizing.KELLY),
}
"""The rules under which a setting counts."""


@dataclass(frozen=True, slots=True)
class Size:
    """What an entry wishes to spend, in USD, and the rule with its numbers in words."""

    amount: Decimal
    told: str


def kelly(probability: Decimal, cost: Decimal) -> Decimal:
    """The part of the equity to spend on shares at `cost` USD, fee included, that pay 1 with this probability."""
    return max((probability - cost) / (1 - cost), money.ZERO) if cost < 1 else money.ZERO


class SizedConfig(NamedSettings):
    """What a strategy can be told of sizes.

    Attributes:
        gives_probability: whether the signals of the strategy carry a probability.
    """

    gives_probability: ClassVar[bool] = False

    trade_amount: TradeAmount = 100
    sizing: SizingRule = Sizing.FIXED
    trade_fraction: TradeFraction = 0.01
    kelly_fraction: KellyFraction = 0.25
    trade_amount_max: TradeAmountMax = None

    def size(self, equity: Decimal, probability: Decimal | None, cost: Decimal | None) -> Size | None:
        """What an entry wishes to spend; None: what the strategy says, which is `trade_amount`.

        Args:
            equity: at the last snapshot, USD.
            probability: that the side pays, as the signal says; None: it says nothing.
            cost: of a share, fee included, USD; None: nobody offers one.
        """
        if self.sizing is Sizing.FIXED:
            return None
        if self.sizing is Sizing.EQUITY:
            part, told = money.exact(self.trade_fraction), f"{self.trade_fraction:.6g}"
        elif probability is None or cost is None:
            return Size(money.ZERO, "kelly: there is no probability or no offer, nothing to spend")
        else:
            whole = kelly(probability, cost)
            part = money.exact(self.kelly_fraction) * whole
            told = f"{self.kelly_fraction:.6g} × ({_short(probability)} - {_short(cost)}) / (1 - {_short(cost)})"
            if not whole:
                return Size(
                    money.ZERO, f"kelly: probability {_short(probability)} is not above the cost {_short(cost)}"
                )
        return self._within(money.usd(part * equity), f"{self.sizing}: {told} of {_short(equity)} USD")

    def _within(self, stake: Decimal, told: str) -> Size:
        """The stake within its bounds."""
        most = None if self.trade_amount_max is None else money.usd(self.trade_amount_max)
        if most is not None and stake > most:
            return Size(most, f"{told} is {_short(stake)}, at most {_short(most)}")
        if stake < LEAST_SIZE:
            return Size(LEAST_SIZE, f"{told} is {_short(stake)}, at least 1")
        return Size(stake, f"{told} is {_short(stake)}")

    def most_spent(self) -> tuple[str, float | None]:
        """The setting that bounds what an entry spends, and its value in USD; None: nothing bounds it."""
        name = "trade_amount" if self.sizing is Sizing.FIXED else "trade_amount_max"
        return name, getattr(self, name)

    def least_spent(self) -> Decimal:
        """The least that an entry can spend at the venue, in USD."""
        return LEAST_SIZE

    def impossible_sizes(self) -> Iterator[str]:
        """Why no size of this config could ever be traded."""
        if self.sizing is Sizing.KELLY and not self.gives_probability:
            yield "sizing kelly needs a probability, and the signals of this strategy carry none: use fixed or equity"
        name, most = self.most_spent()
        if most is not None and most < self.least_spent():
            yield f"{self.named(name)} is less than {self.least_spent()} USD, the least that an entry spends"

    def doubtful_sizes(self) -> Iterator[str]:
        """What is allowed and probably not meant."""
        for name, rules in COUNTS_UNDER.items():
            if name in self.model_fields_set and getattr(self, name) is not None and self.sizing not in rules:
                yield f"{self.named(name)} counts for nothing under {self.named('sizing')}"
        name, most = self.most_spent()
        if most is not None and most <= self.least_spent():
            yield (
                f"{self.named(name)} is the least order: rounding and a fee leave less, so most entries are refused "
                "(below_minimum)"
            )

    def too_small(self, balance: Decimal) -> Iterator[str]:
        """Why no size could be traded with an equity of so much, in USD."""
        size = max(money.exact(self.trade_fraction) * balance, LEAST_SIZE)
        if self.sizing is Sizing.EQUITY and size < self.least_spent():
            yield (
                f"{self.named('trade_fraction')} of {_short(balance)} USD is {_short(size)} USD, "
                f"less than {self.least_spent()} USD"
            )

    def rather_small(self, balance: Decimal) -> Iterator[str]:
        """What is probably not meant with an equity of so much, in USD."""
        if self.sizing is Sizing.EQUITY and money.exact(self.trade_fraction) * balance <= self.least_spent():
            yield (
                f"{self.named('trade_fraction')}, of {_short(balance)} USD is not more than {self.least_spent()} USD, "
                "the least order: rounding and a fee leave less, so most entries are refused (below_minimum)"
            )


def _short(amount: Decimal) -> str:
    return f"{money.usd(amount).normalize():f}"
