"""Where the dots of a calibration and the bars of a table lie. Coordinates are as in `charts`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prescient_dagster.domain.figures.calibration import Bucket
from prescient_dagster.report import formats
from prescient_dagster.report.charts import Value, scale


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
    return scale(0, 1, CALIBRATION_LEFT, CALIBRATION_SIZE - 8)(price)


def calibration_up(rate: float) -> float:
    """Where a hit rate lies in it."""
    return scale(0, 1, CALIBRATION_SIZE - 40, 8)(rate)


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
    place = scale(low, high, 0, 100) if high > low else (lambda _: 0.0)
    zero = place(0)
    return [Bar(min(zero, place(each)), round(abs(place(each) - zero), 1)) for each in numbers]


@dataclass(frozen=True, slots=True)
class Bin:
    """A column of a histogram: where it stands, how high it is, whether it is of gains, and what is read out."""

    x: float
    width: float
    height: float
    sign: str
    label: str


HISTOGRAM_HEIGHT, HISTOGRAM_WIDTH = 120, 320


def histogram(stretches: Sequence[tuple[float, float, int]]) -> list[Bin]:
    """How often daily returns were how high; the stretch that holds 0 is one of gains."""
    width = HISTOGRAM_WIDTH / max(len(stretches), 1)
    place = scale(0, max((count for _, _, count in stretches), default=1), 0, HISTOGRAM_HEIGHT - 20)
    return [
        Bin(round(number * width + 0.5, 1), round(width - 1, 1), place(count), "up" if low >= 0 else "down", label)
        for number, (low, high, count) in enumerate(stretches)
        for label in [
            f"{formats.signed_percent(low)} to {formats.signed_percent(high)}: {formats.plural(count, 'day')}"
        ]
    ]
