"""Which forecasts count on a capture, and what they say of its markets."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.domain.market.markets import Capture
from tests.builders import NOON, a_capture, a_market

HOUR = timedelta(hours=1)
CAPTURE = a_capture(a_market("1"), a_market("2", slug="two"), a_market("3"))


def said(probability: float, market_id: str = "1", source: str = "me", **fields: Any) -> Forecast:
    """A forecast of an hour ago that was read before the first capture."""
    return Forecast(
        **{"slug": "", "made_at": NOON - HOUR} | fields, source=source, market_id=market_id, probability=probability
    )


def told(*known: Forecast, sources: list[str] | None = None, capture: Capture = CAPTURE) -> list[float | None]:
    found = Forecasts(lambda: known).of(capture, sources).probability
    return [None if np.isnan(each) else each for each in found]


def test_a_market_is_named_by_its_id_or_by_its_slug() -> None:
    assert told(said(0.6), said(0.7, "", slug="two"), said(0.8, "", slug="nobody"), said(0.9, "9")) == [0.6, 0.7, None]


@pytest.mark.parametrize(
    ("made_at", "read_after", "counts"),
    [
        (NOON - HOUR, None, True),
        (NOON, None, True),
        (NOON + timedelta(microseconds=1), None, False),
        (NOON - HOUR, NOON - timedelta(microseconds=1), True),
        (NOON - HOUR, NOON, False),  # read once there was this capture
        (NOON - HOUR, NOON + HOUR, False),
    ],
)
def test_a_forecast_counts_from_when_it_was_made_and_read(
    made_at: datetime, read_after: datetime | None, *, counts: bool
) -> None:
    assert told(said(0.6, made_at=made_at, read_after=read_after)) == [0.6 if counts else None, None, None]


def test_the_word_that_was_made_last_counts_whenever_it_was_read() -> None:
    late = said(0.2, made_at=NOON - 2 * HOUR, read_after=NOON - timedelta(minutes=1))
    assert told(said(0.1, made_at=NOON - 3 * HOUR), said(0.6), late) == [0.6, None, None]


def test_of_two_words_of_one_moment_the_one_that_was_read_last_counts() -> None:
    assert told(said(0.6), said(0.4)) == [0.4, None, None]
    assert told(said(0.4, "", slug="two"), said(0.6, "2")) == [None, 0.6, None]


def test_of_several_sources_the_newest_word_counts_unless_some_are_named() -> None:
    known = (said(0.6, source="a", made_at=NOON - 2 * HOUR), said(0.4, source="b"), said(0.3, "3", source="c"))
    assert told(*known) == [0.4, None, 0.3]
    assert told(*known, sources=["a"]) == [0.6, None, None]
    assert told(*known, sources=["a", "c"]) == [0.6, None, 0.3]


def test_age_and_source_stand_beside_it() -> None:
    found = Forecasts(lambda: [said(0.6)]).of(CAPTURE)
    assert (found.age_hours[0], found.source.tolist(), np.isnat(found.made_at).tolist()) == (
        1.0,
        ["me", "", ""],
        [False, True, True],
    )


def test_nothing_is_known_where_nobody_reads() -> None:
    assert told() == [None, None, None]
    assert told(said(0.6), capture=a_capture()) == []


moments = st.integers(-5, 5).map(lambda hours: NOON + hours * HOUR)
forecasts = st.builds(
    Forecast,
    source=st.sampled_from("ab"),
    market_id=st.sampled_from(["1", "2", ""]),
    slug=st.just("two"),
    probability=st.sampled_from([0.1, 0.5, 0.9]),
    made_at=moments,
    read_after=st.none() | moments,
)


@given(st.lists(forecasts, max_size=12))
def test_cutting_the_future_off_changes_nothing_that_is_known(known: list[Forecast]) -> None:
    past = [each for each in known if each.made_at <= NOON and (each.read_after is None or each.read_after < NOON)]
    assert told(*known) == told(*past)


@given(st.lists(forecasts, max_size=12))
def test_what_counts_is_the_rule_spelt_out(known: list[Forecast]) -> None:
    newest: dict[str, Forecast] = {}
    for each in known:
        market = each.market_id or "2"
        known_then = each.made_at <= NOON and (each.read_after is None or each.read_after < NOON)
        if known_then and (market not in newest or each.made_at >= newest[market].made_at):
            newest[market] = each
    assert told(*known) == [newest[name].probability if name in newest else None for name in "123"]
