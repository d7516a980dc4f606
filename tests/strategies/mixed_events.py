"""Events as they come: groups, markets beside them, flags that contradict each other; and what may happen in each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from tests.builders import NOON, a_market

Happened = dict[str, bool]
"""Which outcomes came true, by market."""
LISTED = NOON - timedelta(days=30)


@dataclass
class MixedEvent:
    """Markets as the venue lists them, and what it promises of them.

    Attributes:
        reversed: the markets whose YES side pays if their outcome does not happen.
        promises: what every outcome that can be keeps.
        unlisted: markets that the venue counts and that are not here.
    """

    event_id: str
    markets: list[dict[str, Any]] = field(default_factory=list)
    reversed: set[str] = field(default_factory=set)
    promises: list[Callable[[Happened], bool]] = field(default_factory=list)
    unlisted: int = 0
    augmented: bool = False

    def add(self, market: dict[str, Any], *, turned: bool = False) -> str:
        """List a market; its id."""
        market_id = f"{self.event_id}{len(self.markets)}"
        labels = {"yes_label": "No", "no_label": "Yes"} if turned else {}
        self.markets.append(market | labels | {"market_id": market_id, "event_id": self.event_id})
        self.reversed |= {market_id} if turned else set()
        return market_id

    def listed(self) -> list[dict[str, Any]]:
        """Its markets with what each says of the event."""
        count = len(self.markets) + self.unlisted
        return [each | {"event_market_count": count, "neg_risk_augmented": self.augmented} for each in self.markets]

    def possible(self) -> Iterator[Happened]:
        """Every outcome that its promises allow."""
        ids = [market["market_id"] for market in self.markets]
        for came_true in product((False, True), repeat=len(ids)):
            happened = dict(zip(ids, came_true, strict=True))
            if all(promise(happened) for promise in self.promises):
                yield happened

    def payout(self, happened: Happened, market_id: str, side: str) -> int:
        """What a share pays."""
        yes = happened[market_id] != (market_id in self.reversed)
        return int(yes == (side == "yes"))


def promise(ids: Sequence[str], *, complete: bool) -> Callable[[Happened], bool]:
    """At most one of these happens, and exactly one if they are all that can."""
    return lambda happened: sum(happened[each] for each in ids) in ((1,) if complete else (0, 1))


SHARED = "0xshared"
"""A name that two events give to a group; nobody knows what it says of either."""


@st.composite
def mixed_worlds(draw: st.DrawFn) -> list[MixedEvent]:
    """Two events, which now and then name a group alike."""
    alike = draw(rarely())
    return [draw(mixed_events("e", alike=alike)), draw(mixed_events("f", alike=alike))]


@st.composite
def mixed_events(draw: st.DrawFn, event_id: str, *, alike: bool = False) -> MixedEvent:
    """One event: one or two groups or none named, and with some chance everything that can be wrong with it."""
    event = MixedEvent(event_id, unlisted=int(draw(rarely())), augmented=draw(rarely()))
    named = alike or draw(st.booleans())
    groups = [f"0x{event_id}{number}" for number in range(draw(st.integers(1, 2)))] if named else [""]
    groups[0] = SHARED if alike else groups[0]
    kinds = st.sampled_from(["beside", "contradictory", *(["unplaced"] if named else [])])
    strays = draw(st.lists(kinds, max_size=2))
    for kind in strays:
        _add_stray(draw, event, kind)
    for group in groups:
        legs, grown = _add_group(draw, event, group)
        complete = not (event.unlisted or event.augmented or grown or set(strays) - {"beside"})
        if group != SHARED and (named or not strays):
            event.promises.append(promise(legs, complete=complete))
    return event


def _add_stray(draw: st.DrawFn, event: MixedEvent, kind: str) -> None:
    """A market that is in no group, or may be in one: nobody knows."""
    exclusive, group = {
        "beside": (False, ""),
        "unplaced": (True, ""),
        "contradictory": (False, f"0x{event.event_id}0"),
    }[kind]
    event.add(_market(draw, group, neg_risk=exclusive))


def _add_group(draw: st.DrawFn, event: MixedEvent, group: str) -> tuple[list[str], bool]:
    """Legs of which at most one happens, and whether another was listed later that need not be one of them."""
    legs = [event.add(_market(draw, group), turned=draw(rarely())) for _ in range(draw(st.integers(2, 3)))]
    if draw(rarely()):
        ended = event.add(_market(draw, group) | OVER)
        event.promises.append(lambda happened: not happened[ended])
    if not draw(rarely()):
        return legs, False
    later = event.add(_market(draw, group, start_date=LISTED + timedelta(days=draw(st.integers(2, 9)))))
    return legs + [later] * event.augmented, True


OVER = {"closed": True, "tradable": False, "resolution_status": "resolved", "yes_price": 0.0, "no_price": 1.0}


def rarely() -> st.SearchStrategy[bool]:
    """Once in four times."""
    return st.integers(0, 3).map(lambda number: number == 3)


def _market(draw: st.DrawFn, group: str, **columns: Any) -> dict[str, Any]:
    """A leg at any price, also at such as make a set of it cheap."""
    quotes = {"bid": draw(st.integers(1, 70)) / 100, "ask": draw(st.integers(5, 99)) / 100}
    start = LISTED + timedelta(minutes=draw(st.integers(0, 50)))
    return a_market(**({"neg_risk": True, "exclusive_group": group, "start_date": start} | quotes | columns))
