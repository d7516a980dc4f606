"""Bundles: several legs that are bought all together or not at all, with equal shares on each.

Equal shares, not equal dollars: only then does the bundle pay the same whichever leg wins. What identifies a bundle is
a text that tells its kind and how many legs it has: signals and positions need nothing besides to be judged again.

A strategy that wishes for a bundle returns one buy signal per leg, with the same `bundle` (made by `bundle_id`),
`shares`, `amount` (USD for the whole bundle), `confidence` and `liquidity` (of its smallest leg); its config says by
`least_margin` what must be left of the margin when the bundle is filled.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from prescient_dagster.domain import money
from prescient_dagster.domain.cycle import fills
from prescient_dagster.domain.cycle.fills import Fill, Level
from prescient_dagster.domain.market.fees import FeeSchedule
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy.signals import RejectReason


class BundleKind(StrEnum):
    """Why the legs of a bundle cannot all lose."""

    YES_SET = "yes_set"  # exactly one of the outcomes happens
    NO_SET = "no_set"  # at most one of the outcomes happens
    NESTED = "nested"  # what happens in the narrower question happens in the wider one


@dataclass(frozen=True, slots=True)
class BundleId:
    """What a bundle is, as its text tells: `no_set:3:<key>`.

    Attributes:
        key: which one, unique among the bundles a portfolio ever enters: the event or the markets, and the capture.
    """

    kind: BundleKind
    legs: int
    key: str

    @property
    def payout(self) -> Decimal:
        """What the bundle pays at least for one share of each leg, in USD."""
        return Decimal(self.legs - 1) if self.kind is BundleKind.NO_SET else money.ONE

    def __str__(self) -> str:
        return f"{self.kind}:{self.legs}:{self.key}"

    @staticmethod
    def parse(text: str) -> "BundleId":
        """The bundle a signal's or a position's `bundle` names."""
        kind, legs, key = text.split(":", 2)
        return BundleId(BundleKind(kind), int(legs), key)


def bundle_id(kind: BundleKind, legs: int, noun: str, captured_at: datetime) -> str:
    """The text of a new bundle: the same for the same capture, another one at every other.

    Args:
        noun: the event's id, or for a part of an event the ids that name the part.
    """
    return str(BundleId(kind, legs, f"{noun}:{captured_at:%Y%m%dT%H%M%S%f}"))


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of one market as a part of a bundle.

    Attributes:
        levels: the offers within the price limit, cheapest first.
    """

    market_id: str
    side: Side
    levels: Sequence[Level]
    fees: FeeSchedule


@dataclass(frozen=True, slots=True)
class BundleFill:
    """What a bundle trades: the same number of shares on every leg.

    Attributes:
        fills: per leg, in the order of the legs.
        cost: of all legs together, fees included, in USD.
        margin: (guaranteed payout - cost) / cost.
        complete: whether the budget was used up as far as the rules allow; no: a leg's depth was.
    """

    shares: Decimal
    fills: tuple[Fill, ...]
    cost: Decimal
    margin: Decimal
    complete: bool


def sized(
    legs: Sequence[Leg], payout: Decimal, budget: Decimal, min_margin: Decimal | None = None
) -> BundleFill | RejectReason:
    """The most equal shares, in steps of 0.01, that cost at most `budget` USD and that every leg can fill.

    Args:
        payout: what one share of each leg pays together at least, USD.
        budget: for all legs together, fees included, USD.
        min_margin: the least margin worth having, fees and depth counted; None: whatever it is.

    Returns:
        `bundle_incomplete` where a leg offers nothing, or less than the least order; `below_minimum` where the budget
        does not reach for the least order of every leg; `margin_gone` where the margin is under `min_margin`.
    """
    depth = min((fills.depth(leg.levels) for leg in legs), default=money.ZERO)
    if not depth:
        return RejectReason.BUNDLE_INCOMPLETE
    shares = _affordable(legs, depth, budget)
    fill = _filled(legs, payout, shares, complete=shares < depth)
    small = any(fills.is_below_minimum(part) for part in fill.fills)
    if small:
        return RejectReason.BELOW_MINIMUM if fill.complete else RejectReason.BUNDLE_INCOMPLETE
    if min_margin is not None and fill.margin < min_margin:
        return RejectReason.MARGIN_GONE
    return fill


def _affordable(legs: Sequence[Leg], depth: Decimal, budget: Decimal) -> Decimal:
    budget = max(budget, money.ZERO)
    cheapest = sum((leg.levels[0].price for leg in legs), money.ZERO)
    most = min(depth, money.shares_down(budget / cheapest))
    steps = range(int(most / money.CENT_SHARE) + 1)
    return (bisect_right(steps, budget, key=lambda step: _cost(legs, step * money.CENT_SHARE)) - 1) * money.CENT_SHARE


def _cost(legs: Sequence[Leg], shares: Decimal) -> Decimal:
    return sum((fills.take(leg.levels, shares, leg.fees).spent for leg in legs), money.ZERO)


def _filled(legs: Sequence[Leg], payout: Decimal, shares: Decimal, *, complete: bool) -> BundleFill:
    parts = tuple(fills.take(leg.levels, shares, leg.fees) for leg in legs)
    cost = sum((part.spent for part in parts), money.ZERO)
    margin = (payout * shares - cost) / cost if cost else money.ZERO
    return BundleFill(shares, parts, cost, margin, complete)
