"""Where the lines and labels of a chart lie. Nothing is drawn here: the template does that.

Coordinates are units of the view box; y grows downwards. No chart has more than a few hundred points, however long the
history: of each part of a line its lowest and highest value are kept, so that no peak and no fall is lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, log10

from prescient_dagster.domain.figures.calibration import Bucket
from prescient_dagster.domain.figures.daily_series import DailySeries
from prescient_dagster.domain.figures.returns import drawdowns
from prescient_dagster.report import formats

WIDTH, TOP, BOTTOM = 720, 14, 26
MOST_PARTS, SPARKS = 120, 24
Point = tuple[float, float]
Value = Decimal | float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis, and where it belongs."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its class and name; the points as SVG has them. Where a day has no value, a new piece begins."""

    kind: str
    name: str
    pieces: Sequence[str]
    end: Point | None


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over the days, with the label that is read out."""

    label: str
    height: int
    lines: Sequence[Line]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    level: float | None = None
    baseline: float | None = None

    @property
    def floor(self) -> int:
        """Where the days stand."""
        return self.height - BOTTOM


def equity_plot(series: DailySeries) -> Plot:
    """Equity at the bid, and at the middle beside it; the level is the initial balance."""
    bid, mid = [day.equity for day in series.days], [day.equity_at_mid for day in series.days]
    lines = [("mid", "at the middle", mid), ("bid", "at the bid", bid)]
    label = f"Equity from {formats.usd(series.initial_balance)} to {formats.usd(series.equity[-1])} USD at the bid"
    return _plot(label, 264, series, lines, formats.whole_usd, level=series.initial_balance)


def drawdown_plot(series: DailySeries) -> Plot:
    """How far equity was below its highest so far."""
    depths = drawdowns(series.equity)
    label = f"Drawdown, at the deepest {formats.signed_percent(min(depths))}"
    return _plot(label, 150, series, [("fall", "drawdown", depths[1:])], formats.axis_percent, baseline=0)


def exposure_plot(series: DailySeries, exposure: Sequence[float | None]) -> Plot:
    """Which part of the equity was at work."""
    known = [each for each in exposure if each is not None]
    label = f"Exposure, at most {formats.percent(max(known, default=None))} of equity"
    return _plot(label, 130, series, [("work", "exposure", exposure)], formats.axis_percent, baseline=0)


def _plot(  # noqa: PLR0913
    label: str,
    height: int,
    series: DailySeries,
    lines: Iterable[tuple[str, str, Sequence[Value | None]]],
    read: Callable[[float], str],
    *,
    level: Value | None = None,
    baseline: float | None = None,
) -> Plot:
    found = [(kind, name, [None if each is None else float(each) for each in values]) for kind, name, values in lines]
    known = [each for _, _, values in found for each in values if each is not None]
    bounds = [*known, *(float(each) for each in (level, baseline) if each is not None)]
    steps = nice_steps(min(bounds), max(bounds))
    low, high = min(*bounds, steps[0]), max(*bounds, steps[-1])
    place = _scale(low, high, height - BOTTOM, TOP)
    drawn = [_line(kind, name, values, place) for kind, name, values in found]
    ticks = [Tick(place(step), read(step)) for step in steps]
    return Plot(
        label,
        height,
        drawn,
        _days([day.date for day in series.days]),
        ticks,
        None if level is None else place(float(level)),
        None if baseline is None else place(baseline),
    )


def _scale(low: float, high: float, at_low: float, at_high: float) -> Callable[[float], float]:
    span = high - low
    return lambda value: round(at_low + (at_high - at_low) * ((value - low) / span if span else 0.5), 1)


def _line(kind: str, name: str, values: Sequence[float | None], place: Callable[[float], float]) -> Line:
    across = _scale(0, max(len(values) - 1, 1), 0, WIDTH)
    pieces = [[(across(number), place(value)) for number, value in thinned(piece)] for piece in _pieces(values)]
    end = pieces[-1][-1] if pieces else None
    return Line(kind, name, [_points(piece) for piece in pieces], end)


def _pieces(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches of a row that have values."""
    pieces: list[list[tuple[int, float]]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((number, value))
    return [piece for piece in pieces if piece]


def thinned(points: Sequence[tuple[int, float]], most_parts: int = MOST_PARTS) -> list[tuple[int, float]]:
    """The lowest and the highest point of each part of a row, its first and last point too; a short row whole."""
    if len(points) <= 2 * most_parts:
        return list(points)
    ends = [len(points) * number // most_parts for number in range(most_parts + 1)]
    parts = [points[start:end] for start, end in pairwise(ends)]
    kept = {choose(part, key=lambda point: point[1]) for part in parts for choose in (min, max)}
    return sorted(kept | {points[0], points[-1]})


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _days(days: Sequence[date]) -> list[Tick]:
    """Four days, the first and the last among them; fewer where there are fewer."""
    last = len(days) - 1
    numbers = sorted({0, last // 3, 2 * last // 3, last}) if last >= 6 else [0, last] if last else [0]
    across = _scale(0, max(last, 1), 0, WIDTH)
    return [Tick(across(number), formats.day(days[number])) for number in numbers]


def nice_steps(low: float, high: float) -> list[float]:
    """Three to six round numbers that reach from `low` to `high`: multiples of 1, 2 or 5 × a power of ten."""
    span = (high - low) or abs(high) / 10 or 1.0
    power = 10.0 ** floor(log10(span / 4))
    step = next(size * power for size in (1, 2, 5, 10) if span / (size * power) <= 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def spark(series: DailySeries) -> str:
    """The equity as a small line, 120 × 28."""
    equity = [float(each) for each in series.equity]
    place, across = _scale(min(equity), max(equity), 26, 2), _scale(0, max(len(equity) - 1, 1), 1, 119)
    return _points((across(number), place(value)) for number, value in thinned(list(enumerate(equity)), SPARKS))


@dataclass(frozen=True, slots=True)
class Dot:
    """A bucket of entries: where it lies, its interval from `low` up to `high`, and what is read out."""

    x: float
    y: float
    low: float
    high: float
    label: str


CALIBRATION_SIZE, CALIBRATION_LEFT = 320, 54


def calibration_across(price: float) -> float:
    """Where a price lies in the calibration plot."""
    return _scale(0, 1, CALIBRATION_LEFT, CALIBRATION_SIZE - 8)(price)


def calibration_up(rate: float) -> float:
    """Where a hit rate lies in it."""
    return _scale(0, 1, CALIBRATION_SIZE - 40, 8)(rate)


def calibration_dots(buckets: Iterable[Bucket]) -> list[Dot]:
    """Price paid against hit rate, with Wilson's interval; on the diagonal the price was right."""
    return [_dot(bucket) for bucket in buckets]


def _dot(bucket: Bucket) -> Dot:
    found = bucket.calibration
    paid, hit = found.mean_price or 0.0, found.hit_rate or 0.0
    low, high = found.hit_rate_low or 0.0, found.hit_rate_high or 0.0
    behind = f"{formats.plural(found.entries, 'entry', 'entries')}, {formats.plural(found.events, 'event')}"
    label = f"paid {formats.price(paid)}, hit {formats.percent(hit)}: {behind}"
    return Dot(calibration_across(paid), calibration_up(hit), calibration_up(low), calibration_up(high), label)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar within 0 to 100."""

    x: float
    width: float


def bars(values: Sequence[Value]) -> list[Bar]:
    """A bar for each value, to the right of where 0 lies if it is positive, else to the left."""
    numbers = [float(each) for each in values]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    place = _scale(low, high, 0, 100) if high > low else (lambda _: 0.0)
    zero = place(0)
    return [Bar(min(zero, place(each)), round(abs(place(each) - zero), 1)) for each in numbers]
