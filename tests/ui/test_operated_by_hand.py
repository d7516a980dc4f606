"""What a trader does by hand: launch some portfolios, override settings, repair what failed."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from prescient_dagster.assets.partitions_asked import RANGE_END, RANGE_START
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from tests.ui.dagster_ui import DagsterUi
from tests.ui.pictures import TALL, Pictures
from tests.ui.served import BY_HAND, Served, serving

FIVE = ("steady", "bold", "broad", "small", "patient")
IMPOSSIBLE = {"market_max_conviction": 0.2}
REASON = "more than market_max_conviction 0.2"


@pytest.fixture(scope="module")
def quiet() -> Iterator[Served]:
    """Five momentum portfolios and another, and nothing happens by itself."""
    made = [NewPortfolio(slug, "momentum", Decimal(10_000)) for slug in FIVE]
    with serving([*made, NewPortfolio("contrarian", "mean_reversion", Decimal(5_000))], **BY_HAND) as served:
        yield served


@pytest.fixture
def ui(page: Page, quiet: Served) -> DagsterUi:
    return DagsterUi(page, quiet)


@pytest.fixture(scope="module")
def broken(quiet: Served) -> Served:
    """Two of the five have settings that can never trade, and all have been run on a new capture."""
    quiet.take_capture()
    for slug in ("broad", "small"):
        portfolios.change(quiet.database, slug, strategy_config=IMPOSSIBLE)  # which no command of ours would store
    assert quiet.prescient("cycle", "--strategy", "momentum").returncode == 1
    return quiet


def override(**settings: float) -> str:
    lines = [f"      {name}: {value}" for name, value in settings.items()]
    return "\n".join(["ops:", "  momentum_cycle:", "    config:", *lines])


def blocks(served: Served, backfill_id: str) -> set[tuple[str, str]]:
    """The first and the last portfolio of each run of a backfill."""
    runs = [{tag["key"]: tag["value"] for tag in run["tags"]} for run in served.runs().values()]
    found = [
        (run.get(RANGE_START, ""), run.get(RANGE_END, "")) for run in runs if run.get("dagster/backfill") == backfill_id
    ]
    assert len(set(found)) == len(found), found
    return set(found)


def test_two_portfolios_of_five_are_materialized_from_the_dialog(
    ui: DagsterUi, quiet: Served, pictures: Pictures
) -> None:
    capture_id = quiet.take_capture()
    dialog = ui.materialize_group("momentum")
    ui.choose(dialog, ["bold", "patient"])
    expect(dialog.get_by_text("2 partitions")).to_be_visible()
    pictures.take(ui.page, "materialize")
    backfill_id = ui.launch_backfill(dialog)
    ui.backfill_succeeded()
    pictures.take(ui.page, "backfill")
    assert quiet.backfill_status(backfill_id) == "COMPLETED_SUCCESS"
    assert set(quiet.configs_used(capture_id)) == {"bold", "patient"}
    assert blocks(quiet, backfill_id) == {("bold", "bold"), ("patient", "patient")}


def test_a_portfolio_shows_what_it_wished_and_what_became_of_it(
    ui: DagsterUi, quiet: Served, pictures: Pictures
) -> None:
    assert quiet.prescient("cycle", "contrarian").returncode == 0
    page = ui.open_partition("mean_reversion", "signals", "contrarian")
    for shown in ("signals", "funnel"):
        expect(page.get_by_text(shown, exact=True).last).to_be_visible()
    expect(page.get_by_text("against a favourite at").first).to_be_visible()
    pictures.take(page, "partition-signals", TALL)
    ui.open_partition("mean_reversion", "trades", "contrarian")
    expect(page.get_by_text("fills", exact=True)).to_be_visible()
    expect(page.get_by_text("executed", exact=True).first).to_be_visible()
    pictures.take(page, "partition-trades", TALL)


def test_failing_portfolios_are_red_alone_and_the_run_says_why(
    ui: DagsterUi, broken: Served, pictures: Pictures
) -> None:
    assert broken.partitions_by_status("momentum", "trades")["red"] == {"broad", "small"}
    page = ui.open("/assets/momentum/trades?view=partitions")
    expect(page.get_by_text("Failed (2)")).to_be_visible()
    expect(page.get_by_text("Materialized (3)")).to_be_visible()
    page.get_by_text("small", exact=True).first.click()
    expect(page.get_by_text("failed, and did not materialize this asset")).to_be_visible()
    pictures.take(page, "failed-partition")
    run_id = next(iter(broken.runs()))
    ui.open(f"/runs/{run_id}")
    ui.ended("Failure")
    expect(page.get_by_text("2 of 5 portfolios failed.").first).to_be_visible()
    expect(page.get_by_text(REASON).first).to_be_visible()


def test_a_backfill_of_all_is_one_run_which_names_those_that_failed(ui: DagsterUi, broken: Served) -> None:
    capture_id = broken.take_capture()
    dialog = ui.materialize_group("momentum")
    dialog.get_by_role("button", name="All", exact=True).click()
    expect(dialog.get_by_text("5 partitions", exact=True)).to_be_visible()
    backfill_id = ui.launch_backfill(dialog)
    ui.backfill_failed()
    assert broken.backfill_status(backfill_id) == "COMPLETED_FAILED"
    assert set(broken.configs_used(capture_id)) == {"steady", "bold", "patient"}
    assert blocks(broken, backfill_id) == {(FIVE[0], FIVE[-1])}
    ui.open(f"/runs/{next(iter(broken.runs()))}")
    for slug in ("broad", "small"):
        expect(ui.page.get_by_text(f"{slug}: ").first).to_be_visible()


def test_a_backfill_of_the_failed_only_after_the_repair_is_green(ui: DagsterUi, broken: Served) -> None:
    capture_id = broken.take_capture()
    for slug in ("broad", "small"):
        assert broken.prescient("portfolio", "update", slug, "--reset", "market_max_conviction").returncode == 0
    dialog = ui.materialize_group("momentum")
    dialog.get_by_role("button", name="Failed", exact=True).click()
    expect(dialog.get_by_text("2 partitions")).to_be_visible()
    backfill_id = ui.launch_backfill(dialog)
    ui.backfill_succeeded()
    assert broken.backfill_status(backfill_id) == "COMPLETED_SUCCESS"
    assert set(broken.configs_used(capture_id)) == {"broad", "small"}
    assert blocks(broken, backfill_id) == {("broad", "small")}  # they are neighbours
    assert broken.partitions_by_status("momentum", "trades")["red"] == set()


def test_an_override_counts_for_its_run_alone(ui: DagsterUi, quiet: Served, pictures: Pictures) -> None:
    capture_id = quiet.take_capture()
    ui.launchpad("strategy_assets", "momentum")
    ui.choose_partition("steady")
    ui.write_config(override(max_positions=4, trade_amount=50))
    run_id = ui.launch_run()
    ui.ended("Success")
    pictures.take(ui.page, "run")
    ui.page.get_by_role("button", name="View tags and config").click()
    expect(ui.page.get_by_role("dialog")).to_contain_text("trade_amount: 50")
    assert "max_positions: 4" in quiet.runs()[run_id]["runConfigYaml"]
    used = quiet.configs_used(capture_id)
    assert {slug: (each["max_positions"], each["trade_amount"]) for slug, each in used.items()} == {"steady": (4, 50)}
    assert portfolios.get(quiet.database, "steady").strategy_config == {}


def test_an_unknown_setting_is_refused_before_launch(ui: DagsterUi, quiet: Served, pictures: Pictures) -> None:
    before = set(quiet.runs())
    page = ui.launchpad("strategy_assets", "momentum")
    ui.choose_partition("steady")
    ui.write_config(override(trade_amout=50))
    expect(page.get_by_text('unexpected config entry "trade_amout"')).to_be_visible()
    expect(page.get_by_role("button", name="Launch Run")).to_be_disabled()
    pictures.take(page, "refused")
    assert set(quiet.runs()) == before


def test_an_impossible_value_fails_its_portfolio_with_the_reason(ui: DagsterUi, quiet: Served) -> None:
    capture_id = quiet.take_capture()
    page = ui.launchpad("strategy_assets", "momentum")
    ui.choose_partition("bold")
    ui.write_config(override(**IMPOSSIBLE))
    run_id = ui.launch_run()
    ui.ended("Failure")
    expect(page.get_by_text(REASON).first).to_be_visible()
    assert quiet.runs()[run_id]["status"] == "FAILURE"
    assert quiet.configs_used(capture_id) == {}


def test_a_portfolio_made_by_its_job_gets_a_partition(ui: DagsterUi, quiet: Served, pictures: Pictures) -> None:
    page = ui.launchpad("prescient_dagster", "create_portfolio")
    ui.write_config("config:\n  trade_amount: 50\nslug: new\nstrategy: momentum\nbalance: 10000")
    expect(page.get_by_text("the cash it begins with (USD)")).to_be_visible()
    pictures.take(page, "create-portfolio")
    ui.launch_run()
    ui.ended("Success")
    assert portfolios.get(quiet.database, "new").strategy_config == {"trade_amount": 50}
    ui.open("/assets/momentum/signals?view=partitions")
    expect(page.get_by_text("new", exact=True).first).to_be_visible()
    assert "new" in quiet.partitions("momentum")


def test_a_portfolio_that_cannot_be_is_refused_by_its_job_in_one_line(ui: DagsterUi, quiet: Served) -> None:
    page = ui.launchpad("prescient_dagster", "create_portfolio")
    ui.write_config("slug: steady\nstrategy: momentum\nbalance: 10000")
    ui.launch_run()
    ui.ended("Failure")
    expect(page.get_by_text("slug 'steady' is taken").first).to_be_visible()
    assert portfolios.get(quiet.database, "steady").strategy_config == {}
