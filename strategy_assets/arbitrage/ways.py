"""How the sets of one market are judged, a condition at a time: what `sets` and `nested` look at, made to be read.

Each way of making a set is told with all of its conditions, also those after the first that failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.markets import Capture, Floats, Mask
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.market.top_of_book import top_of_book
from prescient_dagster.domain.strategy.rules import AT_LEAST, BELOW, IS, Step, number
from strategy_assets.arbitrage.exclusive_groups import ExclusiveGroups, exclusive_groups
from strategy_assets.arbitrage.legs import Legs, event_legs
from strategy_assets.arbitrage.nested import claims, pairs
from strategy_assets.arbitrage.sets import FEWEST_LEGS, PayingSet, chosen, no_legs, no_sets, yes_sets

EXCLUSIVE = "outcomes exclude each other"


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


def ways(capture: Capture, row: int, *, nested: bool) -> Iterator[Way]:
    """Every way for the market of this row; a market without an event has none.

    Args:
        nested: whether nested pairs are looked for.
    """
    rows = np.array([row], dtype=np.intp)
    legs = event_legs(capture, rows)
    if not legs.groups:
        return
    group = exclusive_groups(capture, rows)
    yield _yes_set(group, legs) if group.groups else _in_no_group(BundleKind.YES_SET, legs, row)
    yield _no_set(group, row) if group.groups else _in_no_group(BundleKind.NO_SET, legs, row)
    if nested:
        yield _nested_pair(legs, row)


def _in_no_group(kind: BundleKind, legs: Legs, row: int) -> Way:
    promised = bool(legs.capture.columns["neg_risk"][row])
    note = "the venue does not say which of them do" if promised else "the venue does not promise it (negRisk)"
    return Way(kind, (Step(EXCLUSIVE, False, note=note),), None)


def _yes_set(legs: ExclusiveGroups, event: Legs) -> Way:
    margin, buyable = yes_sets(legs)
    cost = float(legs.total(np.where(buyable, _costs(legs, Side.YES), 0.0))[0])
    found = _found(legs, BundleKind.YES_SET, margin, buyable)
    augmented, grown = bool(legs.augmented[0]), bool(legs.some(legs.added)[0])
    needed, listed = int((~legs.lost).sum()), int(event.column("event_market_count").max())
    steps = (
        _exclusive(legs),
        Step("no outcome can be added", not augmented, note="the event is augmented" if augmented else ""),
        Step("no outcome was added", not grown, note="one was listed later than the others" if grown else ""),
        Step("all of the event is here", bool(legs.listed[0]), IS, listed, len(event.rows)),
        Step("no other market can be one of them", bool(legs.placed[0])),
        Step(
            "all that can still win have an ask",
            bool(legs.every(buyable | legs.lost)[0]),
            IS,
            needed,
            int(buyable.sum()),
        ),
        _legs(int(buyable.sum())),
        Step("costs less than it pays", cost < 1, BELOW, 1, cost, note="" if found else "of what has an ask"),
    )
    return Way(BundleKind.YES_SET, steps, found)


def _no_set(legs: ExclusiveGroups, row: int) -> Way:
    margin, members = no_sets(legs)
    usable = no_legs(legs) & ~np.isnan(_costs(legs, Side.NO))
    found, count = _found(legs, BundleKind.NO_SET, margin, members), int(members.sum())
    cost = float(_costs(legs, Side.NO)[members].sum()) if count else None
    pays = cost is not None and cost < count - 1
    steps = (
        _exclusive(legs),
        _legs(int(usable.sum())),
        Step(
            "costs less than it pays",
            pays,
            BELOW,
            count - 1 if count else None,
            cost,
            note=f"the {count} cheapest" if count else "",
        ),
        _is_leg(legs, members, row),
    )
    return Way(BundleKind.NO_SET, steps, found)


def _is_leg(legs: ExclusiveGroups, members: Mask, row: int) -> Step:
    own = legs.rows == row
    is_leg, added = bool(members[own].any()), bool(legs.added[own].any())
    worse = "with it the set would earn less" if members.any() and not is_leg else ""
    return Step("is a leg", is_leg, note="it was listed later than the others" if added else worse)


def _nested_pair(legs: Legs, row: int) -> Way:
    exclusive = bool(legs.capture.columns["neg_risk"][row]) or legs.capture.text("exclusive_group", row) != ""
    question = legs.capture.texts["question"][row]
    best = max((pair for pair in pairs(legs) if row in pair.rows), key=lambda pair: pair.margin, default=None)
    cost = None if best is None else 1 / (1 + best.margin)
    partner = None if best is None else _partner(legs, best, row)
    steps = (
        Step("excludes no other outcome", not exclusive),
        Step("question can contain another", bool(claims(question))),
        Step("another market contains it or is contained", best is not None, value=partner),
        Step("costs less than it pays", cost is not None and cost < 1, BELOW, 1, cost),
    )
    return Way(BundleKind.NESTED, steps, best)


def _exclusive(legs: ExclusiveGroups) -> Step:
    doubts = {
        "an outcome has happened": legs.won,
        "one of them lists No first": legs.reversed,
        "another event has markets of the same group": legs.scattered,
    }
    note = next((told for told, groups in doubts.items() if groups[0]), "")
    return Step(EXCLUSIVE, bool(legs.exclusive[0]), note=note)


def _legs(count: int) -> Step:
    return Step("legs", count >= FEWEST_LEGS, AT_LEAST, FEWEST_LEGS, count)


def _costs(legs: Legs, side: Side) -> Floats:
    return top_of_book(legs.capture, legs.rows, yes=side is Side.YES).cost


def _found(legs: ExclusiveGroups, kind: BundleKind, margin: Floats, members: Mask) -> PayingSet | None:
    earns = number(margin[0])
    return None if earns is None else chosen(legs, kind, 0, members, earns)


def _partner(legs: Legs, pair: PayingSet, row: int) -> str:
    (other,) = (leg for leg in pair.rows if leg != row)
    return legs.capture.texts["market_id"][other]
