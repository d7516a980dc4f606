"""Which markets exclude each other, and every way in which it only looks as if they did."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from prescient_dagster.domain.cycle.bundles import BundleKind
from strategy_assets.arbitrage.exclusive_groups import companies, exclusive_groups
from strategy_assets.arbitrage.sets import paying_sets
from tests.builders import NOON, a_capture, a_closed_market, a_market

YES_SET, NO_SET = BundleKind.YES_SET, BundleKind.NO_SET
LISTED = NOON - timedelta(days=30)


def a_leg(market_id: str, group: str = "0xa", *, yes: float = 0.3, no: float = 0.45, **columns: Any) -> dict[str, Any]:
    """An exclusive outcome whose YES is asked at `yes` and whose NO at `no`: any two are cheap on either side."""
    shared = {"event_id": "cup", "neg_risk": True, "exclusive_group": group, "start_date": LISTED}
    return a_market(market_id, yes, **(shared | {"ask": yes, "bid": round(1 - no, 6)} | columns))


def an_event(*markets: dict[str, Any], unlisted: int = 0, **columns: Any) -> list[dict[str, Any]]:
    """An event with these markets, and with so many that are not here."""
    return [market | {"event_market_count": len(markets) + unlisted} | columns for market in markets]


def sets_in(*markets: dict[str, Any]) -> set[tuple[BundleKind, str, tuple[str, ...]]]:
    """Kind, name and legs of every set that pays."""
    capture = a_capture(*markets)
    found = paying_sets(exclusive_groups(capture, np.arange(len(capture.markets))), 0.0)
    ids = capture.texts["market_id"]
    return {(each.kind, each.name, tuple(ids[row] for row in each.rows)) for each in found}


def kinds_in(*markets: dict[str, Any]) -> set[BundleKind]:
    return {kind for kind, _, _ in sets_in(*markets)}


BOTH = {(YES_SET, "cup", ("1", "2")), (NO_SET, "cup", ("1", "2"))}
"""What two clear legs make."""


def test_the_markets_of_a_group_are_a_set() -> None:
    assert sets_in(*an_event(a_leg("1"), a_leg("2"))) == BOTH


def test_without_any_name_the_markets_of_an_event_are_one_group() -> None:
    assert sets_in(*an_event(a_leg("1", ""), a_leg("2", ""))) == BOTH


def test_a_market_that_excludes_nothing_is_no_leg_and_takes_nothing_from_the_set() -> None:
    beside = a_leg("3", "", neg_risk=False)
    assert sets_in(*an_event(a_leg("1"), a_leg("2"), beside)) == BOTH


def test_two_groups_of_an_event_are_two_sets_with_two_names() -> None:
    markets = an_event(a_leg("1"), a_leg("2", "0xb"), a_leg("3"), a_leg("4", "0xb"))
    assert sets_in(*markets) == {
        (kind, f"cup-{legs[0]}", legs) for kind in (YES_SET, NO_SET) for legs in (("1", "3"), ("2", "4"))
    }


def test_the_end_of_one_group_is_not_the_end_of_another() -> None:
    over = a_closed_market("3", 1.0, event_id="cup", neg_risk=True, exclusive_group="0xa", start_date=LISTED)
    markets = an_event(a_leg("1"), a_leg("2"), over, a_leg("4", "0xb"), a_leg("5", "0xb"))
    assert sets_in(*markets) == {(kind, "cup-4", ("4", "5")) for kind in (YES_SET, NO_SET)}


NO_GROUP = {
    "no name, and one that excludes nothing": an_event(a_leg("1", ""), a_leg("2", ""), a_leg("3", "", neg_risk=False)),
    "a leg whose first outcome is No": an_event(a_leg("1"), a_leg("2"), a_leg("3", yes_label="No", no_label="Yes")),
    "a leg whose first outcome is written NO": an_event(a_leg("1"), a_leg("2"), a_leg("3", yes_label=" NO ")),
    "a leg whose second outcome is Yes": an_event(a_leg("1"), a_leg("2"), a_leg("3", yes_label="Lost", no_label="Yes")),
    "a leg turned round that is over": an_event(
        a_leg("1"), a_leg("2"), a_leg("3", closed=True, tradable=False, yes_label="No", no_label="Yes")
    ),
    "an event that excludes nothing": an_event(a_leg("1"), a_leg("2"), neg_risk=False),
    "a name in two events": [
        *an_event(a_leg("1"), a_leg("2")),
        *an_event(a_leg("3"), a_leg("4"), event_id="league"),
    ],
    "a name that stands in another event beside the set": [
        *an_event(a_leg("1"), a_leg("2")),
        *an_event(a_leg("3", neg_risk=False), event_id="league"),
    ],
    "no event": an_event(a_leg("1"), a_leg("2"), event_id=""),
}


@pytest.mark.parametrize("markets", NO_GROUP.values(), ids=list(NO_GROUP))
def test_there_is_no_set_with(markets: list[dict[str, Any]]) -> None:
    assert kinds_in(*markets) == set()


LATER = LISTED + timedelta(days=2)
NOT_COMPLETE = {
    "a market that is not here": an_event(a_leg("1"), a_leg("2"), unlisted=1),
    "an outcome that may be added": an_event(a_leg("1"), a_leg("2"), neg_risk_augmented=True),
    "a leg that was added later": an_event(a_leg("1"), a_leg("2"), a_leg("3", start_date=LATER)),
    "a leg without a name that was added later": an_event(
        a_leg("1", ""), a_leg("2", ""), a_leg("3", "", start_date=LATER)
    ),
    "a market of no named group": an_event(a_leg("1"), a_leg("2"), a_leg("3", "")),
    "a market of the group that says it excludes nothing": an_event(a_leg("1"), a_leg("2"), a_leg("3", neg_risk=False)),
}


@pytest.mark.parametrize("markets", NOT_COMPLETE.values(), ids=list(NOT_COMPLETE))
def test_exclusion_is_left_and_nothing_else_takes_part_with(markets: list[dict[str, Any]]) -> None:
    assert sets_in(*markets) == {(NO_SET, "cup", ("1", "2"))}


def test_a_leg_that_was_added_to_what_may_grow_is_a_leg() -> None:
    markets = an_event(a_leg("1"), a_leg("2"), a_leg("3", start_date=LATER), neg_risk_augmented=True)
    assert sets_in(*markets) == {(NO_SET, "cup", ("1", "2", "3"))}


@pytest.mark.parametrize("start", [LISTED + timedelta(hours=5), LISTED - timedelta(hours=20), None])
def test_legs_listed_within_a_day_or_nobody_knows_when_are_listed_together(start: Any) -> None:
    markets = an_event(a_leg("1", yes=0.3), a_leg("2", yes=0.3), a_leg("3", yes=0.3, start_date=start))
    assert (YES_SET, "cup", ("1", "2", "3")) in sets_in(*markets)


def test_only_the_groups_asked_for_are_looked_at_and_each_whole() -> None:
    capture = a_capture(*an_event(a_leg("1"), a_leg("2", "0xb"), a_leg("3"), a_leg("4", "0xb")), a_market("9"))
    assert exclusive_groups(capture, np.array([2])).rows.tolist() == [0, 2]
    assert exclusive_groups(capture, np.array([4])).groups == 0
    assert exclusive_groups(a_capture(), np.array([], dtype=np.intp)).groups == 0


def test_a_market_keeps_the_company_of_its_group_or_of_what_is_beside_all_groups() -> None:
    beside = {"neg_risk": False, "exclusive_group": ""}
    markets = an_event(a_leg("1"), a_leg("2", "0xb"), a_leg("3"), a_leg("4") | beside, a_leg("5") | beside)
    company, known = companies(a_capture(*markets, a_market("6", event_id="")))
    assert known.tolist() == [True] * 5 + [False]
    assert company[0] == company[2]
    assert company[3] == company[4]
    assert len(set(company.tolist())) == 4
