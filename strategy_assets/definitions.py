"""The strategies' code location: every strategy file becomes a group of assets, a job and a schedule.

A strategy that does not load leaves the others trading: its group shows one asset that carries the error.
"""

import dagster as dg

from prescient_dagster.assets import automation
from prescient_dagster.assets.cycle import cycle_assets
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.errors import StrategyUnavailable
from prescient_dagster.resources import resources
from prescient_dagster.settings import load_settings


def strategy_definitions(name: str) -> dg.Definitions:
    """The assets, job and schedule of one strategy, or the asset that says why it is offline."""
    settings = load_settings()
    try:
        strategy = load_strategy(name)
    except StrategyUnavailable as error:
        if settings.strict:
            raise
        return dg.Definitions(assets=[offline(name, error)])
    return dg.Definitions(
        assets=[cycle_assets(strategy)],
        jobs=[automation.strategy_job(name)],
        schedules=[automation.strategy_schedule(name, settings.strategy_cron)],
    )


def offline(name: str, error: StrategyUnavailable) -> dg.AssetSpec:
    """The one asset of a strategy that does not load."""
    told = f"Offline. {error}"
    return dg.AssetSpec([name, "offline"], group_name=name, description=told, metadata={"error": str(error)})


defs = dg.Definitions.merge(
    dg.Definitions(resources=resources(), executor=dg.in_process_executor),
    *[strategy_definitions(name) for name in strategy_names()],
)
