"""The jobs that schedules run. All steps in one process: to start one costs more than the work."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # not exported

from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.store.books.cycles import Stage


def asset_job(name: str, selection: dg.AssetSelection, description: str) -> UnresolvedAssetJobDefinition:
    """A job over these assets. No job may be called as an op or an asset of its code location is."""
    return dg.define_asset_job(name, selection, executor_def=dg.in_process_executor, description=description)


def market_data_job() -> UnresolvedAssetJobDefinition:
    """The job that takes a capture and makes it ready."""
    return asset_job(
        "market_data",
        dg.AssetSelection.groups("market_data"),
        "Takes a capture of the venue, books the settlements it tells of, and lets it through for trading.",
    )


def performance_job() -> UnresolvedAssetJobDefinition:
    """The job that works out the performance of all portfolios."""
    return asset_job(
        "performance_job",
        dg.AssetSelection.assets("performance"),
        "Works out which portfolio and which strategy is ahead, and why.",
    )


def status_job() -> UnresolvedAssetJobDefinition:
    """The job that takes down whether everything is well."""
    return asset_job(
        "status_job",
        dg.AssetSelection.assets("status"),
        "Takes down whether everything that is needed to trade is there, and what is wrong if not.",
    )


def strategy_job(strategy: str) -> UnresolvedAssetJobDefinition:
    """The job that runs a strategy's cycle."""
    return asset_job(
        strategy,
        dg.AssetSelection.assets(*(asset_key(strategy, stage) for stage in Stage)),
        f"One {strategy} cycle for the chosen portfolios: signals, trades, snapshots.",
    )
