"""Which portfolios a run was asked for, and whether its partitions are still those.

A run names the first and the last key of a range, and Dagster looks up what lies between when the run starts. By then a
key may have been removed and added again, at the end: the range is empty, or holds portfolios that nobody asked for. So
what it holds is compared with all that is known of the wish: the keys that were planned when the run was made, the tag
of whoever made it, and the backfill it belongs to.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

import dagster as dg

from prescient_dagster.assets.runs.run_tags import PORTFOLIOS_TAG
from prescient_dagster.domain.errors import Conflict, InvalidInput

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
BACKFILL_TAG = "dagster/backfill"
_MOST_NAMED = 5
_NOTHING = "nothing was traded; launch it anew"


def range_tags(keys: Sequence[str]) -> dict[str, str]:
    """The tags of one run over a contiguous range of partitions, and which they are."""
    return {RANGE_START: keys[0], RANGE_END: keys[-1], PORTFOLIOS_TAG: fingerprint(keys)}


def partition_ends(tags: Mapping[str, str]) -> tuple[str, str]:
    """The first and the last key of the partitions that a run was made for; empty where it was made for none."""
    alone = tags.get(PARTITION, "")
    return tags.get(RANGE_START, alone), tags.get(RANGE_END, alone)


def fingerprint(keys: Collection[str]) -> str:
    """How many portfolios they are, and a digest of their slugs in any order: a tag has no room for them all."""
    return f"{len(keys)} ({sha256(' '.join(sorted(keys)).encode()).hexdigest()[:12]})"


def partitions_asked(context: dg.AssetExecutionContext) -> list[str]:
    """The run's portfolios, in the order of their partitions.

    Raises:
        InvalidInput: none were chosen.
        Conflict: its range holds none now, or others than it was asked for.
    """
    if not (context.has_partition_key or context.has_partition_key_range):
        raise InvalidInput("no portfolio was chosen: choose partitions, or all of them, when launching the run")
    found = _found(context)
    holds, wished = fingerprint(found), context.run.tags.get(PORTFOLIOS_TAG)
    if wished not in (None, holds):
        raise Conflict(f"the run was asked for {wished} portfolios, {_range(context)} holds {holds}; {_NOTHING}")
    _require_same(context, found, set(_planned(context)))
    return found


def _found(context: dg.AssetExecutionContext) -> list[str]:
    try:
        found = list(context.partition_keys)
    except dg.DagsterInvalidInvocationError as error:
        raise Conflict(f"{_range(context)} is no longer there, or an end of it is not; {_NOTHING}") from error
    if not found:
        raise Conflict(f"no portfolio lies in {_range(context)}: the first comes after the last; {_NOTHING}")
    return found


def _require_same(context: dg.AssetExecutionContext, found: Sequence[str], planned: set[str]) -> None:
    targets = _backfill_targets(context)
    strangers = [key for key in found if key not in planned or (targets is not None and key not in targets)]
    missing = sorted(planned - set(found))
    if strangers or missing:
        changes = [("not asked for", strangers), ("no longer in it", missing)]
        told = "; ".join(f"{what}: {_named(keys)}" for what, keys in changes if keys)
        raise Conflict(f"{_range(context)} holds other portfolios than the run was asked for ({told}); {_NOTHING}")


def _planned(context: dg.AssetExecutionContext) -> Iterator[str]:
    """The keys that the range held when the run was made: Dagster notes each of them then."""
    events = context.instance.event_log_storage.get_records_for_run(
        context.run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    )
    for record in events.records:
        event = record.event_log_entry.dagster_event
        if event is not None and event.partition is not None:
            yield event.partition


def _backfill_targets(context: dg.AssetExecutionContext) -> set[str] | None:
    """The keys that the run's backfill is for; None where it belongs to none, or that does not tell."""
    backfill_id = context.run.tags.get(BACKFILL_TAG)
    backfill = context.instance.get_backfill(backfill_id) if backfill_id else None
    if backfill is None:
        return None
    if backfill.asset_backfill_data is None:
        return None if backfill.partition_names is None else set(backfill.partition_names)
    subsets = backfill.asset_backfill_data.target_subset.partitions_subsets_by_asset_key
    chosen = [subset for key, subset in subsets.items() if key in context.selected_asset_keys]
    return {key for subset in chosen for key in subset.get_partition_keys()}


def _range(context: dg.AssetExecutionContext) -> str:
    span = context.partition_key_range
    return f"the partition {span.start}" if span.start == span.end else f"the range {span.start} to {span.end}"


def _named(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
    return " ".join(keys[:_MOST_NAMED]) + more
