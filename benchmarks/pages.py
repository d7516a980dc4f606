"""Dagster's pages over a million event rows, in Chromium, and a pass of retention that removes most of them.

One real backfill of 1,000 portfolios is copied within the tables, each copy as a run of a minute of its own.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import text

from benchmarks.backfill import BY_HAND, CHROMIUM, ask, backfill, wait_for
from benchmarks.cycle import instance
from benchmarks.measure import Figure, migrated, scratch_home, timed
from benchmarks.startup import PRESCIENT_DEV, free_port, running, wait_until_loaded
from prescient_dagster.assets.runs.old_runs import delete_old_runs
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures

PORTFOLIOS = 1_000
ROWS = int(os.environ.get("PRESCIENT_BENCH_EVENTS", "1000000"))
ROUNDS = 3
PATIENCE_MS = 60_000
LIMIT_SECONDS = 2
KEYS = """{ assetNodeOrError(assetKey: {path: ["momentum", "signals"]}) { ... on AssetNode { partitionKeys } } }"""
RUN = text("SELECT run_id FROM runs WHERE backfill_id = :backfill")
EVENTS = text("SELECT count(*) FROM event_logs")
COPY_RUNS = text("""
    INSERT INTO runs (run_id, snapshot_id, pipeline_name, mode, status, run_body, partition, partition_set,
        create_timestamp, update_timestamp, start_time, end_time, backfill_id)
    SELECT md5(run_id || n)::uuid::text, snapshot_id, pipeline_name, mode, status,
        replace(run_body, run_id, md5(run_id || n)::uuid::text), partition, partition_set,
        create_timestamp - n * interval '1 minute', update_timestamp - n * interval '1 minute',
        start_time - n * 60, end_time - n * 60, backfill_id
    FROM runs CROSS JOIN generate_series(1, :copies) AS n WHERE run_id = :run ORDER BY n DESC""")
COPY_TAGS = text("""
    INSERT INTO run_tags (run_id, key, value) SELECT md5(run_id || n)::uuid::text, key, value
    FROM run_tags CROSS JOIN generate_series(1, :copies) AS n WHERE run_id = :run""")
COPY_EVENTS = text("""
    INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
    SELECT md5(run_id || n)::uuid::text, replace(event, run_id, md5(run_id || n)::uuid::text), dagster_event_type,
        timestamp - n * interval '1 minute', step_key, asset_key, partition
    FROM event_logs CROSS JOIN generate_series(1, :copies) AS n WHERE run_id = :run ORDER BY n DESC, id""")
MOVE_TO_THE_END = text("""
    INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
    SELECT run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition
    FROM event_logs WHERE run_id = :run ORDER BY id""")
FORGET = text("DELETE FROM event_logs WHERE run_id = :run AND id <= :last")
AGE = text("UPDATE runs SET update_timestamp = update_timestamp - interval '30 days'")


def prepare(home: Path) -> Database:
    database = migrated(home)
    for number in range(PORTFOLIOS):
        portfolios.create(database, portfolios.NewPortfolio(f"p{number:04}", "momentum", Decimal(10_000)))
    return database


def traded(url: str, database: Database) -> str:
    """All portfolios on one capture, as a backfill; its id."""
    wait_for("a capture", lambda: captures.newest_ready(database) is not None)
    wait_for("the partitions", lambda: len(ask(url, KEYS)["partitionKeys"]) == PORTFOLIOS)
    return backfill(url)


def multiply(database: Database, backfill_id: str) -> int:
    """Copy the backfill's run until there are so many rows of events, itself the newest; how many there are."""
    with database.begin() as connection:
        run = str(connection.execute(RUN, {"backfill": backfill_id}).scalar_one())
        rows, last = connection.execute(
            text("SELECT count(*), max(id) FROM event_logs WHERE run_id = :run"), {"run": run}
        ).one()
        copies = {"run": run, "copies": ROWS // rows}
        for statement in (COPY_RUNS, COPY_TAGS, COPY_EVENTS):
            connection.execute(statement, copies)
        connection.execute(MOVE_TO_THE_END, {"run": run})
        connection.execute(FORGET, {"run": run, "last": last})
    with database.begin() as connection:
        connection.execute(text("ANALYZE"))
        return int(connection.execute(EVENTS).scalar_one())


def pages(backfill_id: str) -> dict[str, tuple[str, str]]:
    """Each page's path, and the text by which it is seen to be there."""
    return {
        "the catalog": ("/assets", "snapshots"),
        "an asset's partitions": ("/assets/momentum/signals?view=partitions", "p0000"),
        "one partition": ("/assets/momentum/snapshots?view=partitions&partition=p0500", "equity"),
        "the runs": ("/runs", "momentum"),
        "the backfill": (f"/runs/b/{backfill_id}", "100% completed"),
    }


def seconds(page: Page, address: str, seen: str) -> float:
    """Seconds until a page shows a text, with a warm browser; the best of three."""

    def show() -> None:
        page.goto("about:blank")
        page.goto(address)
        page.get_by_text(seen).first.wait_for(timeout=PATIENCE_MS)

    return min(timed(show) for _ in range(ROUNDS))


def page_figures(url: str, backfill_id: str) -> Iterator[Figure]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]) as browser,
    ):
        page = browser.new_page()
        for name, (path, seen) in pages(backfill_id).items():
            yield Figure(f"{name}, in Chromium", seconds(page, url + path, seen), LIMIT_SECONDS, "s")


def retention_figures(home: Path, database: Database) -> Iterator[Figure]:
    """A pass that finds all runs but the newest old, and how many rows are left."""
    with database.begin() as connection:
        connection.execute(AGE)
    with instance(home, database.url) as dagster:
        took = timed(lambda: delete_old_runs(dagster, datetime.now(UTC)))
    with database.begin() as connection:
        left = int(connection.execute(EVENTS).scalar_one())
    yield Figure("a pass of retention", took, 60, "s")
    yield Figure("rows of events after it", left, ROWS / 50)


def run() -> Iterator[Figure]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with scratch_home() as home:
        database = prepare(home)
        server = [*PRESCIENT_DEV, str(port)], home, {**BY_HAND, "PRESCIENT_HOME": str(home)}
        with running(*server):
            wait_until_loaded(port)
            backfill_id = traded(url, database)
        yield Figure("rows of events", multiply(database, backfill_id), ROWS * 1.1)
        with running(*server):
            wait_until_loaded(port)
            yield from page_figures(url, backfill_id)
        yield from retention_figures(home, database)
        database.close()
