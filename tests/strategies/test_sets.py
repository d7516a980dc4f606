"""YES sets and NO sets: what makes one, and every way in which something only looks like one."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.sides import Side
from strategy_assets.arbitrage.exclusive_groups import exclusive_groups
from strategy_assets.arbitrage.sets import PayingSet, paying_sets
from tests.builders import a_capture, a_closed_market, a_market

YES_SET, NO_SET = BundleKind.YES_SET, BundleKind.NO_SET


def an_event(*legs: dict[str, Any], event_id: str = "race", **columns: Any) -> list[dict[str, Any]]:
    """The markets of one negRisk event that is listed whole, each changed by the columns."""
    shared = {"event_id": event_id, "neg_risk": True, "event_market_count": len(legs)} | columns
    return [leg | shared for leg in legs]


def a_leg(market_id: str, ask: float, **columns: Any) -> dict[str, Any]:
    """An outcome that can be bought at `ask`, YES; its NO costs one minus the bid, a cent below."""
    bid = round(ask - 0.01, 6)
    return a_market(market_id, round(ask - 0.005, 6), **({"bid": bid, "ask": ask} | columns))


def cheap_legs(**columns: Any) -> list[dict[str, Any]]:
    """Three outcomes of which one share each costs 0.92."""
    return [a_leg("1", 0.50, **columns), a_leg("2", 0.30, **columns), a_leg("3", 0.12, **columns)]


def dear_legs(**columns: Any) -> list[dict[str, Any]]:
    """Three outcomes whose NO sides cost 0.55, 0.60 and 0.65, and of which one at most can happen."""
    asks = {"1": 0.55, "2": 0.60, "3": 0.65}
    return [
        a_market(name, 1 - no_ask, bid=round(1 - no_ask, 6), ask=round(1.02 - no_ask, 6), **columns)
        for name, no_ask in asks.items()
    ]


def found_in(capture: Capture, least_margin: float = 0.0) -> list[PayingSet]:
    every_market = np.arange(len(capture.markets))
    return list(paying_sets(exclusive_groups(capture, every_market), least_margin))


def kinds_in(*markets: dict[str, Any]) -> list[BundleKind]:
    return [paying_set.kind for paying_set in found_in(a_capture(*markets))]


def test_a_yes_set_earns_what_is_left_between_its_asks_and_one() -> None:
    (found,) = found_in(a_capture(*an_event(*cheap_legs())))
    assert (found.kind, found.rows, found.sides) == (YES_SET, (0, 1, 2), (Side.YES,) * 3)
    assert found.margin == pytest.approx(1 / 0.92 - 1)


def test_fees_of_every_leg_come_off_the_margin() -> None:
    (found,) = found_in(a_capture(*an_event(*cheap_legs(fee_rate=0.04))))
    assert found.margin == pytest.approx(0.060868, abs=1e-6)


def test_a_no_set_pays_all_but_one_of_its_legs() -> None:
    (found,) = found_in(a_capture(*an_event(*dear_legs())))
    assert (found.kind, found.rows, found.sides) == (NO_SET, (0, 1, 2), (Side.NO,) * 3)
    assert found.margin == pytest.approx(2 / 1.80 - 1)


def test_the_least_margin_is_inclusive() -> None:
    capture = a_capture(*an_event(a_leg("1", 0.50), a_leg("2", 0.30)))
    assert found_in(capture, least_margin=0.25)
    assert not found_in(capture, least_margin=0.2501)


@pytest.mark.parametrize("total", [1.0, 1.02])
def test_asks_that_sum_to_one_or_more_earn_nothing(total: float) -> None:
    assert not kinds_in(*an_event(a_leg("1", 0.60), a_leg("2", round(total - 0.60, 6))))


def test_mids_below_one_are_no_set_where_the_asks_are_not() -> None:
    wide = [a_market(name, yes, bid=0.01, ask=yes + 0.10) for name, yes in (("1", 0.50), ("2", 0.40))]
    assert not kinds_in(*an_event(*wide))


def test_legs_that_closed_at_no_are_dropped() -> None:
    (found,) = found_in(a_capture(*an_event(*cheap_legs(), a_closed_market("4", 0.0))))
    assert found.rows == (0, 1, 2)


NO_YES_SET = {
    "outcomes that do not exclude each other": an_event(*cheap_legs(), neg_risk=False),
    "an augmented event, which may list another outcome": an_event(*cheap_legs(), neg_risk_augmented=True),
    "a market that paging lost": an_event(*cheap_legs(), event_market_count=4),
    "a market that could not be parsed": an_event(*cheap_legs(), event_market_count=5),
    "an event that does not tell how many markets it has": an_event(*cheap_legs(), event_market_count=0),
    "a placeholder": an_event(*cheap_legs(), a_leg("4", 0.02, tradable=False)),
    "a leg that nobody offers": an_event(*cheap_legs(), a_leg("4", 0.02) | {"best_ask": None}),
    "a leg whose fee is unknown": an_event(*cheap_legs(), a_leg("4", 0.02, fee_rate=None)),
    "a leg that is disputed": an_event(*cheap_legs(), a_closed_market("4", 0.0, status="disputed")),
    "a leg that is closed and not resolved": an_event(*cheap_legs(), a_closed_market("4", 0.03, status="proposed")),
    "a leg that was void": an_event(*cheap_legs(), a_closed_market("4", 0.5)),
    "a leg of a legacy market that paid neither side": an_event(
        *cheap_legs(), a_closed_market("4", 0.0) | {"no_price": 0.0}
    ),
    "an ask that is no valid price": an_event(*cheap_legs(), a_leg("4", 0.02) | {"best_ask": 0.0}),
}


@pytest.mark.parametrize("markets", NO_YES_SET.values(), ids=list(NO_YES_SET))
def test_there_is_no_yes_set_with(markets: list[dict[str, Any]]) -> None:
    assert YES_SET not in kinds_in(*markets)


@pytest.mark.parametrize("legs", [cheap_legs(), dear_legs()], ids=["yes set", "no set"])
def test_an_event_that_is_decided_is_left_alone(legs: list[dict[str, Any]]) -> None:
    assert not kinds_in(*an_event(*legs, a_closed_market("4", 1.0)))


NO_SET_ALL_THE_SAME = {
    "an augmented event": an_event(*dear_legs(), neg_risk_augmented=True),
    "an event of which markets are missing": an_event(*dear_legs(), event_market_count=9),
    "a placeholder beside it": an_event(*dear_legs(), a_market("4", 0.5, tradable=False)),
    "a leg beside it that nobody bids for": an_event(*dear_legs(), a_market("4", 0.01, bid=None, ask=0.01)),
}


@pytest.mark.parametrize("markets", NO_SET_ALL_THE_SAME.values(), ids=list(NO_SET_ALL_THE_SAME))
def test_exclusion_is_all_a_no_set_needs(markets: list[dict[str, Any]]) -> None:
    (found,) = found_in(a_capture(*markets))
    assert (found.kind, found.rows) == (NO_SET, (0, 1, 2))


def test_there_is_no_no_set_where_outcomes_do_not_exclude_each_other() -> None:
    assert not kinds_in(*an_event(*dear_legs(), neg_risk=False))


def test_a_no_set_leaves_out_legs_that_make_it_worse() -> None:
    unlikely = a_market("4", 0.02, bid=0.01, ask=0.03)
    (found,) = found_in(a_capture(*an_event(*dear_legs(), unlikely)))
    assert found.rows == (0, 1, 2)


def test_one_leg_is_no_set() -> None:
    assert not kinds_in(*an_event(a_leg("1", 0.50), a_closed_market("2", 0.0)))


def test_events_are_not_mixed() -> None:
    halves = [*an_event(a_leg("1", 0.4), event_id="a"), *an_event(a_leg("2", 0.4), event_id="b")]
    assert not kinds_in(*halves)


def test_markets_that_were_listed_without_their_event_are_no_set() -> None:
    assert not kinds_in(*an_event(*cheap_legs(), event_id=""))
    assert not kinds_in(*an_event(*dear_legs(), event_id=""))


def test_markets_of_an_event_need_not_stand_together() -> None:
    race = an_event(a_leg("1", 0.50), a_leg("3", 0.30))
    cup = an_event(a_leg("2", 0.60), a_leg("4", 0.20), event_id="cup")
    assert [found.rows for found in found_in(a_capture(*race, *cup))] == [(0, 2), (1, 3)]


def test_all_legs_of_an_event_are_judged_by_whichever_market_it_was_asked_for() -> None:
    capture = a_capture(*an_event(*cheap_legs()), a_market("9"))
    legs = exclusive_groups(capture, np.array([1]))
    assert legs.rows.tolist() == [0, 1, 2]


def test_an_empty_capture_holds_no_sets() -> None:
    assert found_in(a_capture()) == []


@settings(max_examples=50)
@given(st.lists(st.integers(1, 98), min_size=2, max_size=6))
@example([15, 97, 97, 97, 97, 97])
def test_no_other_choice_of_legs_makes_a_better_no_set(no_asks: list[int]) -> None:
    legs = [
        a_market(f"{place}", 1 - cents / 100, bid=round(1 - cents / 100, 6), ask=0.995)
        for place, cents in enumerate(no_asks)
    ]
    choices = [choice for size in range(2, len(legs) + 1) for choice in combinations(no_asks, size)]
    best = max((len(choice) - 1) * 100 / sum(choice) - 1 for choice in choices)
    found = found_in(a_capture(*an_event(*legs)))
    assert [each.margin for each in found if each.kind is NO_SET] == pytest.approx([best] if best > 1e-12 else [])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=2, max_size=5), st.sampled_from([0, 0.02, 0.07]))
def test_whichever_outcome_happens_a_set_pays_at_least_its_margin(legs: list[tuple[int, bool]], rate: float) -> None:
    markets = [
        a_closed_market(f"{place}", 0.0) if dead else a_leg(f"{place}", cents / 100 + 0.01, fee_rate=rate)
        for place, (cents, dead) in enumerate(legs)
    ]
    capture = a_capture(*an_event(*markets))
    for found in found_in(capture):
        cost = sum(cost_of(capture, row, side) for row, side in zip(found.rows, found.sides, strict=True))
        for winner in [place for place, (_, dead) in enumerate(legs) if not dead]:
            paid = sum((row == winner) == (side is Side.YES) for row, side in zip(found.rows, found.sides, strict=True))
            assert paid >= cost * (1 + found.margin) - 1e-9


def cost_of(capture: Capture, row: int, side: Side) -> float:
    """What a share costs at the ask with its fee."""
    market = capture.markets.iloc[row]
    ask = market["best_ask"] if side is Side.YES else 1 - market["best_bid"]
    return float(ask + market["fee_rate"] * ask * (1 - ask))
