"""Pictures that fit into a line of text."""

import base64
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.assets.told.pictures import (
    HEIGHT,
    MOST_BARS,
    WIDTH,
    bars,
    drawdown_curve,
    equity_curve,
)
from prescient_dagster.report.parts import parts

AMOUNTS = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300)


def drawn(markdown: str) -> ET.Element:
    """The picture in an image of Markdown."""
    found = re.fullmatch(r"!\[[^\]\[()|]*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", markdown)
    assert found, markdown
    return ET.fromstring(base64.b64decode(found[1]))


def points(picture: ET.Element) -> list[tuple[float, float]]:
    lines = [element.attrib["points"] for element in picture.iter() if element.tag.endswith("polyline")]
    return [(float(x), float(y)) for x, y in (point.split(",") for point in lines[0].split())]


@given(AMOUNTS)
def test_a_line_stays_in_its_picture(values: list[float]) -> None:
    for picture in (drawn(equity_curve(values, "equity")), drawn(drawdown_curve([min(v, 0) for v in values], "fall"))):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points(picture))


def test_what_is_higher_stands_higher() -> None:
    first, second, third = points(drawn(equity_curve([100, 120, 90], "equity")))
    assert second[1] < first[1] < third[1]


def test_many_values_are_thinned_and_the_deepest_is_kept() -> None:
    depths = [0.0] * 1_000
    depths[613] = -0.9
    assert len(parts(depths, 80)) == 80
    assert min(min(part) for part in parts(depths, 80)) == -0.9
    assert parts([1.0, 2.0], 80) == [[1.0], [2.0]]
    assert parts([], 80) == []


def test_the_last_value_is_kept_in_a_long_curve() -> None:
    assert points(drawn(equity_curve([*[1.0] * 500, 2.0], "equity")))[-1][1] < HEIGHT / 2


@pytest.mark.parametrize("title", ['"><script>alert(1)</script>', "a](javascript:alert(1))", "a|b\n| c", "<![CDATA[&"])
def test_a_title_is_text_whatever_it_holds(title: str) -> None:
    picture = drawn(equity_curve([1, 2], title))
    assert {element.tag.rpartition("}")[2] for element in picture.iter()} == {"svg", "title", "path", "polyline"}


@given(AMOUNTS)
def test_bars_stand_in_their_picture_gains_above_losses(values: list[float]) -> None:
    paths = [element.attrib["d"] for element in drawn(bars(values, "profit")).iter() if element.tag.endswith("path")]
    ground, gains, losses = ([int(number) for number in re.findall(r"\d+", path)] for path in paths)
    level = ground[1]
    assert len(gains) + len(losses) == 3 * min(len(values), MOST_BARS)
    for x, start, end in zip(*(iter([*gains, *losses]),) * 3, strict=True):
        assert start == level
        assert 0 <= x <= WIDTH
        assert 0 <= end <= HEIGHT
    assert all(end <= level for end in gains[2::3])
    assert all(end >= level for end in losses[2::3])


def test_bars_are_small_enough_to_be_shown_in_place() -> None:
    assert len(bars([(-1) ** number * 1e6 / (number + 1) for number in range(60)], "profit of each position")) < 1_000
