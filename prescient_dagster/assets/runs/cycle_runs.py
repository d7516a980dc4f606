"""Cycles by hand: a strategy's job carried out in this process for chosen portfolios, and what became of each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from prescient_dagster.assets.cycle import asset_key, cycle_assets, op_name, partitions_name
from prescient_dagster.assets.jobs import strategy_job
from prescient_dagster.assets.partitions import sync_partitions
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.assets.runs import runs_here
from prescient_dagster.assets.runs.shards import Shard
from prescient_dagster.catalog import load_strategy
from prescient_dagster.resources import resources
from prescient_dagster.settings import load_settings
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.usecases.change_portfolio import open_slugs
from prescient_dagster.usecases.trade_plans import Result, ResultStatus


def synced_partitions(instance: dg.DagsterInstance, database: Database, strategy: str) -> Sequence[str]:
    """The strategy's partitions in Dagster's order, made its portfolios now and not at the sensor's next tick."""
    sync_partitions(instance, strategy, open_slugs(portfolios.list_all(database, strategy)))
    return instance.get_dynamic_partitions(partitions_name(strategy))


def cycle_job(strategy: str) -> dg.JobDefinition:
    """The strategy's job as its code location has it.

    Raises:
        NotFound: there is no such strategy.
        StrategyUnavailable: it does not load.
    """
    assets = cycle_assets(load_strategy(strategy), load_settings().portfolios_per_run)
    job = strategy_job(strategy)
    defs = dg.Definitions(assets=[assets], jobs=[job], resources=resources(), executor=dg.in_process_executor)
    return defs.resolve_job_def(strategy)


def cycle_options(shard: Shard, capture_id: int | None, *, dry_run: bool = False, **settings: Any) -> dict[str, Any]:
    """The options of one run over portfolios that are neighbours; a dry run makes signals and trades nothing."""
    config = {"capture_id": capture_id, **settings}
    stages = [Stage.SIGNALS] if dry_run else Stage
    return {
        "run_config": {"ops": {op_name(shard.strategy): {"config": config}}},
        "tags": {**shard.tags, **range_tags(shard.keys)},
        "asset_selection": [asset_key(shard.strategy, stage) for stage in stages],
        "checks": shard.alone,
    }


def results_of(run: runs_here.RunEnded, strategy: str, slugs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What became of portfolios in a run: their status, counts, the config used, and the error of who failed."""
    told, reasons = runs_here.all_told(run), runs_here.failures_by_portfolio(run)
    otherwise = str(runs_here.failure(run))
    results: dict[str, dict[str, Any]] = {}
    for slug in slugs:
        signals, trades, snapshots = (runs_here.plain(told.get((f"{strategy}/{stage}", slug), {})) for stage in Stage)
        if signals or snapshots:
            results[slug] = _result(slug, signals, trades, snapshots)
        else:
            results[slug] = result(slug, ResultStatus.FAILED, error=reasons.get(slug) or otherwise)
    return results


def _result(
    slug: str, signals: Mapping[str, Any], trades: Mapping[str, Any], snapshots: Mapping[str, Any]
) -> dict[str, Any]:
    return result(slug, ResultStatus((snapshots or signals)["status"])) | {
        "signals_generated": signals.get("signals_generated", 0),
        "markets_analyzed": signals.get("markets_analyzed", 0),
        "trades_executed": trades.get("trades_executed", 0),
        "strategy_config_used": signals.get("config"),
    }


def result_without_run(of: Result) -> dict[str, Any]:
    """The result of a portfolio whose cycle needed no run of Dagster."""
    return result(of.slug, of.status, of.error) | {
        "signals_generated": len(of.outcomes),
        "trades_executed": len(of.trades),
        "strategy_config_used": of.config,
    }


def result(slug: str, status: ResultStatus, error: str | None = None) -> dict[str, Any]:
    """The result of a portfolio that did nothing, or failed."""
    return {
        "portfolio": slug,
        "status": status,
        "signals_generated": 0,
        "markets_analyzed": 0,
        "trades_executed": 0,
        "strategy_config_used": None,
        "error": error,
    }
