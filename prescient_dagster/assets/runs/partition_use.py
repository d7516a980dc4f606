"""Who may be using a strategy's partitions. They must not lose one meanwhile: a run over a range would not find its
end, and a backfill of which a partition has gone fails as a whole."""

import dagster as dg
from dagster._core.execution.backfill import (  # not exported
    BULK_ACTION_TERMINAL_STATUSES,
    BulkActionsFilter,
    BulkActionStatus,
    PartitionBackfill,
)
from dagster._core.scheduler.instigation import InstigatorType, TickStatus  # not exported

from prescient_dagster.assets.cycle import asset_keys
from prescient_dagster.assets.runs.going import GOING
from prescient_dagster.assets.runs.lost_runs import runs_of
from prescient_dagster.catalog import strategy_schedule_name

UNFINISHED = [status for status in BulkActionStatus if status not in BULK_ACTION_TERMINAL_STATUSES]


def in_use(instance: dg.DagsterInstance, strategy: str) -> bool:
    """Whether a tick, a run or a backfill that has not ended may be using the strategy's partitions."""
    return (
        _by_a_tick(instance, strategy_schedule_name(strategy))
        or bool(runs_of(instance, strategy, asset_keys(strategy), GOING))
        or _by_a_backfill(instance, strategy)
    )


def _by_a_tick(instance: dg.DagsterInstance, schedule: str) -> bool:
    """By one that has looked the keys up and not yet made its run. Asked before the runs, where it would be by then."""
    if instance.schedule_storage is None:
        return False
    states = instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)
    newest = (
        tick
        for state in states
        if state.instigator_name == schedule
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    )
    return any(tick.status is TickStatus.STARTED for tick in newest)


def _by_a_backfill(instance: dg.DagsterInstance, strategy: str) -> bool:
    backfills = instance.get_backfills(filters=BulkActionsFilter(statuses=UNFINISHED))
    return any(_is_of(backfill, strategy) for backfill in backfills)


def _is_of(backfill: PartitionBackfill, strategy: str) -> bool:
    """Whether it is one of the strategy's assets, or of its job."""
    if backfill.asset_selection:
        return bool(asset_keys(strategy) & set(backfill.asset_selection))
    return backfill.job_name == strategy
