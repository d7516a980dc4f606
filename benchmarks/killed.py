"""`kill -9` of a run over 300 portfolios at random moments, 50 times: what is wrong after it has been repeated.

Each round has a new capture. A process begins the run and is killed somewhere between its first statement and its last;
then the run is repeated. The books must balance, portfolios with the same settings must have the same books, and each
partition of each asset must be green and tell what the books say.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from random import Random
from typing import Any

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context
from sqlalchemy import text

from benchmarks.cycle import instance
from benchmarks.measure import Figure, migrated, scratch_home, timed
from benchmarks.venue import STARTED_AT, crawled, write_pages
from prescient_dagster.assets.cycle import asset_key, partitions, partitions_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.store import world
from prescient_dagster.store.books import portfolios, reconciliation
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures

PORTFOLIOS, CONFIGS, EVENTS = 300, 5, 300
ROUNDS = int(os.environ.get("PRESCIENT_BENCH_ROUNDS", "50"))
SLUGS = [f"p{number:03}" for number in range(PORTFOLIOS)]
STRATEGY = "momentum"
UNFINISHED = text(
    "SELECT count(*) FROM prescient.portfolios p LEFT JOIN prescient.cycles c"
    " ON c.portfolio_id = p.portfolio_id AND c.capture_id = :capture WHERE c.stage IS DISTINCT FROM 'snapshots'"
)
DONE = text("SELECT count(*) FROM prescient.cycles WHERE capture_id = :capture AND stage = 'snapshots'")
BOOKS = text(
    "SELECT count(DISTINCT (balance, realized_profit_loss, fees_paid, trade_count)) FROM prescient.portfolios"
    " GROUP BY strategy_config"
)
TRADES = text(
    "SELECT slug, count(trade_id) AS made FROM prescient.portfolios p LEFT JOIN prescient.trades t"
    " ON t.portfolio_id = p.portfolio_id AND t.capture_id = :capture AND kind IN ('buy', 'sell') GROUP BY slug"
)


def prepare(home: Path) -> Database:
    database = migrated(home)
    world.claim(database, "simulated", {})
    for number, slug in enumerate(SLUGS):
        config = {"fill_model": "touch", "trade_amount": 100 + number % CONFIGS}
        portfolios.create(database, portfolios.NewPortfolio(slug, STRATEGY, Decimal(10_000), strategy_config=config))
    with instance(home, database.url) as dagster:
        dagster.add_dynamic_partitions(partitions_name(STRATEGY), SLUGS)
    return database


def capture(database: Database, home: Path, number: int) -> int:
    """The venue `number` times six hours after its start; ready to be traded."""
    pages = home / f"pages{number}"
    pages.mkdir()
    after = timedelta(hours=6 * number + 1)
    listing = crawled(write_pages(pages, EVENTS, int(after.total_seconds())), STARTED_AT + after)
    record = captures.save(database, home / "captures", listing)
    captures.mark_ready(database, record.capture_id)
    return record.capture_id


def _trade(job: dg.JobDefinition, home: Path, url: str) -> None:
    with instance(home, url) as dagster:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        assert job.execute_in_process(instance=dagster, run_config=quiet, tags=range_tags(SLUGS)).success


def begun(home: Path, url: str) -> ForkProcess:
    """A run over all portfolios, in a process that has imported everything and shares no connection with this one."""
    from strategy_assets.definitions import defs

    process = get_context("fork").Process(target=_trade, args=(defs.resolve_job_def(STRATEGY), home, url))
    process.start()
    return process


def traded(home: Path, url: str) -> bool:
    """Run the cycle of all portfolios to its end; whether it succeeded."""
    process = begun(home, url)
    process.join()
    return process.exitcode == 0


def killed(home: Path, url: str, after: float) -> None:
    """Begin the run in a process of its own, and kill that after these seconds; Dagster is told, as its daemon does."""
    process = begun(home, url)
    time.sleep(after)
    process.kill()
    process.join()
    with instance(home, url) as dagster:
        for run in dagster.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
            dagster.report_run_failed(run)


def wrong(home: Path, database: Database, capture_id: int) -> list[str]:
    """What is not as it must be once the run has been repeated."""
    with database.begin() as connection:
        unfinished = connection.execute(UNFINISHED, {"capture": capture_id}).scalar_one()
        different = [count for count in connection.scalars(BOOKS) if count != 1]
        trades = {row.slug: row.made for row in connection.execute(TRADES, {"capture": capture_id})}
    unbalanced = [slug for slug, found in reconciliation.reconcile(database).items() if found]
    with instance(home, database.url) as dagster:
        told = [each for stage in Stage for each in _told_wrong(dagster, stage, capture_id, trades)]
    found = {"unfinished": unfinished, "books differ": different, "do not balance": unbalanced, "told wrong": told}
    return [f"{name}: {value}" for name, value in found.items() if value]


def _told_wrong(
    dagster: dg.DagsterInstance, stage: Stage, capture_id: int, trades: dict[str, int]
) -> Iterator[tuple[str, str]]:
    """The partitions of an asset that are not green, or whose newest event is not of this capture and these trades."""
    key = asset_key(STRATEGY, stage)
    with partition_loading_context(dynamic_partitions_store=dagster):
        statuses: Any = dagster.get_status_by_partition(key, SLUGS, partitions(STRATEGY))
    newest = dagster.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    records = dagster.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, storage_ids=list(newest.values())), limit=PORTFOLIOS
    ).records
    told = {record.partition_key: record.asset_materialization for record in records}
    for slug in SLUGS:
        materialization = told.get(slug)
        metadata = {} if materialization is None else materialization.metadata
        values = {name: metadata[name].value for name in ("capture_id", "trades_executed") if name in metadata}
        made = values.get("trades_executed", trades[slug])
        if "MATERIALIZED" not in str(statuses[slug]) or (values.get("capture_id"), made) != (capture_id, trades[slug]):
            yield stage, slug


def run() -> Iterator[Figure]:
    random, bad, cut = Random(14), 0, 0
    with scratch_home() as home:
        database = prepare(home)
        capture(database, home, 0)
        takes = timed(lambda: traded(home, database.url))
        for number in range(1, ROUNDS + 1):
            capture_id = capture(database, home, number)
            killed(home, database.url, random.uniform(0.1, 1.1) * takes)
            with database.begin() as connection:
                cut += 0 < connection.execute(DONE, {"capture": capture_id}).scalar_one() < PORTFOLIOS
            succeeded = traded(home, database.url)
            found = wrong(home, database, capture_id)
            bad += not succeeded or bool(found)
            for each in found:
                print(f"round {number}: {each[:300]}")
        database.close()
    name = f"{PORTFOLIOS} portfolios, killed {ROUNDS} times, {cut} of them between two groups: wrong afterwards"
    yield Figure(name, bad, 0)
