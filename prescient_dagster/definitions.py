"""The platform's code location: market data and what all strategies share. Puts together, decides nothing."""

import dagster as dg

from prescient_dagster.assets import (
    alerts,
    check_jobs,
    jobs,
    market_data,
    partitions,
    portfolios_without_strategy,
    price_marks,
    retention,
    schedules,
    weekly_drift,
)
from prescient_dagster.assets.answers.compare_job import compare_job
from prescient_dagster.assets.answers.explain_job import explain_job
from prescient_dagster.assets.answers.report_job import report_job
from prescient_dagster.assets.cycle_form import portfolio_cycle_job
from prescient_dagster.assets.forms.sale_job import sale_job
from prescient_dagster.assets.history_jobs import history_jobs
from prescient_dagster.assets.inputs import forecasts
from prescient_dagster.assets.notices import notices_sensor
from prescient_dagster.assets.past.replay_jobs import replay_job
from prescient_dagster.assets.past.sweep_jobs import sweep_job
from prescient_dagster.assets.performance import performance_asset
from prescient_dagster.assets.portfolio_jobs import portfolio_jobs
from prescient_dagster.assets.runs.dagster_state import watched_jobs
from prescient_dagster.assets.runs.lost_runs import lost_runs_sensor
from prescient_dagster.assets.status import status_asset
from prescient_dagster.catalog import strategy_names
from prescient_dagster.resources import resources
from prescient_dagster.settings import keep_from_runs, load_settings

settings = load_settings()
keep_from_runs()
standing_checks = check_jobs.standing_checks(settings.stale_minutes)
scheduled = [
    schedules.market_data_schedule(settings.capture_schedule, settings.venue_name),
    schedules.performance_schedule(settings.performance_cron),
    schedules.status_schedule(settings.status_cron),
    check_jobs.checks_schedule(settings.checks_cron),
    retention.retention_schedule(settings),
    weekly_drift.drift_schedule(settings.drift_cron),
    forecasts.forecasts_schedule(settings.forecasts_cron, settings.forecasts_place),
]
scheduled_jobs = [
    *jobs.platform_jobs(),
    check_jobs.checks_job(standing_checks),
    weekly_drift.drift_job(),
    forecasts.forecasts_job(),
]
defs = dg.Definitions(
    assets=[
        check_jobs.with_freshness(market_data.capture, settings.stale_minutes),
        market_data.resolutions,
        market_data.settlements,
        market_data.ready,
        portfolios_without_strategy.portfolios_without_strategy,
        price_marks.price_marks,
        forecasts.forecasts,
        performance_asset(strategy_names(), watched_jobs(), settings.stale_minutes),
        status_asset(watched_jobs(), settings.stale_minutes),
        weekly_drift.drift_asset(),
    ],
    asset_checks=standing_checks,
    jobs=[
        *scheduled_jobs,
        retention.retention_job(),
        *portfolio_jobs(strategy_names()),
        sale_job(),
        portfolio_cycle_job(),
        replay_job(strategy_names()),
        sweep_job(strategy_names()),
        *history_jobs(),
        explain_job(),
        compare_job(),
        report_job(),
    ],
    schedules=scheduled,
    sensors=[
        partitions.partition_sensor(strategy_names()),
        alerts.alerts_sensor(watched_jobs(), settings.alert_webhook, settings.venue_name, settings.stale_minutes),
        notices_sensor(settings.notices, settings.venue_name),
        lost_runs_sensor(scheduled_jobs),
    ],
    resources=resources(),
    executor=dg.in_process_executor,
)
