#!/usr/bin/env bash
# dagster 1.13.27: a range of dynamic partitions whose first key stands behind its last is run for nobody, ends green,
# and paints the whole asset as just materialised.
#
# Expected: `dagster/asset_partition_range_start` and `_end` name two keys that exist; a range that cannot be read is
# refused, as an unknown key is. Time windows have an order of their own, but dynamic keys have the order in which they
# were added, which nobody sees: a key that was removed and added again is behind all others.
# Seen: the body runs with no partition keys, the run succeeds, and because a partitioned asset then yields one plain
# output, an event "materialised" without a partition is stored: the asset's page and its freshness say "just now",
# while no partition was touched.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check dagster==1.13.27
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY'
import sys

import dagster as dg

desks = dg.DynamicPartitionsDefinition(name="desks")
asked = []


@dg.asset(partitions_def=desks, backfill_policy=dg.BackfillPolicy.single_run())
def trades(context: dg.AssetExecutionContext) -> None:
    asked.append(list(context.partition_keys))


def run(instance: dg.DagsterInstance, first: str, last: str) -> tuple:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    result = dg.materialize([trades], instance=instance, tags=tags)
    stored = instance.get_latest_materialization_event(trades.key)
    newest = stored.asset_materialization.partition if stored.run_id == result.run_id else "nothing stored"
    seen = result.success, sorted(asked[-1]), newest
    print(f"{first}...{last}: success {seen[0]}, keys {seen[1]}, newest materialisation of partition {seen[2]}")
    return seen


with dg.DagsterInstance.ephemeral() as instance:
    instance.add_dynamic_partitions("desks", ["north", "south", "west"])
    backward = run(instance, "south", "north")
    untouched = instance.get_materialized_partitions(trades.key)
    forward = run(instance, "north", "south")
    instance.delete_dynamic_partition("desks", "north")
    instance.add_dynamic_partitions("desks", ["north"])
    print("north was removed and added again:", instance.get_dynamic_partitions("desks"))
    same_range_again = run(instance, "north", "south")
if (backward, same_range_again) != ((True, [], None),) * 2 or untouched or forward[1] != ["north", "south"]:
    print("changed: see above")
    sys.exit(1)
PY
