"""The jobs that schedules run. All steps in one process: to start one costs more than the work."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # not exported

from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.store.books.cycles import Stage


def asset_job(name: str, selection: dg.AssetSelection, description: str) -> UnresolvedAssetJobDefinition:
    """A job over these assets. No job may be called as an op or an asset of its code location is."""
    return dg.define_asset_job(name, selection, executor_def=dg.in_process_executor, description=description)


def platform_jobs() -> list[UnresolvedAssetJobDefinition]:
    """The jobs that take a capture and make it ready, work out the performance, and take down whether all is well."""
    captured = "Takes a capture of the venue, books the settlements it tells of, and lets it through for trading."
    ahead = "Works out which portfolio and which strategy is ahead, and why."
    well = "Takes down whether everything that is needed to trade is there, and what is wrong if not."
    return [
        asset_job("market_data", dg.AssetSelection.groups("market_data"), captured),
        asset_job("performance_job", dg.AssetSelection.assets("performance"), ahead),
        asset_job("status_job", dg.AssetSelection.assets("status"), well),
    ]


def strategy_job(strategy: str) -> UnresolvedAssetJobDefinition:
    """The job that runs a strategy's cycle."""
    return asset_job(
        strategy,
        dg.AssetSelection.assets(*(asset_key(strategy, stage) for stage in Stage)),
        f"One {strategy} cycle for the chosen portfolios: signals, trades, snapshots.",
    )
