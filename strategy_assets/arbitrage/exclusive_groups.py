"""Which markets exclude each other: at most one of a group pays YES, and exactly one if the group is complete.

A group is what the venue calls one, never all that an event lists: an event may hold two, and markets beside them. Who
says itself that it excludes nothing is no leg, whatever its event says. Where the venue names no groups (old captures
tell none), the markets of an event are one if all of them exclude others and none is named in a group.

What is not clear is not judged: a group with a leg that is turned round (its first outcome is No), and one whose name
stands in two events. It is not complete where a market of the event is missing, where one may be in the group and does
not say so, and where a leg came later: what was complete has grown, or something else was put beside it. A leg that
came later takes part in nothing, but for groups that are meant to grow (augmented).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from prescient_dagster.domain.books.settlement import DISPUTED, NOTHING, SURE
from prescient_dagster.domain.market.markets import Capture, Mask, Rows
from strategy_assets.arbitrage.legs import Legs, event_legs, event_numbers

LISTED_TOGETHER = np.timedelta64(1, "D")
"""The legs of a group are listed within an hour or so; later than this, one was added."""


@dataclass(frozen=True)
class ExclusiveGroups(Legs):
    """All markets of some groups.

    Attributes:
        listed: the groups of whose event all markets are here, as many as the venue lists.
        placed: the groups of whose event every other market is known not to be a leg.
        scattered: the groups whose name stands in another event, too.
        only: the groups that are alone in their event.
    """

    listed: Mask
    placed: Mask
    scattered: Mask
    only: Mask

    @cached_property
    def ended(self) -> Mask:
        """The legs that are closed, and nobody disputes how."""
        ended: Mask = self.column("closed") & (self.text("resolution_status") != DISPUTED)
        return ended

    @cached_property
    def lost(self) -> Mask:
        """The legs that ended with a final NO, as `settlement` reads it."""
        lost: Mask = self.ended & (self.column("yes_price") <= NOTHING) & (self.column("no_price") >= SURE)
        return lost

    @cached_property
    def won(self) -> Mask:
        """The groups of which one has happened."""
        return self.some(self.ended & (self.column("yes_price") >= SURE) & (self.column("no_price") <= NOTHING))

    @cached_property
    def reversed(self) -> Mask:
        """The groups with a leg whose first outcome is No: its YES side is what does not happen."""
        first, second = (pd.Series(self.text(name)).str.strip().str.casefold() for name in ("yes_label", "no_label"))
        return self.some(((first == "no") | (second == "yes")).to_numpy(dtype=bool))

    @cached_property
    def augmented(self) -> Mask:
        """The groups that may be given more legs."""
        return self.some(self.column("neg_risk_augmented"))

    @cached_property
    def added(self) -> Mask:
        """The legs that were listed later than the first of their group, which was not meant to grow."""
        start = self.column("start_date")
        first = np.full(self.groups, np.datetime64("NaT", "us"))
        np.fmin.at(first, self.group, start)
        added: Mask = (start - first[self.group] > LISTED_TOGETHER) & ~self.augmented[self.group]
        return added

    @cached_property
    def exclusive(self) -> Mask:
        """The groups that are clear, and of which none has happened."""
        return ~self.reversed & ~self.scattered & ~self.won

    @cached_property
    def complete(self) -> Mask:
        """The groups of which every outcome is here, and to which none will be added or was."""
        return self.listed & self.placed & ~self.augmented & ~self.some(self.added)

    def name(self, group: int) -> str:
        """What tells a group from all others of its capture: its event, and its first market where there are more."""
        texts, first = self.capture.texts, int(self.rows[np.searchsorted(self.group, group)])
        event_id = texts["event_id"][first]
        return event_id if self.only[group] else f"{event_id}-{texts['market_id'][first]}"


def exclusive_groups(capture: Capture, rows: Rows) -> ExclusiveGroups:
    """The groups that these rows belong to, each with all of its markets; what is in no group is left out."""
    events = event_legs(capture, rows)
    codes, names = capture.numbered("exclusive_group")
    claimed, code = events.column("neg_risk"), codes[events.rows]
    named = (names != "")[code]
    unnamed = ~events.some(named) & events.every(claimed)
    member = claimed & (named | unnamed[events.group])
    stray = claimed & ~member | named & ~claimed
    key = events.group * (len(names) + 1) + code
    several = events.total(_first_of_each(key, member)) > 1
    places = np.flatnonzero(member & np.isin(key, key[np.isin(events.rows, rows)]))
    places = places[np.argsort(key[places], kind="stable")]
    _, first, group = np.unique(key[places], return_index=True, return_inverse=True)
    event = events.group[places[first]]
    return ExclusiveGroups(
        capture,
        events.rows[places],
        group,
        len(first),
        listed=_all_listed(events)[event],
        placed=~events.some(stray)[event],
        scattered=(_in_several_events(capture) & (names != ""))[code[places[first]]],
        only=~several[event],
    )


def _first_of_each(key: Rows, member: Mask) -> Mask:
    """One market of each group."""
    first = np.zeros(len(key), dtype=bool)
    places = np.flatnonzero(member)
    first[places[np.unique(key[places], return_index=True)[1]]] = True
    return first


def _all_listed(events: Legs) -> Mask:
    here = events.total(np.ones(len(events.rows)))
    return events.every(events.column("event_market_count") == here[events.group])


def _in_several_events(capture: Capture) -> Mask:
    """The names of groups that stand in more than one event of the capture."""
    (codes, names), (events, _) = capture.numbered("exclusive_group"), capture.numbered("event_id")
    least, most = np.full(len(names), len(codes)), np.full(len(names), -1)
    np.minimum.at(least, codes, events)
    np.maximum.at(most, codes, events)
    several: Mask = least < most
    return several


def companies(capture: Capture) -> tuple[Rows, Mask]:
    """For each row of `capture.markets` the number of those it may be in a set with, and whether it may be in any.

    Those are the markets of its group, or the markets of its event that exclude nothing.
    """
    events, known = event_numbers(capture)
    groups, names = capture.numbered("exclusive_group")
    part = np.where(capture.columns["neg_risk"], 1 + groups, 0)
    numbers, _ = pd.factorize(events * (len(names) + 1) + part)
    return numbers, known[events]
