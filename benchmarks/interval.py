"""How long one capture keeps portfolios of all strategies busy in `prescient dev`: captures cannot come more often.

Everything takes part: schedules, Dagster's queue and daemon, a process for each run. The venue is simulated.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.backfill import ask, wait_for
from benchmarks.cycle import instance
from benchmarks.measure import Figure, apart, migrated, scratch_home
from benchmarks.startup import PRESCIENT_DEV, free_port, running, wait_until_loaded
from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG
from prescient_dagster.catalog import strategy_names
from prescient_dagster.cli.server.webserver import Webserver
from prescient_dagster.settings import Settings
from prescient_dagster.store.books import portfolios

SUPPORTED = {1_000: 60}
"""Portfolios of each strategy, and the seconds between two captures that go with them."""
NEVER = "0 0 29 2 *"
ENVIRONMENT = {
    **{f"PRESCIENT_{name.upper()}": NEVER for name in Settings.model_fields if name.endswith("_cron")},
    "PRESCIENT_STRATEGY_CRON": "* * * * *",
    "PRESCIENT_SIMULATION_EVENTS": "1000",
}
RUNS = """query($tags: [ExecutionTag!]!) { runsOrError(filter: {tags: $tags}) {
  ... on Runs { results { jobName status creationTime endTime } } } }"""


def prepare(home: Path, number: int) -> float:
    """So many portfolios of each strategy, and their partitions."""
    database = migrated(home)
    with instance(home, database.url) as dagster:
        for strategy in strategy_names():
            slugs = [f"{strategy.replace('_', '-')}-{each:04}" for each in range(number)]
            for slug in slugs:
                portfolios.create(database, portfolios.NewPortfolio(slug, strategy, Decimal(10_000)))
            dagster.add_dynamic_partitions(partitions_name(strategy), slugs)
    return 0


def busy_seconds(number: int) -> float:
    """Seconds from the first run on a capture until the last has ended. The capture before it has opened positions."""
    port = free_port()
    with scratch_home() as home:
        apart(prepare, home, number)
        with running([*PRESCIENT_DEV, str(port)], home, {**ENVIRONMENT, "PRESCIENT_HOME": str(home)}):
            wait_until_loaded(port)
            url = f"http://127.0.0.1:{port}"
            wait_for("the first capture to be traded", lambda: _ended(url, 1))
            Webserver(port).launch("prescient_dagster", "market_data")
            wait_for("the second", lambda: _ended(url, 2))
            runs = _runs(url, 2)
    return float(max(run["endTime"] for run in runs) - min(run["creationTime"] for run in runs))


def _ended(url: str, capture_id: int) -> bool:
    runs = _runs(url, capture_id)
    assert all(run["status"] not in ("FAILURE", "CANCELED") for run in runs), runs
    return {run["jobName"] for run in runs if run["status"] == "SUCCESS"} == set(strategy_names())


def _runs(url: str, capture_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(url, RUNS, tags=[{"key": CAPTURE_TAG, "value": str(capture_id)}])["results"]
    return found


def run() -> Iterator[Figure]:
    for number, interval in SUPPORTED.items():
        yield Figure(f"{number:,} portfolios of each strategy, one capture", busy_seconds(number), interval, "s")
