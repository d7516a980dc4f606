"""How the sets of one event are judged, a condition at a time: what `sets` and `nested` look at, made to be read.

Each way of making a set is told with all of its conditions, also those after the first that failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from prescient_dagster.domain.bundles import BundleKind
from prescient_dagster.domain.markets import Floats, Mask
from prescient_dagster.domain.nested import claims, pairs
from prescient_dagster.domain.rules import AT_LEAST, BELOW, IS, Step, number
from prescient_dagster.domain.sets import FEWEST_LEGS, EventLegs, PayingSet, no_sets, yes_sets
from prescient_dagster.domain.signals import Side
from prescient_dagster.domain.touches import touches


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a market can be a leg of a set.

    Attributes:
        steps: its conditions; a set that fills them all pays more than it costs.
        found: the set, whatever it earns; None where a condition forbids one.
    """

    kind: BundleKind
    steps: tuple[Step, ...]
    found: PayingSet | None


def ways(legs: EventLegs, row: int, *, nested: bool) -> Iterator[Way]:
    """Every way for the market of this row. `legs` are those of its event and of no other.

    Args:
        nested: whether nested pairs are looked for.
    """
    yield _yes_set(legs)
    yield _no_set(legs, row)
    if nested:
        yield _nested_pair(legs, row)


def _yes_set(legs: EventLegs) -> Way:
    margin, buyable = yes_sets(legs)
    cost = float(legs.total(np.where(buyable, _costs(legs, Side.YES), 0.0))[0])
    found = _found(legs, BundleKind.YES_SET, margin, buyable)
    augmented = bool(legs.some(legs.column("neg_risk_augmented"))[0])
    listed, needed = legs.column("event_market_count"), int((~legs.lost).sum())
    steps = (
        _exclusive(legs),
        Step("no outcome can be added", not augmented, note="the event is augmented" if augmented else ""),
        Step("all outcomes are here", bool((listed == len(legs.rows)).all()), IS, int(listed.max()), len(legs.rows)),
        Step("all that can still win have an ask", _all_buyable(legs, buyable), IS, needed, int(buyable.sum())),
        _legs(int(buyable.sum())),
        Step("costs less than it pays", cost < 1, BELOW, 1, cost, note="" if found else "of what has an ask"),
    )
    return Way(BundleKind.YES_SET, steps, found)


def _no_set(legs: EventLegs, row: int) -> Way:
    margin, chosen = no_sets(legs)
    usable = legs.column("tradable") & ~np.isnan(_costs(legs, Side.NO))
    found, count = _found(legs, BundleKind.NO_SET, margin, chosen), int(chosen.sum())
    cost = float(_costs(legs, Side.NO)[chosen].sum()) if count else None
    is_leg = bool(chosen[legs.rows == row].any())
    pays = cost is not None and cost < count - 1
    steps = (
        _exclusive(legs),
        _legs(int(usable.sum())),
        Step("costs less than it pays", pays, BELOW, count - 1 if count else None, cost, note=_cheapest(count)),
        Step("is a leg", is_leg, note="" if is_leg or not count else "with it the set would earn less"),
    )
    return Way(BundleKind.NO_SET, steps, found)


def _nested_pair(legs: EventLegs, row: int) -> Way:
    exclusive = bool(legs.some(legs.column("neg_risk"))[0])
    question = legs.capture.texts["question"][row]
    best = max((pair for pair in pairs(legs) if row in pair.rows), key=lambda pair: pair.margin, default=None)
    cost = None if best is None else 1 / (1 + best.margin)
    partner = None if best is None else _partner(legs, best, row)
    steps = (
        Step("outcomes do not exclude each other", not exclusive),
        Step("question can contain another", bool(claims(question))),
        Step("another market contains it or is contained", best is not None, value=partner),
        Step("costs less than it pays", cost is not None and cost < 1, BELOW, 1, cost),
    )
    return Way(BundleKind.NESTED, steps, best)


def _exclusive(legs: EventLegs) -> Step:
    promised = bool(legs.every(legs.column("neg_risk"))[0])
    note = "an outcome has happened" if promised else "the venue does not promise it (negRisk)"
    exclusive = bool(legs.exclusive[0])
    return Step("outcomes exclude each other", exclusive, note="" if exclusive else note)


def _legs(count: int) -> Step:
    return Step("legs", count >= FEWEST_LEGS, AT_LEAST, FEWEST_LEGS, count)


def _all_buyable(legs: EventLegs, buyable: Mask) -> bool:
    return bool(legs.every(buyable | legs.lost)[0])


def _cheapest(count: int) -> str:
    return f"the {count} cheapest" if count else ""


def _costs(legs: EventLegs, side: Side) -> Floats:
    return touches(legs.capture, legs.rows, yes=side is Side.YES).cost


def _found(legs: EventLegs, kind: BundleKind, margin: Floats, members: Mask) -> PayingSet | None:
    earns = number(margin[0])
    if earns is None:
        return None
    rows = tuple(legs.rows[members].tolist())
    side = Side.YES if kind is BundleKind.YES_SET else Side.NO
    return PayingSet(kind, rows, (side,) * len(rows), earns)


def _partner(legs: EventLegs, pair: PayingSet, row: int) -> str:
    (other,) = (leg for leg in pair.rows if leg != row)
    return legs.capture.texts["market_id"][other]
