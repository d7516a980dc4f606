"""Calibration: what was paid against what happened."""

import pytest
from scipy.stats import binomtest

from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.figures.calibration import ResolvedEntry, buckets, calibration, entries, wilson
from prescient_dagster.domain.figures.round_trips import PricedTrade, round_trips
from tests.builders import NO, YES
from tests.track_records import LOST, VOID, WON, a_buy, a_payment, a_sale

WORKED = [
    ResolvedEntry("a", 0.80, True),
    ResolvedEntry("b", 0.75, True),
    ResolvedEntry("a", 0.82, False),
    ResolvedEntry("c", 0.60, True),
]


def found(*trades: PricedTrade, **verdicts: Verdict) -> list[ResolvedEntry]:
    """The entries among these trades; a market is written `_1`."""
    return list(entries(round_trips(trades), {market.strip("_"): verdict for market, verdict in verdicts.items()}))


def test_the_worked_example() -> None:
    figures = calibration(WORKED)
    assert (figures.entries, figures.events) == (4, 3)
    assert figures.brier == pytest.approx(0.233725, abs=1e-12)
    assert figures.edge == pytest.approx(0.0075, abs=1e-12)
    assert (figures.mean_price, figures.hit_rate) == (pytest.approx(0.7425), 0.75)
    assert (figures.hit_rate_low, figures.hit_rate_high) == (
        pytest.approx(0.300642, abs=5e-7),
        pytest.approx(0.954413, abs=5e-7),
    )


@pytest.mark.parametrize(("hits", "tries"), [(0, 1), (1, 1), (3, 4), (0, 50), (50, 50), (17, 1_000)])
def test_an_independent_library_knows_the_same_interval(hits: int, tries: int) -> None:
    theirs = binomtest(hits, tries).proportion_ci(confidence_level=0.95, method="wilson")
    low, high = wilson(hits, tries)
    assert (low, high) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))
    assert 0 <= low <= hits / tries <= high <= 1


def test_without_entries_every_figure_is_empty() -> None:
    figures = calibration([])
    assert (figures.entries, figures.events, figures.brier, figures.hit_rate_low) == (0, 0, None, None)
    assert buckets([]) == []


def test_the_price_is_what_was_paid_without_the_fee() -> None:
    assert found(a_buy(100, 0.52, fee=1.2), _1=WON) == [ResolvedEntry("event-1", 0.52, True)]


def test_the_price_of_several_purchases_is_their_average() -> None:
    (entry,) = found(a_buy(100, 0.50), a_buy(300, 0.60), _1=WON)
    assert entry.price == pytest.approx(0.575)


def test_an_entry_counts_whether_it_was_held_or_sold() -> None:
    held = (a_buy(100, 0.52), a_payment(100, 0, released=52))
    sold = (a_buy(100, 0.30, market_id="2"), a_sale(100, 0.40, released=30, market_id="2"))
    assert [(entry.price, entry.won) for entry in found(*held, *sold, _1=LOST, _2=WON)] == [(0.52, False), (0.3, True)]


def test_the_no_side_wins_where_the_market_ended_no() -> None:
    assert [
        entry.won for entry in found(a_buy(100, 0.5, side=NO), a_buy(100, 0.5, market_id="2"), _1=LOST, _2=LOST)
    ] == [
        True,
        False,
    ]


def test_voids_and_markets_that_have_not_resolved_do_not_count() -> None:
    trades = (a_buy(100, 0.5), a_buy(100, 0.5, market_id="2"), a_buy(100, 0.5, market_id="3"))
    assert found(*trades, _1=VOID, _2=Verdict(Ending.PENDING, "still open")) == []


def test_each_leg_of_a_bundle_is_an_entry() -> None:
    legs = (a_buy(10, 0.5, bundle="b"), a_buy(10, 0.4, market_id="2", bundle="b"))
    assert [entry.won for entry in found(*legs, _1=WON, _2=LOST)] == [True, False]


def test_a_market_entered_twice_is_two_entries_of_one_event() -> None:
    twice = found(a_buy(100, 0.5), a_sale(100, 0.6, released=50), a_buy(100, 0.7, side=YES), _1=WON)
    figures = calibration(twice)
    assert (figures.entries, figures.events) == (2, 1)


def test_buckets_have_their_lower_bound_and_are_left_out_where_empty() -> None:
    by_price = buckets(
        [*WORKED, ResolvedEntry("d", 0.3, False), ResolvedEntry("d", 1.0, True), ResolvedEntry("d", 0.999, True)]
    )
    assert [(each.lowest, each.highest, each.calibration.entries) for each in by_price] == [
        (0.3, 0.4, 1),
        (0.6, 0.7, 1),
        (0.7, 0.8, 1),
        (0.8, 0.9, 2),
        (0.9, 1.0, 2),
    ]
