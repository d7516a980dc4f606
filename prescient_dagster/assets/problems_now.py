"""What is wrong now, from the database and Dagster's storage. No strategy is loaded for it."""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from prescient_dagster.assets import status
from prescient_dagster.assets.runs.dagster_state import heartbeats, newest_failed
from prescient_dagster.domain.watch.health import Facts, Problem, problems
from prescient_dagster.store.database import Database
from prescient_dagster.store.health import failing_portfolios, halted_portfolios, market_data_seen
from prescient_dagster.store.market import captures, resolutions


def problems_now(
    instance: dg.DagsterInstance, database: Database, jobs: Sequence[str], now: datetime, stale_minutes: float
) -> list[Problem]:
    """Everything that is wrong. `jobs`: those whose failures count; `stale_minutes`: how old market data may be."""
    newest = captures.newest(database)
    return problems(
        Facts(
            now,
            stale_minutes,
            market_data_seen(database),
            failing=failing_portfolios(database),
            halted=halted_portfolios(database),
            offline=_offline(instance),
            waiting=resolutions.pending(database),
            venue_at=None if newest is None else newest.captured_at,
            failed_runs=newest_failed(instance, jobs),
            heartbeats=heartbeats(instance),
        )
    )


def _offline(instance: dg.DagsterInstance) -> dict[str, str]:
    """The strategies that did not load in the newest run of `status`: here, an old state of the files may be loaded."""
    event = instance.get_latest_materialization_event(dg.AssetKey(status.NAME))
    told = event.asset_materialization.metadata.get(status.OFFLINE) if event and event.asset_materialization else None
    return dict(told.value) if isinstance(told, dg.JsonMetadataValue) and isinstance(told.value, dict) else {}
