#!/usr/bin/env bash
# dagster 1.13.27: two instances that are open at a time and closed in the order of opening leave a closed one behind,
# and from then on no definitions can be loaded in that process.
#
# Expected: what a closed instance knew is gone with it, whichever is closed first; objects that are not nested need not
# be closed like brackets.
# Seen: the current storage of definitions' state is set by each instance and set back, at its end, to what it was at
# its beginning. The second one sets it back to the first one's, which is closed and no longer there, so resolving jobs
# raises an error about a weak reference, in code that has named no instance at all. Closed like brackets, all is well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check dagster==1.13.27
"$work/venv/bin/python" -W ignore - "$work" 2> /dev/null <<'PY'
import contextvars
import gc
import sys
import tempfile

import dagster as dg


@dg.asset
def snapshots() -> None: ...


def loads(first_opened_is_closed: str) -> str:
    """What comes of loading definitions once two instances were opened and closed."""
    instances = [dg.DagsterInstance.local_temp(tempfile.mkdtemp(dir=sys.argv[1])) for _ in range(2)]
    for instance in instances:
        instance.__enter__()
    for instance in instances if first_opened_is_closed == "first" else reversed(instances):
        instance.__exit__(None, None, None)
    del instances, instance
    gc.collect()
    try:
        dg.Definitions(assets=[snapshots]).resolve_all_job_defs()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "loaded"


seen = {order: contextvars.copy_context().run(loads, order) for order in ("last", "first")}
for order, came in seen.items():
    print(f"the instance opened first was closed {order}: {came}")
if seen["last"] != "loaded" or "weakref" not in seen["first"]:
    print("changed: see above")
    sys.exit(1)
PY
