"""The platform's code location: market data and what all strategies share. Puts together, decides nothing."""

import dagster as dg

from prescient_dagster.assets import automation, market_data
from prescient_dagster.catalog import strategy_names
from prescient_dagster.resources import resources
from prescient_dagster.settings import load_settings

defs = dg.Definitions(
    assets=[market_data.capture, market_data.resolutions, market_data.settlements, market_data.ready],
    jobs=[automation.market_data_job()],
    schedules=[automation.market_data_schedule(load_settings().capture_schedule)],
    sensors=[automation.partition_sensor(strategy_names())],
    resources=resources(),
    executor=dg.in_process_executor,
)
