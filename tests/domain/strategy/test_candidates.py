"""The shared filters."""

from datetime import timedelta
from typing import Any

import pytest

from prescient_dagster.domain.strategy.candidates import Selection, select
from tests.builders import NOON, a_capture, a_config, a_market


def passes(market: dict[str, Any], **settings: Any) -> bool:
    return len(select(a_capture(market), a_config(**settings)).rows) == 1


BOUNDS = [
    ("event_min_liquidity", "event_liquidity", 50_000, -0.01),
    ("event_min_volume", "event_volume", 50_000, -0.01),
    ("event_min_volume_24hr", "event_volume_24hr", 50_000, -0.01),
    ("market_min_liquidity", "liquidity", 50_000, -0.01),
    ("market_min_volume", "volume", 50_000, -0.01),
    ("market_min_volume_24hr", "volume_24hr", 50_000, -0.01),
]


@pytest.mark.parametrize(("setting", "column", "bound", "beyond"), BOUNDS)
def test_a_bound_is_inclusive(setting: str, column: str, bound: float, beyond: float) -> None:
    assert passes(a_market() | {column: bound}, **{setting: bound})
    assert not passes(a_market() | {column: bound + beyond}, **{setting: bound})


@pytest.mark.parametrize(("setting", "column", "bound", "beyond"), BOUNDS)
def test_a_missing_number_counts_as_nothing(setting: str, column: str, bound: float, beyond: float) -> None:
    assert not passes(a_market() | {column: None}, **{setting: bound})
    assert passes(a_market() | {column: None}, **{setting: 0})


def test_a_missing_number_passes_no_maximum() -> None:
    """What nobody told is not small: a market nobody bids for has no narrow spread."""
    untold = a_capture(a_market() | {"yes_price": None})
    assert list(select(untold, a_config(market_max_conviction=1)).rows) == []
    assert list(select(untold, a_config(market_min_conviction=0)).rows) == [0]


@pytest.mark.parametrize(("yes", "inside"), [(0.75, True), (0.825, True), (0.25, True), (0.749, False), (0.826, False)])
def test_a_conviction_of_exactly_50_or_65_hundredths_is_inside_the_band(yes: float, inside: bool) -> None:
    assert passes(a_market(yes=yes), market_min_conviction=0.50, market_max_conviction=0.65) is inside


@pytest.mark.parametrize(("ends_in", "inside"), [(1, True), (30, True), (0.999, False), (30.001, False), (-1, False)])
def test_days_until_the_events_end_are_fractional_and_inclusive(ends_in: float, inside: bool) -> None:
    market = a_market(event_end_date=NOON + timedelta(days=ends_in))
    assert passes(market, event_min_days_until_end=1, event_max_days_until_end=30) is inside


@pytest.mark.parametrize("bound", ["event_min_days_until_end", "event_max_days_until_end"])
def test_a_missing_end_date_fails_any_day_bound(bound: str) -> None:
    assert not passes(a_market(event_end_date=None), **{bound: 0 if "min" in bound else 36_500})
    assert passes(a_market(event_end_date=None))


def test_the_events_end_counts_and_not_the_markets_own() -> None:
    market = a_market(end_date=NOON - timedelta(days=3), event_end_date=NOON + timedelta(days=3))
    assert passes(market, event_min_days_until_end=1)


def test_a_market_that_is_not_tradable_is_never_a_candidate() -> None:
    assert not passes(a_market(tradable=False))


def test_the_funnel_tells_for_every_filter_how_many_it_removed() -> None:
    markets = [
        a_market("1", tradable=False, event_liquidity=0),
        a_market("2", event_liquidity=10, liquidity=10),
        a_market("3", liquidity=10),
        a_market("4"),
    ]
    selection = select(a_capture(*markets), a_config(event_min_liquidity=100, market_min_liquidity=100))
    removed = {"tradable": 1, "event_min_liquidity": 1, "market_min_liquidity": 1, "exclude_unsettled": 0}
    assert selection.funnel == tuple(removed.items())
    assert selection.rows.tolist() == [3]


def test_an_empty_capture_has_no_candidates() -> None:
    assert_nothing(select(a_capture(), a_config(event_min_liquidity=1)))


def assert_nothing(selection: Selection) -> None:
    assert selection.rows.tolist() == []
    assert selection.funnel == (("tradable", 0), ("event_min_liquidity", 0), ("exclude_unsettled", 0))
