"""One run of 1,000 portfolios on a whole venue against stock Dagster with empty assets over the same partitions."""

import os
import shutil
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import dagster as dg

from benchmarks.measure import Figure, apart, migrated, scratch_home
from benchmarks.venue import crawled, write_pages
from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.store import world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.market import captures

PORTFOLIOS = 1_000
CONFIGS = 10
ROOT = Path(__file__).parents[1]
STOCK = "storage: {postgres: {postgres_url: {env: PRESCIENT_DATABASE_URL}}}\n"


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


def cycle(home: Path, url: str) -> float:
    from strategy_assets.definitions import defs

    return _run(defs.resolve_job_def("momentum"), home, url)


def bare(home: Path, url: str) -> float:
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


def _run(job: dg.JobDefinition, home: Path, url: str, *, stock: bool = False) -> float:
    with instance(home, url, stock=stock) as dagster:
        begun = time.perf_counter()
        result = job.execute_in_process(instance=dagster, tags=range_tags(slugs()))
        assert result.success
        return time.perf_counter() - begun


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        paths = write_pages(home)
        apart(prepare, home, paths)
        url = migrated(home).url
        empty = apart(bare, home, url)
        full = apart(cycle, home, url)
        share = (full.seconds - empty.seconds) / PORTFOLIOS * 1_000
        yield Figure("1,000 portfolios / bare Dagster", full.seconds / empty.seconds, 1.25)
        yield Figure("our share, per portfolio", share, 20, "ms")
        yield Figure("peak memory", full.peak_mb, 1_000, "MB")
