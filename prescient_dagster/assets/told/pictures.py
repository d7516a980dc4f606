"""Small pictures for the UI: lines drawn as SVG and carried inside the text, so that nothing is fetched.

The colours can be read on a light and on a dark ground.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape

from prescient_dagster.report.parts import parts

WIDTH, HEIGHT, MARGIN = 480, 88, 6  # in units of half a pixel, so that whole numbers are fine enough
MOST_POINTS = 80
MOST_BARS = 40  # what the UI shows in place, not behind a button, has less than 1,000 characters
BLUE, RED, GREEN, GREY = "#3b82f6", "#ef4444", "#22c55e", "#8b949e"


def equity_curve(equity: Sequence[float], title: str) -> str:
    """Markdown of a line, with its first value as the level to compare with."""
    values = [equity[0], *(part[-1] for part in parts(equity[1:], MOST_POINTS))]
    place = _scale(values)
    level = f'<path d="M0 {place(values[0])}H{WIDTH}" stroke="{GREY}" stroke-dasharray="6 6"/>'
    return _picture(title, level + _line(values, place, BLUE))


def drawdown_curve(drawdowns: Sequence[float], title: str) -> str:
    """Markdown of an area that hangs from 0, its deepest point kept."""
    values = [min(part) for part in parts(drawdowns, MOST_POINTS)]
    place = _scale([0.0, *values])
    points = " ".join([f"0,{place(0)}", *_points(values, place), f"{WIDTH},{place(0)}"])
    area = f'<polygon points="{points}" fill="{RED}" fill-opacity="0.25" stroke="none"/>'
    return _picture(title, area + _line(values, place, RED))


def bars(values: Sequence[float], title: str) -> str:
    """Markdown of a bar for each of the first values: gains upwards, losses downwards."""
    values = values[:MOST_BARS]
    place, step = _scale([0.0, *values]), WIDTH / max(len(values), 12)
    at = {number: round(step * (number + 0.5)) for number in range(len(values))}
    ups = "".join(f"M{at[number]} {place(0)}V{place(value)}" for number, value in enumerate(values) if value >= 0)
    downs = "".join(f"M{at[number]} {place(0)}V{place(value)}" for number, value in enumerate(values) if value < 0)
    ground = f'<path d="M0 {place(0)}H{WIDTH}" stroke="{GREY}"/>'
    width = round(step * 0.6)
    gains, losses = (
        f'<path d="{path}" stroke="{colour}" stroke-width="{width}"/>' for path, colour in ((ups, GREEN), (downs, RED))
    )
    return _picture(title, ground + gains + losses)


def _scale(values: Sequence[float]) -> Callable[[float], int]:
    """From a value to its height in the picture; a flat line lies in the middle."""
    lowest, span = min(values), max(values) - min(values)
    room = HEIGHT - 2 * MARGIN
    return lambda value: round(HEIGHT - MARGIN - (room * (value - lowest) / span if span else room / 2))


def _line(values: Sequence[float], place: Callable[[float], int], colour: str) -> str:
    points = " ".join(_points(values, place))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="3"/>'


def _points(values: Sequence[float], place: Callable[[float], int]) -> list[str]:
    step = WIDTH / max(len(values) - 1, 1)
    return [f"{round(number * step)},{place(value)}" for number, value in enumerate(values)]


def _picture(title: str, content: str) -> str:
    """An image that Markdown shows; scripts in an image do not run, and the title is escaped all the same."""
    size = f'width="{WIDTH // 2}" height="{HEIGHT // 2}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>{escape(title)}</title>{content}</svg>'
    return f"![{plain(title)}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def plain(text: str) -> str:
    """A text that is no markup in a Markdown table: letters, digits, spaces, and what slugs are made of."""
    return "".join(letter if letter.isalnum() or letter in " -_.,%" else " " for letter in text)
