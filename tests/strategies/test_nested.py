"""Nested pairs: which questions contain each other, and when a pair of them is worth buying."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.sides import Side
from strategy_assets.arbitrage.legs import event_legs
from strategy_assets.arbitrage.nested import claims, nested_pairs
from strategy_assets.arbitrage.sets import PayingSet
from tests.builders import NOON, a_capture, a_market

NESTED = {  # the narrower question, then the wider one
    "by a later date": ("Will it rain by June 30, 2025?", "Will it rain by December 31, 2025?"),
    "before a later date": ("Will it rain before June 9, 2025?", "Will it rain before June 30, 2025?"),
    "in a later year": ("Will it rain by December 31, 2025?", "Will it rain by January 1, 2026?"),
    "reach a lower number": ("Will Bitcoin reach $200,000 in June?", "Will Bitcoin reach $150,000 in June?"),
    "above a lower number": ("Bitcoin above $122K on June 3?", "Bitcoin above $99.5K on June 3?"),
    "above, in words": ("FDV above $1.5 billion?", "FDV above $900 million?"),
    "at least fewer": ("Will it have at least 140M viewers?", "Will it have at least 90M viewers?"),
    "more than a lower number": ("Win by more than 5.5 points?", "Win by more than 4.5 points?"),
    "dip to a higher number": ("Will Bitcoin dip to $20,000 in June?", "Will Bitcoin dip to $70,000 in June?"),
    "below a higher number": ("Will the yield be below 3.9%?", "Will the yield be below 4%?"),
    "less than a higher number": ("Less than 60 million views?", "Less than 80 million views?"),
    "or lower, which turns the order": ("Will rates hit 2.5% or lower?", "Will rates hit 3.5% or lower?"),
    "or lower, in degrees": ("Will it be 9°C or lower?", "Will it be 11°C or lower?"),
    "a date beside a number": (
        "Will Bitcoin reach $150,000 by June 30, 2025?",
        "Will Bitcoin reach $150,000 by July 31, 2025?",
    ),
}

NOT_NESTED = {
    "a date without its year": ("Will it rain by June 30?", "Will it rain by July 31?"),
    "on a date": ("Will it rain on June 3, 2025?", "Will it rain on June 4, 2025?"),
    "in a month": ("Will it rain in June 2025?", "Will it rain in July 2025?"),
    "a bare hit": ("Will Bitcoin hit $90,000?", "Will Bitcoin hit $80,000?"),
    "hit (LOW)": ("Will Bitcoin hit (LOW) $90,000?", "Will Bitcoin hit (LOW) $95,000?"),
    "between two numbers": ("Will it be between 3 and 5?", "Will it be between 3 and 6?"),
    "a range": ("Will it be above 150-200?", "Will it be above 100-200?"),
    "a range or lower": ("Will it be 70-75 or lower?", "Will it be 70-80 or lower?"),
    "not": ("Will it not rain by June 30, 2025?", "Will it not rain by July 31, 2025?"),
    "won't": ("Won't it rain by June 30, 2025?", "Won't it rain by July 31, 2025?"),
    "remain": ("Will he remain king by June 30, 2025?", "Will he remain king by July 31, 2025?"),
    "until": ("Dry until then, by June 30, 2025?", "Dry until then, by July 31, 2025?"),
    "first": ("First to reach 150?", "First to reach 200?"),
    "next": ("Will the next album have more than 10 songs?", "Will the next album have more than 12 songs?"),
    "again": ("Will it rain again by June 30, 2025?", "Will it rain again by July 31, 2025?"),
    "no more than": ("Will no more than 3 go?", "Will no more than 4 go?"),
    "two tokens that differ": ("Will Bitcoin reach $2 by June 30, 2025?", "Will Bitcoin reach $1 by July 31, 2025?"),
    "another word that differs": ("Will Bitcoin reach $2?", "Will Ethereum reach $1?"),
    "by against before": ("Will it rain by June 30, 2025?", "Will it rain before July 31, 2025?"),
    "another unit": ("Will it be 5°C or lower?", "Will it be 6°F or lower?"),
    "an ordinal": ("Will she finish above 5th?", "Will she finish above 6th?"),
    "no day of the calendar": ("Will it rain by February 30, 2025?", "Will it rain by February 31, 2025?"),
    "no number at all": ("Will it rain?", "Will it snow?"),
    "the same question twice": ("Will it rain by June 30, 2025?", "Will it rain by June 30, 2025?"),
}


def a_question(market_id: str, question: str, yes: float, **columns: Any) -> dict[str, Any]:
    return a_market(market_id, yes, **({"question": question, "event_id": "nest", "event_market_count": 2} | columns))


def a_pair(narrower: str, wider: str, **columns: Any) -> list[dict[str, Any]]:
    """Two questions priced against reason: the wider is asked at 0.41, the narrower bid at 0.49."""
    return [a_question("1", narrower, 0.50, **columns), a_question("2", wider, 0.40, **columns)]


def pairs_in(capture: Capture, least_margin: float = 0.0) -> list[PayingSet]:
    return list(nested_pairs(event_legs(capture, np.arange(len(capture.markets))), least_margin))


RAIN = NESTED["by a later date"]


@pytest.mark.parametrize("questions", NESTED.values(), ids=list(NESTED))
def test_the_wider_yes_is_bought_with_the_narrower_no(questions: tuple[str, str]) -> None:
    (found,) = pairs_in(a_capture(*a_pair(*questions)))
    assert found.kind is BundleKind.NESTED
    assert (found.rows, found.sides) == ((1, 0), (Side.YES, Side.NO))
    assert found.margin == pytest.approx(1 / 0.92 - 1)


@pytest.mark.parametrize("questions", NESTED.values(), ids=list(NESTED))
def test_prices_in_their_natural_order_are_no_mistake(questions: tuple[str, str]) -> None:
    narrower, wider = questions
    assert not pairs_in(a_capture(*a_pair(wider, narrower)))


@pytest.mark.parametrize("questions", NOT_NESTED.values(), ids=list(NOT_NESTED))
def test_no_pair_is_read_from(questions: tuple[str, str]) -> None:
    assert not pairs_in(a_capture(*a_pair(*questions)))
    assert not pairs_in(a_capture(*a_pair(*reversed(questions))))


UNSURE = {
    "outcomes of a negRisk event": {"neg_risk": True},
    "no time of listing": {"start_date": None},
    "a market that cannot be traded": {"tradable": False},
    "a resolution that is proposed": {"resolution_status": "proposed"},
    "an unknown fee": {"fee_rate": None},
}


@pytest.mark.parametrize("columns", UNSURE.values(), ids=list(UNSURE))
@pytest.mark.parametrize("place", [0, 1], ids=["narrower", "wider"])
def test_a_pair_is_left_alone_with(columns: dict[str, Any], place: int) -> None:
    pair = a_pair(*RAIN)
    pair[place] |= columns
    assert not pairs_in(a_capture(*pair))


def test_questions_without_any_rules_are_left_alone() -> None:
    assert not pairs_in(a_capture(*a_pair(*RAIN, rules_hash="")))


def test_questions_under_different_rules_are_left_alone() -> None:
    narrower, wider = a_pair(*RAIN)
    assert not pairs_in(a_capture(narrower, wider | {"rules_hash": "other"}))


def test_questions_of_two_events_are_left_alone() -> None:
    narrower, wider = a_pair(*RAIN)
    assert not pairs_in(a_capture(narrower, wider | {"event_id": "other"}))


@pytest.mark.parametrize(("hours", "pairs"), [(-1, 1), (0, 1), (1, 0)], ids=["earlier", "together", "later"])
def test_what_happened_before_the_wider_question_was_listed_may_not_count_in_it(hours: int, pairs: int) -> None:
    narrower, wider = a_pair(*RAIN)
    listed = NOON - timedelta(days=10)
    capture = a_capture(narrower | {"start_date": listed}, wider | {"start_date": listed + timedelta(hours=hours)})
    assert len(pairs_in(capture)) == pairs


def test_fees_of_both_legs_count() -> None:
    (found,) = pairs_in(a_capture(*a_pair(*RAIN, fee_rate=0.05)))
    assert found.margin == pytest.approx(1 / (0.92 + 0.05 * (0.41 * 0.59 + 0.51 * 0.49)) - 1)


def test_every_pair_of_a_longer_nest_is_judged() -> None:
    months = ("June 30", "July 31", "August 31")
    nest = [
        a_question(f"{place}", f"Will it rain by {month}, 2025?", yes)
        for place, (month, yes) in enumerate(zip(months, (0.60, 0.50, 0.40), strict=True))
    ]
    assert sorted(found.rows for found in pairs_in(a_capture(*nest))) == [(1, 0), (2, 0), (2, 1)]


def test_a_question_may_hold_several_claims() -> None:
    assert [claim.width for claim in claims("Will it reach 5 by June 30, 2025?")] == [739432, -5]
