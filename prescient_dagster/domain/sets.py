"""Sets of one event's markets that cannot all lose, found at the asks with fees.

    YES set   exactly one outcome happens: one share of every YES pays 1
    NO set    at most one outcome happens: one share of each of k NOs pays at least k - 1

Both rest on the venue's negRisk promise that the outcomes exclude each other. A YES set needs all of them besides:
every market of the event, those that are closed and lost left out, none hidden, none without an ask, and no outcome
that may still be added (augmented). A filter must never decide what is in a set: what is left of one looks cheap.

Prices are floats here, to find the few sets of a whole venue that may pay; `bundles` counts their money.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.bundles import BundleKind
from prescient_dagster.domain.markets import Capture, Floats, Mask, Rows
from prescient_dagster.domain.settlement import DISPUTED, NOTHING, SURE
from prescient_dagster.domain.signals import Side
from prescient_dagster.domain.touches import touches

FEWEST_LEGS = 2
MARGIN_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class PayingSet:
    """Sides of markets of one event that together pay more than they cost.

    Attributes:
        rows: row numbers in `capture.markets`, one per leg.
        sides: what to buy there, in the same order.
        margin: (payout - cost) / cost at the asks, fees included.
    """

    kind: BundleKind
    rows: tuple[int, ...]
    sides: tuple[Side, ...]
    margin: float


@dataclass(frozen=True)
class EventLegs:
    """All markets of some events as flat arrays, the markets of an event side by side.

    Attributes:
        rows: row numbers in `capture.markets`.
        event: the event of each row, numbered from 0 up.
        events: how many events there are.
    """

    capture: Capture
    rows: Rows
    event: Rows
    events: int

    def column(self, name: str) -> Any:
        """A numeric, boolean or time column of `capture.markets` for these rows."""
        return self.capture.columns[name][self.rows]

    def total(self, values: Any) -> Floats:
        """The sum of `values` over each event."""
        total = np.bincount(self.event, values, minlength=self.events)
        return total.astype(np.float64)

    def every(self, mask: Mask) -> Mask:
        """The events of which every market is in the mask."""
        every: Mask = self.total(~mask) == 0
        return every

    def some(self, mask: Mask) -> Mask:
        """The events of which at least one market is in the mask."""
        some: Mask = self.total(mask) > 0
        return some

    @cached_property
    def ended(self) -> Mask:
        """Closed, and nobody disputes how."""
        disputed = self.capture.text_column("resolution_status").iloc[self.rows] == DISPUTED
        ended: Mask = self.column("closed") & ~disputed.to_numpy(dtype=bool)
        return ended

    @cached_property
    def lost(self) -> Mask:
        """Ended with a final NO, as `settlement` reads it."""
        lost: Mask = self.ended & (self.column("yes_price") <= NOTHING) & (self.column("no_price") >= SURE)
        return lost

    @cached_property
    def exclusive(self) -> Mask:
        """The events whose outcomes exclude each other and of which none has happened."""
        won = self.ended & (self.column("yes_price") >= SURE) & (self.column("no_price") <= NOTHING)
        return self.every(self.column("neg_risk")) & ~self.some(won)

    @cached_property
    def complete(self) -> Mask:
        """The events of which every outcome is here: as many markets as the venue lists, and none to be added."""
        present = self.total(np.ones(len(self.rows)))
        listed = self.every(self.column("event_market_count") == present[self.event])
        return listed & ~self.some(self.column("neg_risk_augmented"))


def event_numbers(capture: Capture) -> tuple[Rows, Mask]:
    """The event of each row of `capture.markets`, numbered from 0 up, and which events are known by an id.

    Markets that were listed without their event have none in common.
    """
    numbers, ids = pd.factorize(capture.text_column("event_id"))
    return numbers, np.asarray(ids != "", dtype=bool)


def event_legs(capture: Capture, rows: Rows) -> EventLegs:
    """All markets of the events that these rows belong to, also those that cannot be traded."""
    numbers, known = event_numbers(capture)
    wanted = np.zeros(len(known), dtype=bool)
    wanted[numbers[rows]] = True
    wanted &= known
    legs = np.flatnonzero(wanted[numbers])
    legs = legs[np.argsort(numbers[legs], kind="stable")]
    renumbered = np.cumsum(wanted) - 1
    return EventLegs(capture, legs, renumbered[numbers[legs]], int(wanted.sum()))


def paying_sets(legs: EventLegs, least_margin: float) -> Iterator[PayingSet]:
    """The YES and NO sets that earn more than nothing and at least `least_margin`, an event at a time."""
    yes_margin, in_yes = yes_sets(legs)
    no_margin, in_no = no_sets(legs)
    yield from _chosen(legs, BundleKind.YES_SET, yes_margin, in_yes, least_margin)
    yield from _chosen(legs, BundleKind.NO_SET, no_margin, in_no, least_margin)


def yes_sets(legs: EventLegs) -> tuple[Floats, Mask]:
    """Per event the margin of its YES set, NaN where there is none; per leg whether it is bought."""
    cost = touches(legs.capture, legs.rows, yes=True).cost
    buyable = legs.column("tradable") & ~np.isnan(cost)
    whole = legs.exclusive & legs.complete & legs.every(buyable | legs.lost) & (legs.total(buyable) >= FEWEST_LEGS)
    total = legs.total(np.where(buyable, cost, 0.0))
    return _margin(np.ones(legs.events), total, whole), buyable


def no_sets(legs: EventLegs) -> tuple[Floats, Mask]:
    """Per event the best margin of a NO set, NaN where there is none; per leg whether it is bought.

    Of k legs the k cheapest are the best, and one more improves the margin as long as it is cheap enough: so the best
    set is the cheapest ones up to some point.
    """
    cost = touches(legs.capture, legs.rows, yes=False).cost
    usable = legs.column("tradable") & ~np.isnan(cost) & legs.exclusive[legs.event]
    order = np.lexsort((cost, legs.event))
    order = order[usable[order]]
    event, cost = legs.event[order], cost[order]
    count, spent = _running(event, np.ones(len(order))), _running(event, cost)
    margin = _margin(count - 1, spent, count >= FEWEST_LEGS)
    best = np.full(legs.events, -np.inf)
    np.fmax.at(best, event, margin)
    reached = margin >= best[event]
    size = np.zeros(legs.events)
    size[event[reached][::-1]] = count[reached][::-1]
    chosen = np.zeros(len(legs.rows), dtype=bool)
    chosen[order] = count <= size[event]
    return np.where(np.isfinite(best), best, np.nan), chosen


def _running(event: Rows, values: Floats) -> Floats:
    """Sums from each event's first place up to and including every place; `event` is sorted."""
    sums = np.cumsum(values)
    first = np.searchsorted(event, event, side="left")
    return sums - sums[first] + values[first]


def _margin(payout: Floats, cost: Floats, valid: Mask) -> Floats:
    sound = valid & (cost > 0)
    margin: Floats = np.where(sound, payout / np.where(sound, cost, 1.0) - 1, np.nan)
    # What a set costs is a sum of floats: one that earns nothing must not seem to earn 2e-16.
    return margin.round(MARGIN_DECIMALS)


def _chosen(
    legs: EventLegs, kind: BundleKind, margin: Floats, members: Mask, least_margin: float
) -> Iterator[PayingSet]:
    side = Side.YES if kind is BundleKind.YES_SET else Side.NO
    for event in np.flatnonzero((margin > 0) & (margin >= least_margin)):
        places = slice(*np.searchsorted(legs.event, (event, event + 1)))
        rows = tuple(legs.rows[places][members[places]].tolist())
        yield PayingSet(kind, rows, (side,) * len(rows), float(margin[event]))
