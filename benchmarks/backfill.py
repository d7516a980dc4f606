"""A backfill of 200 portfolios in `prescient dev`: how many runs it makes, and how soon Chromium shows its page."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Figure, migrated, scratch_home, timed
from benchmarks.startup import PRESCIENT_DEV, free_port, running, wait_until_loaded
from prescient_dagster.settings import Settings
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures

PORTFOLIOS = 200
ROUNDS = 5
PATIENCE_SECONDS = 600
CHROMIUM = "/usr/bin/chromium"
NEVER = "0 0 29 2 *"
BY_HAND = {f"PRESCIENT_{name.upper()}": NEVER for name in Settings.model_fields if name.endswith("_cron")}
KEYS = """{ assetNodeOrError(assetKey: {path: ["momentum", "signals"]}) { ... on AssetNode { partitionKeys } } }"""
LAUNCH = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  ... on LaunchBackfillSuccess { backfillId } } }"""
STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
RUNS = """query($id: String!) { runsOrError(filter: {tags: [{key: "dagster/backfill", value: $id}]}) {
  ... on Runs { results { runId } } } }"""


def ask(url: str, query: str, **variables: object) -> dict[str, Any]:
    answer = httpx.post(f"{url}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
    found: dict[str, Any] = next(iter(answer["data"].values()))
    return found


def wait_for(what: str, reached: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come in {PATIENCE_SECONDS} s")
        time.sleep(0.5)


def wait_until_it_can_begin(url: str, database: Database) -> None:
    wait_for("a capture", lambda: captures.newest_ready(database) is not None)
    wait_for("the partitions", lambda: len(ask(url, KEYS)["partitionKeys"]) == PORTFOLIOS)


def backfill(url: str) -> str:
    """All portfolios on the newest capture, to the end; the id of the backfill."""
    selection = [{"path": ["momentum", stage]} for stage in Stage]
    params = {"partitionNames": ask(url, KEYS)["partitionKeys"], "assetSelection": selection, "tags": []}
    backfill_id = str(ask(url, LAUNCH, params=params)["backfillId"])
    wait_for("its end", lambda: ask(url, STATUS, id=backfill_id)["status"] != "REQUESTED")
    status = ask(url, STATUS, id=backfill_id)["status"]
    assert status == "COMPLETED_SUCCESS", status
    return backfill_id


def page_seconds(url: str) -> float:
    """Seconds until the page of a backfill shows that all three assets are complete, with a warm browser."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]) as browser,
    ):
        page = browser.new_page()
        return min(timed(lambda: _show(page, url)) for _ in range(ROUNDS))


def _show(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_text("100% completed").nth(len(Stage) - 1).wait_for(timeout=PATIENCE_SECONDS * 1_000)


def prepare(home: Path) -> Database:
    database = migrated(home)
    for number in range(PORTFOLIOS):
        portfolios.create(database, portfolios.NewPortfolio(f"p{number:03}", "momentum", Decimal(10_000)))
    return database


def run() -> Iterator[Figure]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with scratch_home() as home:
        database = prepare(home)
        with running([*PRESCIENT_DEV, str(port)], home, {**BY_HAND, "PRESCIENT_HOME": str(home)}):
            wait_until_loaded(port)
            wait_until_it_can_begin(url, database)
            begun = time.perf_counter()
            backfill_id = backfill(url)
            took = time.perf_counter() - begun
            yield Figure(f"{PORTFOLIOS} portfolios: runs", len(ask(url, RUNS, id=backfill_id)["results"]), 1)
            yield Figure("from launch to complete", took, 120, "s")
            yield Figure("its page, in Chromium", page_seconds(f"{url}/runs/b/{backfill_id}"), 2, "s")
        database.close()
