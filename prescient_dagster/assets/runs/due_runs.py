"""Which runs are due for a capture: one for each shard that has none, and of which no portfolio is being traded."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from prescient_dagster.assets.cycle import asset_keys, op_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.assets.runs.going import GOING, still_going
from prescient_dagster.assets.runs.lost_runs import runs_of
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, NEVER_BEGAN_TAG
from prescient_dagster.assets.runs.shards import Shard


@dataclass(frozen=True, slots=True)
class DueRuns:
    """The runs to make, and why others are not made, in words."""

    requests: list[dg.RunRequest]
    held_back: list[str]


def due(instance: dg.DagsterInstance, shards: Sequence[Shard], keys: Sequence[str], capture_id: int) -> DueRuns:
    """The runs that trade a capture.

    A `run_key` does not hold across the ticks of a schedule, so runs are tagged with their capture and looked for.
    """
    strategy, order = shards[0].strategy, {key: place for place, key in enumerate(keys)}
    unended, tried = runs_of(instance, strategy, asset_keys(strategy), GOING), _tried(instance, strategy, capture_id)
    found = DueRuns([], [])
    for shard in shards:
        before = next((record for record in unended if shard.shares(record.dagster_run, order)), None)
        if before is not None:
            found.held_back.append(still_going(shard.name, before))
        elif not any(shard.shares(run, order) for run in tried):
            found.requests.append(_request(shard, capture_id))
    return found


def _tried(instance: dg.DagsterInstance, strategy: str, capture_id: int) -> list[dg.DagsterRun]:
    """The runs that have begun with the capture, or are about to. What failed is healed by the next capture."""
    runs = instance.get_runs(dg.RunsFilter(job_name=strategy, tags={CAPTURE_TAG: str(capture_id)}))
    return [run for run in runs if NEVER_BEGAN_TAG not in run.tags]


def _request(shard: Shard, capture_id: int) -> dg.RunRequest:
    """A shard's run. Stored configs are read in it, so that one broken portfolio cannot stop the tick."""
    return dg.RunRequest(
        run_key=f"{capture_id}:{shard.name}",
        run_config={"ops": {op_name(shard.strategy): {"config": {"capture_id": capture_id}}}},
        tags={CAPTURE_TAG: str(capture_id), **shard.tags, **range_tags(shard.keys)},
        # Several runs are judged together, afterwards: none of them is asked for checks.
        asset_selection=None if shard.alone else list(asset_keys(shard.strategy)),
        asset_check_keys=None if shard.alone else [],
    )
