"""Sets of markets that exclude each other and cannot all lose, found at the asks with fees.

    YES set   exactly one outcome happens: one share of every YES pays 1
    NO set    at most one outcome happens: one share of each of k NOs pays at least k - 1

Both rest on the venue's promise that the outcomes of a group exclude each other (`exclusive_groups`). A YES set needs
all of them besides: every market of the group, those that are closed and lost left out, none hidden, none without an
ask, and no outcome that may still be added. A filter must never decide what is in a set: what is left of one looks
cheap.

Prices are floats here, to find the few sets of a whole venue that may pay; `bundles` counts their money.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.markets import Floats, Mask, Rows
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.market.top_of_book import top_of_book
from strategy_assets.arbitrage.exclusive_groups import ExclusiveGroups

FEWEST_LEGS = 2
MARGIN_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class PayingSet:
    """Sides of markets of one event that together pay more than they cost.

    Attributes:
        name: which one of its kind, unlike any other in its capture.
        rows: row numbers in `capture.markets`, one per leg.
        sides: what to buy there, in the same order.
        margin: (payout - cost) / cost at the asks, fees included.
    """

    kind: BundleKind
    name: str
    rows: tuple[int, ...]
    sides: tuple[Side, ...]
    margin: float


def paying_sets(legs: ExclusiveGroups, least_margin: float) -> Iterator[PayingSet]:
    """The YES and NO sets that earn more than nothing and at least `least_margin`, a group at a time."""
    yes_margin, in_yes = yes_sets(legs)
    no_margin, in_no = no_sets(legs)
    yield from _chosen(legs, BundleKind.YES_SET, yes_margin, in_yes, least_margin)
    yield from _chosen(legs, BundleKind.NO_SET, no_margin, in_no, least_margin)


def yes_sets(legs: ExclusiveGroups) -> tuple[Floats, Mask]:
    """Per group the margin of its YES set, NaN where there is none; per leg whether it is bought."""
    cost = top_of_book(legs.capture, legs.rows, yes=True).cost
    buyable = legs.column("tradable") & ~np.isnan(cost)
    whole = legs.exclusive & legs.complete & legs.every(buyable | legs.lost) & (legs.total(buyable) >= FEWEST_LEGS)
    total = legs.total(np.where(buyable, cost, 0.0))
    return _margin(np.ones(legs.groups), total, whole), buyable


def no_sets(legs: ExclusiveGroups) -> tuple[Floats, Mask]:
    """Per group the best margin of a NO set, NaN where there is none; per leg whether it is bought.

    Of k legs the k cheapest are the best, and one more improves the margin as long as it is cheap enough: so the best
    set is the cheapest ones up to some point.
    """
    cost = top_of_book(legs.capture, legs.rows, yes=False).cost
    usable = no_legs(legs) & ~np.isnan(cost) & legs.exclusive[legs.group]
    order = np.lexsort((cost, legs.group))
    order = order[usable[order]]
    group, cost = legs.group[order], cost[order]
    count, spent = _running(group, np.ones(len(order))), _running(group, cost)
    margin = _margin(count - 1, spent, count >= FEWEST_LEGS)
    best = np.full(legs.groups, -np.inf)
    np.fmax.at(best, group, margin)
    reached = margin >= best[group]
    size = np.zeros(legs.groups)
    size[group[reached][::-1]] = count[reached][::-1]
    chosen = np.zeros(len(legs.rows), dtype=bool)
    chosen[order] = count <= size[group]
    return np.where(np.isfinite(best), best, np.nan), chosen


def no_legs(legs: ExclusiveGroups) -> Mask:
    """The markets whose NO can be in a set, as far as they themselves go."""
    tradable: Mask = legs.column("tradable") & ~legs.added
    return tradable


def _running(group: Rows, values: Floats) -> Floats:
    """Sums from each group's first place up to and including every place; `group` is sorted."""
    sums = np.cumsum(values)
    first = np.searchsorted(group, group, side="left")
    return sums - sums[first] + values[first]


def _margin(payout: Floats, cost: Floats, valid: Mask) -> Floats:
    sound = valid & (cost > 0)
    margin: Floats = np.where(sound, payout / np.where(sound, cost, 1.0) - 1, np.nan)
    # What a set costs is a sum of floats: one that earns nothing must not seem to earn 2e-16.
    return margin.round(MARGIN_DECIMALS)


def _chosen(
    legs: ExclusiveGroups, kind: BundleKind, margin: Floats, members: Mask, least_margin: float
) -> Iterator[PayingSet]:
    for group in np.flatnonzero((margin > 0) & (margin >= least_margin)).tolist():
        yield chosen(legs, kind, group, members, float(margin[group]))


def chosen(legs: ExclusiveGroups, kind: BundleKind, group: int, members: Mask, margin: float) -> PayingSet:
    """The set that these members of a group make."""
    side = Side.YES if kind is BundleKind.YES_SET else Side.NO
    places = slice(*np.searchsorted(legs.group, (group, group + 1)))
    rows = tuple(legs.rows[places][members[places]].tolist())
    return PayingSet(kind, legs.name(group), rows, (side,) * len(rows), margin)
