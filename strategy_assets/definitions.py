"""The strategies' code location: every strategy file becomes a group of assets, a job and a schedule.

A strategy that does not load leaves the others trading: its group shows one asset that carries the error. `defs` holds
all strategies. The attribute named after a strategy holds that one alone, for who gives each a code server of its own:

    dagster code-server start -m strategy_assets.definitions -a momentum

Both are made when they are asked for, so that such a server neither loads the other strategies nor fails with them.
"""

from collections.abc import Sequence
from functools import cache

import dagster as dg

from prescient_dagster.assets import jobs, schedules
from prescient_dagster.assets.cycle import OWNERS, cycle_assets
from prescient_dagster.assets.runs.lost_runs import lost_runs_sensor
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.errors import StrategyUnavailable
from prescient_dagster.resources import resources
from prescient_dagster.settings import keep_from_runs, load_settings


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
        assets=[cycle_assets(strategy, settings.portfolios_per_run)],
        jobs=[jobs.strategy_job(name)],
        schedules=[
            schedules.strategy_schedule(
                name,
                settings.strategy_cron,
                settings.capture_schedule,
                settings.stale_minutes,
                settings.portfolios_per_run,
            )
        ],
    )


def offline(name: str, error: StrategyUnavailable) -> dg.AssetSpec:
    """The one asset of a strategy that does not load."""
    told = f"Offline. {error}"
    return dg.AssetSpec(
        [name, "offline"],
        group_name=name,
        description=told,
        owners=OWNERS,
        tags={"strategy": name},
        kinds={"python"},
        metadata={"error": str(error)},
    )


@cache
def location(*names: str) -> dg.Definitions:
    """A code location of these strategies."""
    keep_from_runs()
    strategies = [strategy_definitions(name) for name in names]
    shared = dg.Definitions(
        sensors=[lost_runs_sensor([job for strategy in strategies for job in strategy.jobs or ()])],
        resources=resources(),
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(shared, *strategies)


def __getattr__(name: str) -> dg.Definitions:
    if name == "defs":
        return location(*strategy_names())
    if name in strategy_names():
        return location(name)
    raise AttributeError(f"{__name__} has no {name}: use defs, or a strategy: {', '.join(strategy_names())}")


def __dir__() -> Sequence[str]:
    """Where Dagster looks for definitions if it is given this module and no attribute."""
    return ["defs"]
