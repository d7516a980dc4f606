"""What a run over a part of a strategy's portfolios found, noted in its log for who judges the checks of them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import dagster as dg

from prescient_dagster.assets.partitions_asked import partition_ends
from prescient_dagster.assets.runs import runs_here
from prescient_dagster.assets.runs.run_tags import PORTFOLIOS_TAG, SHARD_TAG

NOTE = "found"
OBSERVED = dg.DagsterEventType.ASSET_OBSERVATION
READ = {OBSERVED, dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}


@dataclass(frozen=True, slots=True)
class Note:
    """What a run found.

    Attributes:
        slugs: the portfolios that it looked at.
        unbalanced: the differences in the books of those that do not balance.
        books: how many order books were needed, by what became of them.
        missing: those that could not be had, as many as a check shows.
        capture_id: what it acted on.
    """

    slugs: Sequence[str]
    unbalanced: Mapping[str, Sequence[str]]
    books: Mapping[str, int]
    missing: Sequence[Mapping[str, Any]]
    capture_id: int = 0


@dataclass(frozen=True, slots=True)
class ShardWord:
    """The note of one shard's run, or why there is none."""

    shard: str
    note: Note | None = None
    why: str = ""


def noted(asset: dg.AssetKey, run: dg.DagsterRun, note: Note) -> dg.AssetObservation:
    """A note as it stands in the log of its run, and among the events of the asset."""
    told = f"{described(run)}: noted for the checks, which are judged once all shards have ended"
    # `asdict` would make a Counter of the counts' pairs.
    found = {field.name: getattr(note, field.name) for field in fields(note)}
    return dg.AssetObservation(asset, description=told, metadata={NOTE: dg.MetadataValue.json(found)})


def heard(instance: dg.DagsterInstance, run: dg.DagsterRun) -> ShardWord:
    """What a run that has ended left for who judges."""
    entries = instance.all_logs(run.run_id, of_type=READ)
    events = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
    for event in events:
        if event.event_type is OBSERVED:
            found = event.asset_observation_data.asset_observation.metadata.get(NOTE)
            if isinstance(found, dg.JsonMetadataValue) and isinstance(found.value, dict):
                return ShardWord(described(run), Note(**found.value))
    if run.status is dg.DagsterRunStatus.FAILURE:
        return ShardWord(
            described(run), why=f"its run failed: {runs_here.failure(runs_here.StoredRun(run.run_id, events))}"
        )
    return ShardWord(described(run), why=f"its run left no word, it is {run.status.value.lower()}")


def described(run: dg.DagsterRun) -> str:
    """Which portfolios a run was made for, in words."""
    first, last = partition_ends(run.tags)
    number = run.tags.get(PORTFOLIOS_TAG, "").partition(" ")[0]
    return f"{run.tags.get(SHARD_TAG, run.job_name)} ({number} portfolios, {first} to {last})"
