"""Where the lines and labels of a chart lie. Nothing is drawn here: the template does that.

Coordinates are units of the view box; y grows downwards. No chart has more than a few hundred points, however long the
history: of each part of a line its lowest and highest value are kept, so that no peak and no fall is lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from math import ceil, floor, log10

from prescient_dagster.domain.figures.daily_series import ONE_DAY, DailySeries
from prescient_dagster.domain.figures.overview import Curve, OverviewLine
from prescient_dagster.domain.figures.returns import drawdowns, rolling_sharpe
from prescient_dagster.domain.figures.round_trips import PricedTrade
from prescient_dagster.report import formats
from prescient_dagster.report.parts import parts

WIDTH, TOP, BOTTOM = 720, 14, 26
MOST_PARTS, SPARKS = 120, 24
MOST_LINES, COLOURS = 100, 9
Point = tuple[float, float]
Value = Decimal | float


@dataclass(frozen=True, slots=True)
class Values:
    """A line before it is drawn: its class and name, and its values in the order of time; None where there is none."""

    kind: str
    name: str
    points: Sequence[tuple[datetime, Value | None]]


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
    """Lines over time, with the label that is read out; `across` and `place` tell where a moment and a value lie."""

    label: str
    height: int
    lines: Sequence[Line]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    across: Callable[[datetime], float]
    place: Callable[[float], float]
    level: float | None = None
    baseline: float | None = None

    @property
    def floor(self) -> int:
        """Where the days stand."""
        return self.height - BOTTOM


def equity_plot(series: DailySeries, young: Curve = (), benchmark: Curve = ()) -> Plot:
    """Equity at the bid, and day by day at the middle beside it; the level is the initial balance.

    Args:
        young: the equity capture by capture, where it is drawn so.
        benchmark: what all candidates would have made.
    """
    middles = () if young else zip(_by_day(series), (day.equity_at_mid for day in series.days), strict=True)
    beside = benchmark if young else {_day(at): value for at, value in benchmark}.items()
    lines = [
        Values("all", "all candidates bought equally", list(beside)),
        Values("mid", "at the middle", list(middles)),
        Values("bid", "at the bid", equity_points(series, young)),
    ]
    label = f"Equity from {formats.usd(series.initial_balance)} to {formats.usd(series.equity[-1])} USD at the bid"
    return _plot(label, 264, lines, formats.whole_usd, level=series.initial_balance)


def equity_points(series: DailySeries, young: Curve = ()) -> Curve:
    """What the line at the bid goes through: captures where they are given, else days."""
    return young or [(at, day.equity) for at, day in zip(_by_day(series), series.days, strict=True)]


def price_plot(path: Curve, trades: Iterable[PricedTrade]) -> Plot:
    """What a share cost; the level is what was paid first. Every trade lies within it."""
    label = f"Price per share from {formats.price(path[0][1])} to {formats.price(path[-1][1])} USD"
    booked = [(priced.trade.timestamp, priced.trade.price) for priced in trades]
    return _plot(label, 150, [Values("bid", "price", path)], formats.ratio, level=booked[0][1], within=booked)


def drawdown_plot(series: DailySeries) -> Plot:
    """How far equity was below its highest so far."""
    depths = drawdowns(series.equity)
    label = f"Drawdown, at the deepest {formats.signed_percent(min(depths))}"
    values = Values("fall", "drawdown", list(zip(_by_day(series), depths[1:], strict=True)))
    return _plot(label, 150, [values], formats.axis_percent, baseline=0)


def sharpe_plot(series: DailySeries) -> Plot:
    """The Sharpe ratio of the last 30 days, day by day."""
    found = rolling_sharpe(series.equity)
    known = [each for each in found if each is not None]
    label = (
        f"Sharpe of 30 days, {formats.ratio(min(known))} to {formats.ratio(max(known))}, now {formats.ratio(found[-1])}"
    )
    values = Values("bid", "Sharpe", list(zip(_by_day(series), found, strict=True)))
    return _plot(label, 130, [values], formats.ratio, level=0)


def has_sharpe(series: DailySeries) -> bool:
    """Whether there is a line to draw: more than one day that has 30 days behind it and a deviation."""
    return sum(each is not None for each in rolling_sharpe(series.equity)) > 1


def exposure_plot(series: DailySeries, exposure: Sequence[float | None]) -> Plot:
    """Which part of the equity was at work."""
    known = [each for each in exposure if each is not None]
    label = f"Exposure, at most {formats.percent(max(known, default=None))} of equity"
    values = Values("work", "exposure", list(zip(_by_day(series), exposure, strict=True)))
    return _plot(label, 130, [values], formats.axis_percent, baseline=0)


def returns_plot(lines: Sequence[OverviewLine]) -> Plot:
    """The returns of portfolios over one another, the best ones on top and in colours of their own."""
    values = [
        Values(colour(number), _told(line), line.returns)
        for number, line in enumerate(lines[:MOST_LINES])
        if line.curve
    ]
    label = f"Returns of {formats.plural(len(lines), 'portfolio')}"
    return _plot(label, 300, values[::-1], formats.axis_percent, level=0)


def colour(number: int) -> str:
    """The class of a line by its place; those after the first few share one."""
    return f"c{number}" if number < COLOURS else "rest"


def _told(line: OverviewLine) -> str:
    return f"{line.contender.name}: {formats.signed_percent(line.contender.performance.returns.total_return)}"


def _by_day(series: DailySeries) -> list[datetime]:
    return [datetime.combine(day.date, time.min, UTC) for day in series.days]


def _day(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC), time.min, UTC)


def _plot(  # noqa: PLR0913
    label: str,
    height: int,
    lines: Sequence[Values],
    read: Callable[[float], str],
    *,
    level: Value | None = None,
    baseline: float | None = None,
    within: Curve = (),
) -> Plot:
    known = [float(value) for line in lines for _, value in line.points if value is not None]
    bounds = [*known, *(float(each) for each in (level, baseline, *(value for _, value in within)) if each is not None)]
    steps = nice_steps(min(bounds), max(bounds))
    place = scale(min(*bounds, steps[0]), max(*bounds, steps[-1]), height - BOTTOM, TOP)
    times = [at for points in (within, *(line.points for line in lines)) for at, _ in points]
    first, last = min(times), max(times)
    across = time_scale(first, last)
    return Plot(
        label,
        height,
        [_line(line, across, place) for line in lines],
        _ticks(first, last, across),
        [Tick(place(step), read(step)) for step in steps],
        across,
        place,
        None if level is None else place(float(level)),
        None if baseline is None else place(baseline),
    )


def scale(low: float, high: float, at_low: float, at_high: float) -> Callable[[float], float]:
    """From values to coordinates; where there is but one value, in the middle."""
    span = high - low
    return lambda value: round(at_low + (at_high - at_low) * ((value - low) / span if span else 0.5), 1)


def time_scale(first: datetime, last: datetime) -> Callable[[datetime], float]:
    """From moments to coordinates; where there is but one, at the left."""
    place = scale(first.timestamp(), max(last.timestamp(), first.timestamp() + 1), 0, WIDTH)
    return lambda at: place(at.timestamp())


def _line(line: Values, across: Callable[[datetime], float], place: Callable[[float], float]) -> Line:
    found = [[(across(at), place(float(value))) for at, value in thinned(piece)] for piece in _pieces(line.points)]
    return Line(line.kind, line.name, [_points(piece) for piece in found], found[-1][-1] if found else None)


def _pieces(points: Sequence[tuple[datetime, Value | None]]) -> list[list[tuple[datetime, Value]]]:
    """The stretches of a row that have values."""
    pieces: list[list[tuple[datetime, Value]]] = [[]]
    for at, value in points:
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((at, value))
    return [piece for piece in pieces if piece]


def thinned(points: Sequence[tuple[datetime, Value]], most_parts: int = MOST_PARTS) -> list[tuple[datetime, Value]]:
    """The lowest and the highest point of each part of a row, its first and last point too; a short row whole."""
    if len(points) <= 2 * most_parts:
        return list(points)
    kept = {choose(part, key=lambda point: point[1]) for part in parts(points, most_parts) for choose in (min, max)}
    return sorted(kept | {points[0], points[-1]})


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _ticks(first: datetime, last: datetime, across: Callable[[datetime], float]) -> list[Tick]:
    """Four moments, the first and the last among them; days where they tell enough, and fewer of few."""
    span = last - first
    by_day = span >= 2 * ONE_DAY or {first.time(), last.time()} == {time.min}
    if not span:
        return [Tick(0, formats.day(first) if by_day else formats.moment(first))]
    parts = 1 if by_day and span < 6 * ONE_DAY else 3
    moments = [first + span * number / parts for number in range(parts + 1)]
    if not by_day:
        return [Tick(across(each), formats.moment(each)) for each in moments]
    days = [max(first, datetime.combine(each, time.min, UTC)) for each in moments]
    return [Tick(across(each), formats.day(each)) for each in days]


def nice_steps(low: float, high: float) -> list[float]:
    """Three to six round numbers that reach from `low` to `high`: multiples of 1, 2 or 5 × a power of ten."""
    span = (high - low) or abs(high) / 10 or 1.0
    power = 10.0 ** floor(log10(span / 4))
    step = next(size * power for size in (1, 2, 5, 10) if span / (size * power) <= 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def spark(points: Curve) -> str:
    """The equity as a small line, 120 × 28."""
    kept = thinned(points, SPARKS)
    values = [float(value) for _, value in kept]
    place = scale(min(values), max(values), 26, 2)
    first, last = kept[0][0].timestamp(), kept[-1][0].timestamp()
    across = scale(first, max(last, first + 1), 1, 119)
    return _points((across(at.timestamp()), place(value)) for (at, _), value in zip(kept, values, strict=True))
