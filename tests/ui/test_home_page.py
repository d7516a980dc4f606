"""The page of all portfolios in a real browser: it fits, fetches nothing, is dark in the dark, and harms nobody."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from prescient_dagster.domain.figures.overview import Overview
from prescient_dagster.report.page import home_page, tear_sheet
from tests.report.overviews import a_busy_overview
from tests.report.reports import a_busy_report
from tests.ui.faults import Faults
from tests.ui.hostile import HOSTILE
from tests.ui.pictures import Pictures

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
OVERVIEWS: dict[str, Callable[[], Overview]] = {
    "1": lambda: a_busy_overview(1),
    "9": lambda: a_busy_overview(9),
    "60": lambda: a_busy_overview(60),
    "young": lambda: a_busy_overview(9, young=True),
    "hostile": lambda: a_busy_overview(2, " ".join(HOSTILE)),
    "long words": lambda: a_busy_overview(2, "x" * 300),
    "empty": Overview,
}
Show = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Opens an overview in a window of a size and colour scheme; what goes wrong in it fails the test."""
    contexts = []

    def shown(overview: Overview, size: Any = DESK, **options: Any) -> Page:
        path = tmp_path / "portfolios.html"
        path.write_text(home_page(overview), encoding="utf-8")
        contexts.append(browser.new_context(viewport=size, **options))
        page: Page = contexts[-1].new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        with Faults.of(page).none():
            page.goto(path.as_uri())
        assert asked == [page.url]
        return page

    yield shown
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", OVERVIEWS)
def test_it_never_scrolls_sideways_and_asks_for_nothing_else(show: Show, name: str, size: dict[str, int]) -> None:
    page = show(OVERVIEWS[name](), size)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert page.evaluate("window.harmed") is None


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["1", "9", "60"])
def test_the_answer_and_the_curves_are_on_the_first_screen(show: Show, name: str, size: dict[str, int]) -> None:
    page = show(OVERVIEWS[name](), size)
    for shown in (page.get_by_role("heading", level=1), page.locator("figure svg").first):
        box = shown.bounding_box()
        assert box is not None
        assert box["y"] + min(box["height"], 200) <= size["height"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_return_and_profit_of_each_need_no_scrolling(show: Show, size: dict[str, int]) -> None:
    page = show(a_busy_overview(9), size)
    columns = page.locator("table.board thead th")
    for number in range(3):
        box = columns.nth(number).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= size["width"]


def test_it_is_dark_in_the_dark(show: Show) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = show(a_busy_overview(1), color_scheme=scheme)
        told = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds[scheme] = sum(int(part) for part in told.removeprefix("rgb(").rstrip(")").split(","))
    assert grounds["dark"] < 150
    assert grounds["light"] > 600


def test_who_points_at_a_line_reads_whose_it_is(show: Show) -> None:
    page = show(a_busy_overview(9))
    names = page.locator("polyline.line title").all_text_contents()
    assert len(names) == 9
    assert all(name.endswith("%") for name in names)


def test_every_line_has_a_colour_of_its_own_that_its_row_has_too(show: Show) -> None:
    page = show(a_busy_overview(9))
    of_lines = page.locator("figure polyline.line").evaluate_all(
        "all => all.map(each => getComputedStyle(each).stroke)"
    )
    of_rows = page.locator("table .key path").evaluate_all("all => all.map(each => getComputedStyle(each).stroke)")
    assert len(set(of_lines)) == 9
    assert of_lines[::-1] == of_rows


def test_hostile_texts_are_texts(show: Show) -> None:
    page = show(OVERVIEWS["hostile"]())
    for text in HOSTILE:
        expect(page.get_by_text(text).first).to_be_attached()
    assert page.locator("img, script, a[href^='javascript:']").count() == 0


def test_the_pictures_of_the_docs(page: Page, pictures: Pictures, tmp_path: Path) -> None:
    path = tmp_path / "portfolios.html"
    path.write_text(home_page(a_busy_overview(9)), encoding="utf-8")
    page.goto(path.as_uri())
    pictures.take(page, "home", {"width": 1040, "height": 780})
    path.write_text(tear_sheet(a_busy_report(1, 40), "../portfolios"), encoding="utf-8")
    page.goto(path.as_uri())
    pictures.take(page, "home-portfolio", {"width": 1040, "height": 780})
