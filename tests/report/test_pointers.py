"""What a plot says to who points at it."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.figures.daily_series import daily
from prescient_dagster.report import charts, formats, pointers
from prescient_dagster.report.page import tear_sheet
from tests.builders import NOON, D
from tests.report.reports import a_portfolio, a_report
from tests.track_records import a_buy, a_payment, a_sale, a_snapshot


def drawn(days: int) -> tuple[charts.Plot, charts.Curve]:
    series = daily(D(1_000), [a_snapshot(day, 1_000 + day) for day in range(days)])
    return charts.equity_plot(series), charts.equity_points(series)


@pytest.mark.parametrize("days", [1, 2, 79, 80, 81, 1_000])
def test_the_stretches_cover_the_plot_without_a_gap(days: int) -> None:
    found = pointers.spots(*drawn(days), formats.day)
    assert len(found) <= pointers.MOST_SPOTS
    assert found[0].x == 0
    assert found[-1].x + found[-1].width == pytest.approx(charts.WIDTH, abs=0.2)
    assert all(left.x + left.width == pytest.approx(right.x, abs=0.2) for left, right in pairwise(found))
    assert days > pointers.MOST_SPOTS or found[0].label == "1 Mar 2026: 1,000.00 USD"
    assert f": {999 + days:,}.00 USD" in found[-1].label


@given(
    st.integers(1, 400),
    st.lists(st.tuples(st.sampled_from([a_buy, a_sale, a_payment]), st.integers(-3, 500)), max_size=80),
)
def test_every_trade_is_in_one_mark_and_no_plot_has_too_many(days: int, done: list[tuple[object, int]]) -> None:
    trades = [make(10, 0.5, day=day) if make is a_buy else make(10, 0.5, 5, day=day) for make, day in done]  # type: ignore[operator]
    found = pointers.marks(*drawn(days), trades)
    assert len(found) <= pointers.MOST_MARKS
    assert sum(how_many(each.label) for each in found) == len(done)


def how_many(label: str) -> int:
    """Of how many trades a mark tells; of one it tells the price."""
    return 1 if " at 0.500, " in label else sum(map(int, re.findall(r"(\d+) (?:bought|sold|settled|refunded)", label)))


def test_a_trade_lies_on_the_line_at_its_day_and_says_what_it_was() -> None:
    plot, points = drawn(10)
    mark, other = pointers.marks(plot, points, [a_buy(10, 0.5, day=3), a_buy(5, 0.5, day=7), a_sale(5, 0.6, 3, day=7)])
    assert (mark.x, mark.y) == (plot.across(points[3][0]), plot.place(1_003.0))
    assert (mark.kind, other.kind) == ("in", "both")
    assert mark.label.startswith("4 Mar 2026, 12:00: bought 10.00 YES at 0.500, ")
    assert other.label == "8 Mar 2026, 12:00: 1 bought, 1 sold"


def test_before_anything_was_valued_nothing_is_marked() -> None:
    series = daily(D(1_000), [])
    assert charts.equity_points(series) == []
    assert '<circle class="mark' not in tear_sheet(a_report(a_portfolio("bold", [], [a_buy(10, 0.5)])))


def test_the_equity_of_a_young_portfolio_is_drawn_capture_by_capture() -> None:
    young = [(NOON.replace(minute=minute), D(1_000 + minute)) for minute in range(30)]
    history = [a_snapshot(1 / 24, 1_040)]
    page = tear_sheet(a_report(a_portfolio("bold", history, [a_buy(10, 0.5)], young=young)))
    assert "1 Mar 2026, 12:29: 1,029.00 USD" in page
    assert "1 Mar 2026, 13:00: 1,040.00 USD" in page
