#!/usr/bin/env bash
# dagster 1.13.27: a sensor that is given a job made with @job warns of the beta parameter `owners`, which nobody set,
# as soon as the definitions hold a resource; the same sensor on an asset job, or without the resource, says nothing.
#
# Where Definitions gives a job its resources, it makes the sensors that name the job anew and hands over all they have,
# an empty `owners` included. What warns of beta parameters looks at whether one was handed over, not at its value.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check dagster==1.13.27

cat > "$work/case.py" <<'PYTHON'
import warnings

import dagster as dg


class Purse(dg.ConfigurableResource):
    amount: int = 1


@dg.op
def spend(purse: Purse) -> None:
    """What the job does."""


@dg.job
def made_of_ops() -> None:
    spend()


@dg.asset
def stock(purse: Purse) -> int:
    return purse.amount


of_assets = dg.define_asset_job("of_assets", [stock])


def warned(job: object, **resources: object) -> bool:
    """Whether loading a sensor on this job warns of `owners`."""

    @dg.sensor(name="watch", jobs=[job])
    def watch(_context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason("nothing")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        definitions = dg.Definitions(assets=[stock], jobs=[job], sensors=[watch], resources=resources)
        definitions.get_repository_def()
    return any("`owners`" in str(each.message) for each in caught)


print("job of ops, with a resource:", warned(made_of_ops, purse=Purse()))
print("asset job, with a resource:", warned(of_assets, purse=Purse()))
PYTHON

seen=$("$work/venv/bin/python" "$work/case.py" 2>&1)
expected="job of ops, with a resource: True
asset job, with a resource: False"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; expected:"; echo "$expected"; exit 1; }
