"""What a strategy sees, and what it hands back."""

from collections.abc import Iterator

import numpy as np

from prescient_dagster.domain.strategy.candidates import select
from prescient_dagster.domain.strategy.signals import ranked
from prescient_dagster.domain.strategy.strategies import Entries, View
from tests.builders import YES, a_capture, a_config, a_market


def some_entries(reasons: list[int]) -> Entries:
    """Wishes in three markets of four, that keep count of which of them became signals."""
    capture = a_capture(a_market("1"), a_market("2", tradable=False), a_market("3"), a_market("4", liquidity=5e6))
    view = View(capture, select(capture, a_config()).rows)

    def reason(candidate: int) -> str:
        reasons.append(candidate)
        return f"candidate {candidate}"

    strength = np.array([0.1, 0.3, 0.3])
    return view.entries(np.array([True] * 3), np.array([True, False, True]), 100, strength, reason)


def test_the_arrays_of_a_view_are_those_of_the_candidates() -> None:
    capture = a_capture(a_market("1", yes=0.4), a_market("2", tradable=False), a_market("3", yes=0.5))
    view = View(capture, select(capture, a_config()).rows)
    assert view.column("yes_price").tolist() == [0.4, 0.5]
    assert view.favourite_price.tolist() == [0.6, 0.5]
    assert view.yes_is_favourite.tolist() == [False, True]


def test_entries_are_ranked_as_signals_are() -> None:
    entries = some_entries([])
    assert [wish.market_id for wish in entries] == ["4", "3", "1"]
    assert ranked(entries) == list(entries)


def test_an_entry_becomes_a_signal_only_when_somebody_looks_at_it() -> None:
    seen: list[int] = []
    entries: Iterator[object] = iter(some_entries(seen))
    assert seen == []
    next(entries)
    assert seen == [2]


def test_entries_are_a_sequence() -> None:
    entries = some_entries([])
    assert len(entries) == 3
    assert entries[-1].market_id == "1"
    assert [wish.market_id for wish in entries[:2]] == ["4", "3"]
    assert entries[0].action.side is YES
    assert entries[1].action.side is not YES
