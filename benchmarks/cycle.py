"""One run of 1,000 portfolios on a whole venue against stock Dagster with empty assets over the same partitions.

PRESCIENT_BENCH_PORTFOLIOS makes it smaller; PRESCIENT_BENCH_BEFORE names a checkout of an older version, whose run of
1,000 portfolios is measured besides.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import dagster as dg
import psutil
from sqlalchemy import text

from benchmarks.measure import Figure, apart, migrated, scratch_home
from benchmarks.venue import crawled, write_pages
from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.store import world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures

PORTFOLIOS = int(os.environ.get("PRESCIENT_BENCH_PORTFOLIOS", "1000"))
CONFIGS = 10
BEFORE_CHECKOUT = os.environ.get("PRESCIENT_BENCH_BEFORE", "")
ROOT = Path(__file__).parents[1]
ROUNDS = 3
IN_BEFORE = 1_000
BEFORE = """
from benchmarks import cycle, measure, venue
with measure.scratch_home() as home:
    measure.apart(cycle.prepare, home, venue.write_pages(home))
    print(measure.apart(cycle.cycle, home, measure.migrated(home).url).seconds)
"""
SESSIONS = text("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
STOCK = "storage: {postgres: {postgres_url: {env: PRESCIENT_DATABASE_URL}}}\n"


Cost = tuple[float, tuple[float, int]]
"""Seconds of a run, the CPU seconds of its process and of the database server, and the connections it opened."""


def slugs() -> list[str]:
    return [f"p{number:04}" for number in range(PORTFOLIOS)]


def prepare(home: Path, paths: list[Path]) -> float:
    """A capture, 1,000 portfolios with ten different configs, and their partitions."""
    database = migrated(home)
    world.claim(database, "simulated", {})
    record = captures.save(database, home / "captures", crawled(paths))
    captures.mark_ready(database, record.capture_id)
    for number, slug in enumerate(slugs()):
        config = {"fill_model": "touch", "trade_amount": 100 + number % CONFIGS}
        new = portfolios.NewPortfolio(slug, "momentum", Decimal(10_000), strategy_config=config)
        portfolios.create(database, new)
    with instance(home, database.url) as dagster:
        for strategy in ("momentum", "bare"):
            dagster.add_dynamic_partitions(partitions_name(strategy), slugs())
    return 0


def instance(home: Path, url: str, *, stock: bool = False) -> dg.DagsterInstance:
    """Dagster on the database of a home; `stock`: with dagster-postgres as it comes."""
    os.environ |= {"PRESCIENT_DATABASE_URL": url, "PRESCIENT_HOME": str(home)}
    folder = home / ("stock" if stock else "dagster")
    folder.mkdir(exist_ok=True)
    if stock:
        (folder / "dagster.yaml").write_text(STOCK)
    else:
        shutil.copyfile(ROOT / "dagster.yaml", folder / "dagster.yaml")
    return dg.DagsterInstance.from_config(str(folder))


def cycle(home: Path, url: str) -> Cost:
    from strategy_assets.definitions import defs

    return _run(defs.resolve_job_def("momentum"), home, url)


def bare(home: Path, url: str) -> Cost:
    specs = [
        dg.AssetSpec(["bare", name], skippable=True, deps=deps)
        for name, deps in (("signals", []), ("trades", [["bare", "signals"]]), ("snapshots", [["bare", "trades"]]))
    ]

    @dg.multi_asset(
        name="bare_cycle",
        specs=specs,
        can_subset=True,
        partitions_def=dg.DynamicPartitionsDefinition(name=partitions_name("bare")),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def empty(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        for key in context.partition_keys:
            for spec in specs:
                context.log_event(dg.AssetMaterialization(spec.key, partition=key))
        yield from ()

    job = dg.define_asset_job("bare", selection=[empty], executor_def=dg.in_process_executor)
    return _run(dg.Definitions(assets=[empty], jobs=[job]).resolve_job_def("bare"), home, url, stock=True)


def _run(job: dg.JobDefinition, home: Path, url: str, *, stock: bool = False) -> Cost:
    server, before = _server_cpu(home), _sessions(url)
    with instance(home, url, stock=stock) as dagster:
        cpu, begun = time.process_time(), time.perf_counter()
        result = job.execute_in_process(instance=dagster, tags=range_tags(slugs()))
        assert result.success
        took, client = time.perf_counter() - begun, time.process_time() - cpu
    return took, (client + _server_cpu(home) - server, _sessions(url) - before)


def _server_cpu(home: Path) -> float:
    """The CPU seconds of all processes of the home's server until now, those that have ended among them."""
    (file,) = (home / "postgres").rglob("postmaster.pid")
    postmaster = psutil.Process(int(file.read_text().split()[0]))
    own = postmaster.cpu_times()
    living = 0.0
    for child in postmaster.children():
        with suppress(psutil.NoSuchProcess):  # it ends while we look: the stock storages open one for every call
            times = child.cpu_times()
            living += times.user + times.system
    return own.user + own.system + own.children_user + own.children_system + living


def _sessions(url: str) -> int:
    """The connections that were ever opened to the database; this one and those of the instance are a handful."""
    database = connect(url)
    with database.unguarded() as connection:
        opened: int = connection.execute(SESSIONS).scalar_one()
    database.close()
    return opened


def before(checkout: str) -> float:
    """Seconds of a portfolio in such a run by the version in a checkout, on a home of its own."""
    command = [sys.executable, "-c", BEFORE]
    environment = {**os.environ, "PYTHONPATH": checkout}
    done = subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) / IN_BEFORE


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        paths = write_pages(home)
        apart(prepare, home, paths)
        url = migrated(home).url
        empty = min((apart(bare, home, url) for _ in range(ROUNDS)), key=lambda run: run.seconds)
        full = apart(cycle, home, url)  # there is but one first cycle
        cpu, connections = full.answer
        yield Figure(f"{PORTFOLIOS:,} portfolios / bare Dagster", full.seconds / empty.seconds, 0.2)
        yield Figure("seconds per portfolio", full.seconds / PORTFOLIOS * 1_000, 20, "ms")
        yield Figure("CPU of client and server, per portfolio", cpu / PORTFOLIOS * 1_000, 20, "ms")
        yield Figure("connections opened", connections, 20)
        yield Figure("peak memory", full.peak_mb, 1_000, "MB")
    if BEFORE_CHECKOUT:
        yield Figure("the same / the version before", full.seconds / PORTFOLIOS / before(BEFORE_CHECKOUT), 0.16)
