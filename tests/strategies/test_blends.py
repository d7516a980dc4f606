"""Blends: votes become one score per market."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from prescient_dagster.domain.strategy.signals import ranked
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.hybrid.blends import Blend, Vote, beside, vote
from tests.builders import NO, D, a_capture, a_market, a_wish


def a_vote(name: str, *signed: float, weight: float = 1.0) -> Vote:
    return Vote(name, weight, np.array(signed))


def a_blend(*votes: Vote) -> Blend:
    return Blend(votes, len(votes[0].signed))


def a_view(*market_ids: str, candidates: Any = slice(None)) -> View:
    capture = a_capture(*[a_market(market_id) for market_id in market_ids])
    return View(capture, np.arange(len(market_ids))[candidates])


def test_a_single_vote_is_the_score() -> None:
    assert a_blend(a_vote("a", 0.3, -0.2, 0)).score.tolist() == [0.3, -0.2, 0]


def test_a_member_that_says_nothing_still_weighs() -> None:
    assert a_blend(a_vote("a", 0.3), a_vote("b", 0)).score.tolist() == [0.15]


def test_weights_count_in_proportion() -> None:
    assert a_blend(a_vote("a", 0.3, weight=3), a_vote("b", -0.1)).score.tolist() == [0.2]


def test_opposite_views_cancel_and_are_not_acted_on() -> None:
    blend = a_blend(a_vote("a", 0.3), a_vote("b", -0.3))
    assert blend.score.tolist() == [0]
    assert not blend.chosen(0.0, 1).any()


@pytest.mark.parametrize(("least", "chosen"), [(0.15, True), (0.150001, False)])
def test_the_least_score_is_inclusive_on_both_sides(least: float, chosen: bool) -> None:
    blend = a_blend(a_vote("a", 0.3, -0.3), a_vote("b", 0, 0))
    assert blend.chosen(least, 1).tolist() == [chosen, chosen]


def test_only_members_that_point_where_the_score_points_agree() -> None:
    blend = a_blend(a_vote("a", 0.3, 0.3), a_vote("b", 0.1, -0.1), a_vote("c", 0.1, 0))
    assert blend.agreement.tolist() == [3, 1]
    assert blend.chosen(0.01, 2).tolist() == [True, False]


def test_the_contributions_name_everyone_who_says_something() -> None:
    blend = a_blend(a_vote("momentum", 0.3, weight=2), a_vote("scalping", -0.06), a_vote("silent", 0))
    assert blend.contributions(0) == "score +0.135 from momentum +0.3 with weight 2, scalping -0.06 with weight 1"


def test_a_list_of_signals_is_a_vote() -> None:
    wishes = [a_wish("3", NO, confidence=D("0.2")), a_wish("1", confidence=D("0.1"))]
    assert vote("a", 1.0, wishes, a_view("1", "2", "3")).signed.tolist() == [0.1, 0, -0.2]


def test_ranked_entries_are_the_same_vote() -> None:
    view = a_view("1", "2", "3")
    entries = view.entries(
        np.array([True, False, True]), np.array([True, True, False]), 100, np.array([0.1, 0, 0.2]), lambda _: "so"
    )
    assert vote("a", 1.0, entries, view).signed.tolist() == [0.1, 0, -0.2]


def test_signals_outside_the_candidates_are_left_out() -> None:
    view = a_view("1", "2", "3", candidates=[1])
    assert vote("a", 1.0, [a_wish("1"), a_wish("2"), a_wish("3")], view).signed.tolist() == [0.3]


BUNDLES = {
    "weaker than any entry": (D("0.05"), 1_000_000, "0"),
    "between two entries": (D("0.15"), 1_000_000, "0"),
    "stronger than any entry": (D("0.5"), 1_000_000, "0"),
    "as strong as one, more liquid": (D("0.2"), 2_000_000, "0"),
    "as strong as one, less liquid": (D("0.2"), 500_000, "0"),
    "level with one, an earlier market": (D("0.2"), 1_000_000, "0"),
    "level with one, a later market": (D("0.2"), 1_000_000, "9"),
}


@pytest.mark.parametrize(("confidence", "liquidity", "first"), BUNDLES.values(), ids=list(BUNDLES))
def test_bundles_stand_among_the_entries_where_their_rank_is(confidence: Decimal, liquidity: int, first: str) -> None:
    view = a_view("1", "2", "3")
    every = np.ones(3, dtype=bool)
    entries = view.entries(every, every, 100, np.array([0.1, 0.2, 0.3]), lambda _: "so")
    shared = {"bundle": "no_set:2:x", "confidence": confidence, "liquidity": D(liquidity)}
    legs = [a_wish(f"{first}5", NO, **shared), a_wish(f"{first}7", NO, **shared)]
    mixed = beside(entries, legs)
    assert list(mixed) == ranked([*legs, *entries])
    assert [len(mixed), mixed[0], *mixed[1:]] == [5, *mixed]


def test_entries_without_bundles_are_what_they_were() -> None:
    view = a_view("1")
    entries = view.entries(np.array([True]), np.array([True]), 100, np.array([0.1]), lambda _: "so")
    assert beside(entries, []) is entries


def test_a_blend_without_candidates_or_votes_is_empty() -> None:
    view = a_view("1", candidates=[])
    assert vote("a", 1.0, [a_wish("1")], view).signed.tolist() == []
    assert Blend((), 2).score.tolist() == [0, 0]
