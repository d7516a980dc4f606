"""What a trader sees of what happened by itself: the graph, the schedules, the checks, who is ahead."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from prescient_dagster.catalog import strategy_names
from prescient_dagster.store.market import captures
from tests.processes import wait_for
from tests.ui.dagster_ui import DagsterUi
from tests.ui.pictures import TALL, Pictures
from tests.ui.served import Served, serving

ASSETS = """query($group: String!) { assetNodes(group: {groupName: $group, repositoryName: "__repository__",
  repositoryLocationName: "strategy_assets"}) { assetKey { path } description } }"""
TICKS = """query($name: String!, $location: String!) { scheduleOrError(scheduleSelector: {scheduleName: $name,
  repositoryName: "__repository__", repositoryLocationName: $location}) { ... on Schedule { scheduleState {
  ticks(limit: 30) { status skipReason } } } } }"""
CURVES = "img[src^='data:image/svg+xml']"
EVERY_OTHER_MINUTE = "*/2 * * * *"


@pytest.fixture(scope="module")
def lively() -> Iterator[Served]:
    """The demo portfolios on a fast market, which has been traded a few times; the schedules tick.

    Captures are rarer than the strategies look for them, so that there are ticks with nothing to do.
    """
    settings = {"market_data_cron": EVERY_OTHER_MINUTE, "simulation_events": "60", "simulation_speed": "14400"}
    with serving(traded=5, **settings) as served:
        wait_for("a capture of its own", lambda: newest(served) > 5)
        yield served


def newest(served: Served) -> int:
    record = captures.newest_ready(served.database)
    assert record is not None
    return record.capture_id


@pytest.fixture
def ui(page: Page, lively: Served) -> DagsterUi:
    return DagsterUi(page, lively)


def test_no_location_has_an_error(ui: DagsterUi, lively: Served) -> None:
    page = ui.open("/deployment/locations")
    expect(page.get_by_text("Loaded", exact=True)).to_have_count(2)
    expect(page.get_by_text("Failed", exact=True)).to_have_count(0)
    assert lively.locations_loaded() == {"prescient_dagster", "strategy_assets"}


def test_the_graph_shows_market_data_the_strategies_and_the_performance(ui: DagsterUi, pictures: Pictures) -> None:
    page = ui.open("/asset-groups")
    for group in ("market_data", *strategy_names(), "performance"):
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    pictures.take(page, "lineage")


@pytest.mark.parametrize("strategy", strategy_names())
def test_the_group_of_a_strategy_shows_its_three_assets(
    ui: DagsterUi, lively: Served, pictures: Pictures, strategy: str
) -> None:
    page = ui.open(f"/locations/strategy_assets/asset-groups/{strategy}")
    for stage in ("signals", "trades", "snapshots"):
        expect(page.get_by_text(stage, exact=True)).to_be_visible()
    there = lively.ask(ASSETS, group=strategy)["assetNodes"]
    assert {each["assetKey"]["path"][1] for each in there} == {"signals", "trades", "snapshots"}
    assert all(each["description"] for each in there)
    if strategy == "momentum":
        expect(page.get_by_text("100% filled")).to_have_count(3)
        pictures.take(page, "group")


def test_the_page_of_an_asset_tells_what_it_is_and_when_it_runs(ui: DagsterUi, pictures: Pictures) -> None:
    page = ui.open("/assets/momentum/signals")
    expect(page.get_by_text("What each portfolio wishes to buy or sell").first).to_be_visible()
    expect(page.get_by_text("Every minute").first).to_be_visible()
    pictures.take(page, "asset")


def test_a_snapshot_shows_the_equity_curve_and_the_positions(ui: DagsterUi, pictures: Pictures) -> None:
    wait_for("a snapshot of a portfolio that holds something", lambda: curves_shown(ui))
    page = ui.page
    for shown in ("equity_curve", "profit_by_position", "held"):
        expect(page.get_by_text(shown, exact=True)).to_be_visible()
    pictures.take(page, "partition-snapshots", TALL)


def curves_shown(ui: DagsterUi) -> bool:
    """Whether the newest snapshot has both of its pictures; where nothing is held it has one."""
    page = ui.open_partition("momentum", "snapshots", "momentum")
    try:
        expect(page.locator(CURVES)).to_have_count(2, timeout=10_000)
    except AssertionError:
        return False
    return True


def test_the_launchpad_completes_and_explains_the_settings(ui: DagsterUi, pictures: Pictures) -> None:
    page = ui.launchpad("strategy_assets", "momentum")
    ui.choose_partition("broad-momentum")
    ui.write_config("ops:\n  momentum_cycle:\n    config:\n      max_positions: 4")
    page.keyboard.insert_text("\n      trade_")  # half a word is no YAML, and is not judged
    offers = ui.complete()
    expect(offers).to_contain_text("trade_amount")
    expect(offers).to_contain_text("default 100")
    pictures.take(page, "launchpad")


def test_the_books_are_checked_after_every_run(ui: DagsterUi, pictures: Pictures) -> None:
    page = ui.open("/assets/momentum/trades?view=checks")
    expect(page.get_by_text("books_balance").first).to_be_visible()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()
    pictures.take(page, "checks")


def test_the_performance_page_shows_its_pictures(ui: DagsterUi, pictures: Pictures) -> None:
    page = ui.launchpad("prescient_dagster", "performance_job")
    ui.launch_run()
    ui.ended("Success")
    ui.open("/assets/performance")
    page.get_by_role("row").filter(has_text="curves").get_by_text("[Show Markdown]").click()
    curves = page.get_by_role("dialog").locator(CURVES)
    expect(curves.first).to_be_visible()
    assert curves.evaluate_all("images => images.every(each => each.complete && each.naturalWidth > 0)")
    pictures.take(page, "performance")


def test_one_click_leads_from_performance_to_who_is_ahead_and_another_to_a_portfolio(ui: DagsterUi) -> None:
    page = ui.open("/assets/performance")
    with page.expect_popup() as opened:
        page.get_by_role("row").filter(has_text="am_i_ahead").get_by_role("link", name="portfolios").click()
    home = opened.value
    expect(home).to_have_url(f"{ui.served.url}/portfolios")
    expect(home.get_by_role("heading", level=1)).to_contain_text(re.compile("Ahead|Behind|Neither"))
    assert home.locator("figure svg polyline").count() >= len(strategy_names())
    home.get_by_role("link", name="broad-momentum").click()
    expect(home).to_have_url(f"{ui.served.url}/portfolios/broad-momentum")
    expect(home.get_by_role("heading", level=1)).to_be_visible()
    home.get_by_role("link", name="All portfolios").click()
    expect(home).to_have_url(f"{ui.served.url}/portfolios")


def test_who_is_ahead_stands_on_a_small_screen_without_scrolling_aside(ui: DagsterUi) -> None:
    ui.page.set_viewport_size({"width": 1280, "height": 800})
    page = ui.open("/assets/performance")
    standings = page.get_by_role("row").filter(has=page.get_by_text("leaderboard", exact=True)).locator("table").last
    heads = standings.get_by_role("columnheader")
    expect(heads).to_have_text([re.compile(name) for name in ("name", "return", "profit", "drawdown")])
    heads.first.scroll_into_view_if_needed()
    for place in range(4):
        expect(heads.nth(place)).to_be_in_viewport(ratio=1)
    expect(standings.get_by_text("aggressi…omentum", exact=True)).to_be_visible()  # the longest name there may be


def test_trades_lead_to_the_signals_of_their_portfolio(ui: DagsterUi) -> None:
    page = ui.open_partition("momentum", "trades", "momentum")
    with page.expect_popup() as opened:
        page.get_by_role("row").filter(has_text="signals_page").get_by_role("link").first.click()
    expect(opened.value).to_have_url(f"{ui.served.url}/assets/momentum/signals?view=partitions&partition=momentum")
    expect(opened.value.get_by_text("funnel", exact=True)).to_be_visible()


def test_a_snapshot_leads_to_the_page_of_its_portfolio(ui: DagsterUi) -> None:
    page = ui.open_partition("momentum", "snapshots", "momentum")
    with page.expect_popup() as opened:
        page.get_by_role("row").filter(has_text="am_i_ahead").get_by_role("link").first.click()
    expect(opened.value).to_have_url(f"{ui.served.url}/portfolios/momentum")


def test_everything_that_runs_by_itself_is_on(ui: DagsterUi, pictures: Pictures) -> None:
    page = ui.open("/automation")
    for name in ("market_data_schedule", "momentum_schedule", "portfolio_partitions"):
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    pictures.take(page, "automation")


def test_a_tick_with_nothing_to_do_says_why(ui: DagsterUi, lively: Served, pictures: Pictures) -> None:
    wait_for("a tick with nothing to do", lambda: any("already traded" in reason for reason in reasons(lively)))
    page = ui.open("/locations/strategy_assets/schedules/momentum_schedule")
    skipped = page.get_by_role("row").filter(has_text="View logs").filter(has_text="0 runs requested").first
    expect(skipped).to_be_visible()
    pictures.take(page, "ticks")
    skipped.get_by_role("button", name="0 runs requested").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Skip reason: ")
    assert any(reason in dialog.inner_text() for reason in reasons(lively))
    pictures.take(page, "skipped-tick")


def reasons(served: Served) -> list[str]:
    """Why ticks of the momentum schedule did nothing."""
    found = served.ask(TICKS, name="momentum_schedule", location="strategy_assets")["scheduleOrError"]
    return [tick["skipReason"] for tick in found["scheduleState"]["ticks"] if tick["status"] == "SKIPPED"]
