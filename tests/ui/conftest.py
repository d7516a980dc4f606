"""A real browser, what `prescient dev` serves to it, and pictures of that."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.processes import PATIENCE_SECONDS
from tests.ui.faults import Faults
from tests.ui.pictures import WINDOW, Pictures

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MILLISECONDS = PATIENCE_SECONDS * 1000
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="write the pictures of the pages into docs/pictures")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    if not CHROMIUM.exists():
        lacking = f"{CHROMIUM} is not here: apt-get install chromium"
        pytest.fail(lacking) if os.environ.get("CI") else pytest.skip(lacking)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """An empty page. What its console complains of, and requests that fail, fail the test."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    context = browser.new_context(viewport=WINDOW, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    with Faults.of(page).none():
        yield page
        if request.node.stash.get(FAILED, False):
            page.screenshot(path=tmp_path / "at-the-failure.png")
        context.close()


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Pictures:
    """Takes pictures, for the docs if the tests were started with `--pictures`."""
    return Pictures(PICTURES if request.config.getoption("--pictures") else tmp_path)
