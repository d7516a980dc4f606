"""The checks that need no run of their asset: they find out also where nothing runs any more. They run with it, too."""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # not exported

from prescient_dagster.assets import checks
from prescient_dagster.assets.jobs import asset_job
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.schedules import single_schedule
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.health import market_data_seen
from prescient_dagster.store.market import captures, resolutions

LEAST_MINUTES = 1.0  # Dagster judges no shorter times
WARNING_PART = 0.75  # half of the time is usual: the next capture is just being taken then


def with_freshness(assets: dg.AssetsDefinition, stale_minutes: float) -> dg.AssetsDefinition:
    """Assets that the UI shows as overdue once they are so old, with a warning before. Dagster's daemon looks."""
    fail = max(stale_minutes, 2 * LEAST_MINUTES)
    policy = dg.FreshnessPolicy.time_window(timedelta(minutes=fail), timedelta(minutes=WARNING_PART * fail))
    return assets.map_asset_specs(lambda spec: dg.apply_freshness_policy(spec, policy))


def standing_checks(stale_minutes: float) -> list[dg.AssetChecksDefinition]:
    """The checks; `stale_minutes`: the age from which market data is stale."""
    return [fresh_check(stale_minutes), in_time_check(), none_failed_check()]


def fresh_check(stale_minutes: float) -> dg.AssetChecksDefinition:
    """Whether what may be traded is new enough, by our clock."""

    @dg.asset_check(asset=checks.FRESH.asset, name=checks.FRESH.name, description=checks.FRESH.description)
    def captures_fresh(database: DatabaseResource) -> dg.AssetCheckResult:
        with explained():
            return checks.fresh(market_data_seen(database.open()), datetime.now(UTC), stale_minutes)

    return captures_fresh


def in_time_check() -> dg.AssetChecksDefinition:
    """Whether markets that are held are resolved in time, by the venue's clock."""

    @dg.asset_check(asset=checks.IN_TIME.asset, name=checks.IN_TIME.name, description=checks.IN_TIME.description)
    def resolutions_in_time(database: DatabaseResource) -> dg.AssetCheckResult:
        store = database.open()
        with explained():
            newest = captures.newest(store)
            if newest is None:
                return checks.in_time([], datetime.now(UTC))
            return checks.in_time(resolutions.pending(store), newest.captured_at)

    return resolutions_in_time


def none_failed_check() -> dg.AssetChecksDefinition:
    """Whether a portfolio of any strategy is left failed."""
    check = checks.NONE_FAILED

    @dg.asset_check(asset=check.asset, name=check.name, description=check.description)
    def no_portfolio_failed(database: DatabaseResource) -> dg.AssetCheckResult:
        with explained():
            activity = portfolios.activity(database.open())
        failing = {slug: reason for each in activity.values() for slug, reason in each.failing.items()}
        return checks.failing_check(check.asset, failing)

    return no_portfolio_failed


def checks_job(standing: list[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """The job that runs these checks and nothing else."""
    return asset_job(
        "checks",
        dg.AssetSelection.checks(*standing),
        "Checks that market data is fresh, resolutions come in time, and no portfolio is left failed.",
    )


def checks_schedule(cron: str) -> dg.ScheduleDefinition:
    """The checks at every tick."""
    what = "Checks that market data is fresh, resolutions come in time, and no portfolio is left failed."
    return single_schedule("checks_schedule", "checks", cron, what)
