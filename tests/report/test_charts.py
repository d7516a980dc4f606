"""Where lines and labels lie."""

import pytest

from prescient_dagster.domain.figures.calibration import ResolvedEntry, buckets
from prescient_dagster.domain.figures.daily_series import ONE_DAY, daily
from prescient_dagster.report import bars, charts
from tests.builders import NOON, D
from tests.track_records import a_buy, a_sale, a_snapshot


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (9_181, 10_030, [9_000, 9_200, 9_400, 9_600, 9_800, 10_000, 10_200]),
        (-0.09, 0, [-0.1, -0.08, -0.06, -0.04, -0.02, 0]),
        (1_000, 1_000, [1_000, 1_020]),
        (0, 0, [0, 0.2]),
    ],
)
def test_axes_have_round_numbers(low: float, high: float, steps: list[float]) -> None:
    assert charts.nice_steps(low, high) == steps


def test_no_peak_and_no_fall_is_lost_in_a_long_line() -> None:
    points = [(NOON + number * ONE_DAY, 0.0) for number in range(10_000)]
    points[1_234], points[8_765] = (points[1_234][0], 9.0), (points[8_765][0], -9.0)
    kept = charts.thinned(points)
    assert {points[0], points[1_234], points[8_765], points[-1]} <= set(kept)
    assert len(kept) <= 2 * charts.MOST_PARTS + 2
    assert kept == sorted(kept)


def test_a_line_goes_from_the_first_day_to_the_last_and_higher_is_further_up() -> None:
    plot = charts.equity_plot(daily(D(1_000), [a_snapshot(0, 1_000), a_snapshot(1, 1_100), a_snapshot(2, 900)]))
    (bid,) = (line for line in plot.lines if line.kind == "bid")
    points = [tuple(map(float, point.split(","))) for point in bid.pieces[0].split()]
    assert [x for x, _ in points] == [0, charts.WIDTH / 2, charts.WIDTH]
    assert points[1][1] < points[0][1] < points[2][1]
    assert [tick.label for tick in plot.x_ticks] == ["1 Mar 2026", "3 Mar 2026"]


def test_a_day_without_a_value_breaks_the_line() -> None:
    series = daily(D(1_000), [a_snapshot(day, 1_000) for day in range(4)])
    (line,) = charts.exposure_plot(series, [0.1, None, 0.2, 0.3]).lines
    assert [len(piece.split()) for piece in line.pieces] == [1, 2]


def test_a_bucket_whose_price_was_right_lies_on_the_diagonal() -> None:
    """Four entries at 0.75 of which three won."""
    (dot,) = bars.calibration_dots(buckets([ResolvedEntry("e", 0.75, won) for won in (True, True, True, False)]))
    left, right = bars.calibration_across(0), bars.calibration_across(1)
    bottom, top = bars.calibration_up(0), bars.calibration_up(1)
    assert (dot.x - left) / (right - left) == pytest.approx((bottom - dot.y) / (bottom - top), abs=1e-3)
    assert dot.low > dot.y > dot.high
    assert dot.label == "paid 0.750, hit 75.0 %: 4 entries, 1 event"


def test_bars_begin_where_nothing_is() -> None:
    assert bars.bars([-50.0, 100.0, 0.0]) == [bars.Bar(0, 33.3), bars.Bar(33.3, 66.7), bars.Bar(33.3, 0)]
    assert bars.bars([0, 0]) == [bars.Bar(0, 0)] * 2
    assert bars.bars([]) == []


def test_a_price_leaves_room_for_every_trade_of_its_market() -> None:
    path = [(NOON, D("0.50")), (NOON + ONE_DAY / 24, D("0.52"))]
    sale = a_sale(10, 0.9, 5, day=1)
    plot = charts.price_plot(path, [a_buy(10, 0.4), sale])
    assert plot.across(sale.trade.timestamp) == charts.WIDTH
    assert plot.level == plot.place(0.4)
    assert charts.TOP <= plot.place(0.9) < plot.place(0.4) <= plot.floor
