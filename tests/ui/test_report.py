"""The tear sheet in a real browser: it fetches nothing, fits a phone, and is dark in the dark."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from prescient_dagster.domain.figures.reports import Report
from prescient_dagster.report.page import tear_sheet
from tests.report.reports import a_busy_report, a_portfolio, a_report, asked
from tests.track_records import a_buy, a_payment, a_snapshot

PHONE, SMALL_PHONE, DESK = ({"width": width, "height": 800} for width in (375, 360, 1280))
LONG = "x" * 300
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
Show = Callable[..., Page]


def long_words() -> Report:
    """Texts without a place to break them."""
    trades = [asked(each, LONG) for each in (a_buy(10, 0.4), a_payment(10, 1, 4))]
    named = {"name": LONG, "description": LONG, "settings": {LONG: LONG}}
    return a_report(*(a_portfolio(f"{name}{'y' * 60}", [a_snapshot(0, 1_006)], trades, **named) for name in "ab"))


REPORTS: dict[str, Callable[[], Report]] = {
    "one": lambda: a_busy_report(1, 400),
    "many": lambda: a_busy_report(12, 60),
    "long words": long_words,
    "empty": a_report,
}


@pytest.fixture
def show(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Show:
    """Opens a report in a window of a size and colour scheme, all its portfolios unfolded."""

    def shown(report: Report, size: dict[str, int] = DESK, **options: str) -> Page:
        path = tmp_path / "report.html"
        path.write_text(tear_sheet(report), encoding="utf-8")
        context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        request.addfinalizer(context.close)
        page = context.new_page()
        page.complaints, page.asked = [], []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.complaints.append(message.text))  # type: ignore[attr-defined]
        page.on("request", lambda asked: page.asked.append(asked.url))  # type: ignore[attr-defined]
        page.goto(path.as_uri())
        page.evaluate(OPEN_ALL)
        return page

    return shown


@pytest.mark.parametrize("name", REPORTS)
def test_it_asks_for_nothing_but_itself(show: Show, name: str) -> None:
    page = show(REPORTS[name]())
    assert page.asked == [page.url]  # type: ignore[attr-defined]
    assert page.complaints == []  # type: ignore[attr-defined]


def test_the_policy_stops_what_would_run_or_fetch(show: Show) -> None:
    page = show(a_report())
    page.evaluate("""() => {
        const [script, image] = [document.createElement('script'), new Image()];
        script.textContent = 'window.ran = true'; image.src = 'https://example.invalid/x.png';
        document.body.append(script, image);
        document.body.setAttribute('style', 'color: red');
    }""")
    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
    assert len([each for each in page.complaints if "Content Security Policy" in each]) >= 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE, DESK], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("name", REPORTS)
def test_the_page_never_scrolls_sideways(show: Show, name: str, size: dict[str, int]) -> None:
    page = show(REPORTS[name](), size)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_it_is_dark_in_the_dark(show: Show) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = show(a_busy_report(1, 60), color_scheme=scheme)
        told = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds[scheme] = sum(int(part) for part in told.removeprefix("rgb(").rstrip(")").split(","))
    assert grounds["dark"] < 150
    assert grounds["light"] > 600


def test_a_market_that_was_traded_shows_what_it_cost_and_where(show: Show) -> None:
    page = show(a_busy_report(1, 60))
    story = page.locator(".stories li").first
    assert story.locator("figure.path polyline.line").count() == 1
    told = story.locator("figure.path circle.mark title").all_text_contents()
    assert len(told) == 2
    assert "bought" in told[0]
    box = story.locator("figure.path svg").bounding_box()
    assert box is not None
    for mark in story.locator("figure.path circle.mark").all():
        spot = mark.bounding_box()
        assert spot is not None
        assert box["x"] <= spot["x"] + spot["width"] / 2 <= box["x"] + box["width"] + 1
        assert box["y"] <= spot["y"] <= spot["y"] + spot["height"] <= box["y"] + box["height"]
    assert story.locator("figure.path rect.spot title").first.text_content().endswith("USD")  # type: ignore[union-attr]


def test_on_paper_every_portfolio_is_unfolded(show: Show) -> None:
    page = show(a_busy_report(5, 60))
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")
    heading = page.get_by_text("Monthly returns", exact=True).first
    assert not heading.is_visible()
    page.emulate_media(media="print")
    assert heading.is_visible()


def test_a_click_in_the_overview_leads_to_the_portfolio(show: Show) -> None:
    page = show(a_busy_report(5, 60))
    page.get_by_role("link").last.click()
    assert page.url.endswith("#p5")
