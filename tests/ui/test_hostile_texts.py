"""Whatever a venue calls its markets, the pages show it as text."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.books.signals import list_signals
from tests.ui.dagster_ui import DagsterUi
from tests.ui.hostile import HOSTILE, record
from tests.ui.served import BY_HAND, Served, serving

EVERYTHING = {
    "event_min_days_until_end": 0,
    "event_min_liquidity": 0,
    "event_min_volume": 0,
    "event_min_volume_24hr": 0,
    "market_min_liquidity": 0,
    "market_min_volume": 0,
    "market_min_volume_24hr": 0,
    "market_min_conviction": 0,
    "market_max_conviction": 1,
    "min_confidence": 0.5,
    "max_positions": 30,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A portfolio that buys nearly everything on a venue with hostile texts, after one cycle."""
    folder = readable(tmp_path_factory.mktemp("recordings"))
    record(folder)
    made = [NewPortfolio("victim", "momentum", Decimal(10_000), name=HOSTILE[0], strategy_config=EVERYTHING)]
    with serving(made, venue=f"recorded:{folder}", **BY_HAND) as served:
        done = served.prescient("cycle", "--all")
        assert done.returncode == 0, done.stderr
        yield served


def readable(folder: Path) -> Path:
    folder.chmod(0o755)
    return folder


@pytest.fixture
def ui(page: Page, hostile: Served) -> DagsterUi:
    return DagsterUi(page, hostile)


def assert_harmless(page: Page) -> None:
    """Nothing of a text has become an element, also not in the Markdown that is folded away."""
    assert_no_element(page)
    for folded in page.get_by_text("[Show Markdown]").all():
        folded.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert_no_element(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def assert_no_element(page: Page) -> None:
    page.wait_for_load_state("networkidle")  # what shows Markdown is loaded late
    assert page.evaluate("window.harmed") is None
    assert page.locator("img[src='x'], img[src*='127.0.0.1:9'], a[href^='javascript:']").count() == 0


def questions(served: Served) -> list[str]:
    portfolio_id = portfolios.get(served.database, "victim").portfolio_id
    return [signal["market_question"] for signal in list_signals(served.database, portfolio_id)]


def test_the_books_hold_every_hostile_text(hostile: Served) -> None:
    asked = questions(hostile)
    assert all(any(question.startswith(text) for question in asked) for text in HOSTILE)


@pytest.mark.parametrize("stage", ["signals", "trades"])
def test_hostile_questions_are_text_on_the_page_of_a_portfolio(ui: DagsterUi, hostile: Served, stage: str) -> None:
    page = ui.open_partition("momentum", stage, "victim")
    for question in questions(hostile):
        expect(page.get_by_text(question).first).to_be_attached()
    assert_harmless(page)


@pytest.mark.parametrize("path", ["snapshots?view=partitions&partition=victim", "signals?view=events"])
def test_hostile_texts_do_nothing_on_other_pages_of_a_strategy(ui: DagsterUi, path: str) -> None:
    page = ui.open(f"/assets/momentum/{path}")
    expect(page.get_by_text("capture").first).to_be_visible()
    assert_harmless(page)


@pytest.mark.parametrize("asset", ["markets", "events"])
def test_hostile_titles_are_text_on_the_pages_of_the_market_data(ui: DagsterUi, asset: str) -> None:
    page = ui.open(f"/assets/{asset}")
    expect(page.get_by_text("capture").first).to_be_visible()
    assert_harmless(page)


def test_the_run_that_traded_them_is_harmless(ui: DagsterUi, hostile: Served) -> None:
    page = ui.open(f"/runs/{next(iter(hostile.runs()))}")
    ui.ended("Success")
    assert_harmless(page)


def test_the_comparison_of_portfolios_with_hostile_names_is_harmless(ui: DagsterUi) -> None:
    ui.launchpad("prescient_dagster", "performance_job")
    ui.launch_run()
    ui.ended("Success")
    page = ui.open("/assets/performance")
    expect(page.get_by_role("row").filter(has_text="curves").get_by_text("[Show Markdown]")).to_be_visible()
    assert_harmless(page)
