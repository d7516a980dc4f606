"""Deleting Dagster runs that ended long ago, with their events, logs and check results.

A run takes its materializations along, and with them what the UI shows of an asset or a partition. So the run that
holds the newest of one stays, however old: a portfolio that has not traded for weeks keeps its colour and its figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg

from prescient_dagster.store import check_log

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
AT_ONCE = 500
MOST_RUNS = 10_000
"""In one pass: five minutes on a busy machine, at 30 ms each. The next pass goes on."""


@dataclass(frozen=True, slots=True)
class DeletedRuns:
    """What a pass deleted.

    Attributes:
        runs: deleted.
        kept: as old as those, but the newest of some asset or partition.
        left: for the next pass.
    """

    runs: int
    kept: int
    left: int


def delete_old_runs(
    instance: dg.DagsterInstance, before: datetime, *, most: int = MOST_RUNS, dry_run: bool = False
) -> DeletedRuns:
    """Delete the runs that ended before a moment, the oldest first; dry run: tell how many it would be."""
    needed = runs_shown(instance, before)
    old = list(old_runs(instance, before))
    due = [run_id for run_id in old if run_id not in needed]
    if not dry_run:
        for first in range(0, min(len(due), most), AT_ONCE):
            _delete(instance, due[first : min(first + AT_ONCE, most)])
    deleted = min(len(due), most)
    return DeletedRuns(deleted, len(old) - len(due), len(due) - deleted)


def old_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    """The runs that ended, and changed no more, before a moment; the oldest first."""
    ended = dg.RunsFilter(statuses=ENDED, updated_before=before)
    cursor = None
    while True:
        records = instance.get_run_records(ended, limit=AT_ONCE, cursor=cursor, ascending=True)
        yield from (record.dagster_run.run_id for record in records)
        if len(records) < AT_ONCE:
            return
        cursor = records[-1].dagster_run.run_id


def runs_shown(instance: dg.DagsterInstance, before: datetime) -> set[str]:
    """The runs, of those that ended before a moment, that the UI shows as the newest of an asset or a partition."""
    keys = instance.get_asset_keys()
    shown = {run_id for key in keys for run_id in _of_partitions(instance, key, before)}
    for record in instance.get_asset_records(keys):
        newest = record.asset_entry.last_materialization
        shown |= {record.asset_entry.last_run_id or "", newest.run_id if newest else ""}
    return shown


def _of_partitions(instance: dg.DagsterInstance, key: dg.AssetKey, before: datetime) -> Iterator[str]:
    """The runs with the newest materialization of each partition, and those whose last attempt had none."""
    log = instance.event_log_storage
    attempts = log.get_latest_asset_partition_materialization_attempts_without_materializations(key)
    yield from (run_id for run_id, _event in attempts.values())
    newest = log.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
    events = sorted(newest.values())
    for first in range(0, len(events), AT_ONCE):
        some = events[first : first + AT_ONCE]
        # Most are newer, and only the old ones are read.
        old = dg.AssetRecordsFilter(key, storage_ids=some, before_timestamp=before.timestamp())
        yield from (record.run_id for record in instance.fetch_materializations(old, limit=AT_ONCE).records)


def _delete(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    """Delete runs; each last of all it has: where this is interrupted, the run is still there for the next pass.

    `DagsterInstance.delete_run` begins with the run, and connects anew for each step: it takes twice as long.
    """
    log: Any = instance.event_log_storage
    with log.index_connection() as connection:
        check_log.forget(connection, run_ids)
        for run_id in run_ids:
            instance.compute_log_manager.delete_logs(prefix=[run_id])
            log.delete_events_for_run(connection, run_id)
            instance.run_storage.delete_run(run_id)
