"""The platform's code location: market data and what all strategies share. Puts together, decides nothing."""

import dagster as dg

from prescient_dagster.assets import automation, market_data
from prescient_dagster.assets.performance import performance_asset
from prescient_dagster.catalog import strategy_names
from prescient_dagster.resources import resources
from prescient_dagster.settings import load_settings

settings = load_settings()
defs = dg.Definitions(
    assets=[
        market_data.capture,
        market_data.resolutions,
        market_data.settlements,
        market_data.ready,
        performance_asset(strategy_names()),
    ],
    jobs=[automation.market_data_job(), automation.performance_job()],
    schedules=[
        automation.market_data_schedule(settings.capture_schedule),
        automation.performance_schedule(settings.performance_cron),
    ],
    sensors=[automation.partition_sensor(strategy_names())],
    resources=resources(),
    executor=dg.in_process_executor,
)
