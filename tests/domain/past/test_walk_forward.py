"""Three configs in three windows, worked out by hand: what had just been best, and what it did next."""

from datetime import timedelta

import pytest

from prescient_dagster.domain.past.sweep import chance
from prescient_dagster.domain.past.walk_forward import TriedWindow, Walked, WalkForward, walk_forward
from tests.domain.past.test_sweep import a_record
from tests.store.listings import NOON

DAYS = [TriedWindow(NOON + timedelta(days=day), NOON + timedelta(days=day, hours=23), 24) for day in range(3)]


def by_hand() -> WalkForward:
    """Of 1,000 USD. Profits by window: a +50 −10 +30, b +20 +40 −60, c 0 (nothing entered) +5 +10."""
    a = [a_record({"1": 50}), a_record({"2": -10}), a_record({"3": 30})]
    b = [a_record({"1": 20}), a_record({"2": 40}), a_record({"3": -60})]
    c = [a_record(), a_record({"2": 5}), a_record({"3": 10})]
    return walk_forward(DAYS, [Walked({"n": name}, tuple(own)) for name, own in zip("abc", (a, b, c), strict=True)])


def test_the_best_of_each_window_is_looked_at_on_the_next() -> None:
    """First a (5 %), which then makes −1 % where the median is 0.5 %; second b (4 %), which then makes −6 %."""
    first, second = by_hand().turns
    assert (first.window, first.winner.overrides, second.window, second.winner.overrides) == (
        0,
        {"n": "a"},
        1,
        {"n": "b"},
    )
    assert (first.won, first.made_next, first.median_next) == pytest.approx((0.05, -0.01, 0.005))
    assert (second.won, second.made_next, second.median_next) == pytest.approx((0.04, -0.06, 0.01))
    assert (first.stayed, second.stayed) == (False, False)


def test_all_windows_together_are_summed_up() -> None:
    """Means: a 7/3 %, b 0, c 0.5 %. Followers of the best made (−1 − 6)/2 %, the median (0.5 + 1)/2 %."""
    found = by_hand()
    assert [each.overrides["n"] for each in found.walked] == ["a", "c", "b"]
    assert [each.mean_return for each in found.walked] == pytest.approx([0.07 / 3, 0.005, 0.0])
    assert (found.followed, found.middle) == pytest.approx((-0.035, 0.0075))
    assert (found.stayed, found.told) == (0, 2)
    assert "the best of a window was in the better half of the next 0 of 2 times" in "; ".join(found.doubts)
    assert "made no profit" in found.doubts[-1]


def test_the_reality_check_looks_at_every_event_of_every_window() -> None:
    """As if the nine profits were those of one part with three events."""
    one_part = [
        [a_record({"1": 50, "2": -10, "3": 30})],
        [a_record({"2": 5, "3": 10})],
        [a_record({"1": 20, "2": 40, "3": -60})],
    ]
    assert by_hand().chance == chance(one_part)


def test_a_winner_that_enters_nothing_next_confirms_nothing() -> None:
    a, b = [a_record({"1": 50}), a_record()], [a_record({"1": 20}), a_record({"2": -5})]
    found = walk_forward(DAYS[:2], [Walked({"n": "a"}, tuple(a)), Walked({"n": "b"}, tuple(b))])
    assert (found.turns[0].stayed, found.stayed, found.told) == (None, 0, 0)
    assert "nothing confirms them" in "; ".join(found.doubts)


def test_one_as_good_as_the_median_is_in_the_better_half() -> None:
    same = [a_record({"1": 5}), a_record({"2": 5})]
    assert walk_forward(DAYS[:2], [Walked({"n": n}, tuple(same)) for n in range(3)]).stayed == 1


def test_where_nobody_enters_anything_there_is_nothing_to_rank() -> None:
    found = walk_forward(DAYS[:2], [Walked({"n": 1}, (a_record(), a_record()))])
    assert (found.chance, found.turns, found.followed) == (None, [], 0.0)
    assert found.doubts == ["no config entered anything: there is nothing to rank"]
