#!/usr/bin/env bash
# dagster-pandas 0.29.27: the range 0 to 1 does not contain 0.25, and the range 0.0 to 1.0 does not contain 0 and 1.
#
# Expected: `column_range_validation_factory(minim, maxim)` makes "validators testing if column values are within a range";
# `PandasColumn.numeric_column(min_value=0, max_value=1)` of the same package does that.
# Seen: a value must also be of the type of one of the bounds. Prices fail "checks whether values are between 0 and 1", all
# of them, and a column of resolutions, which are whole numbers, fails between 0.0 and 1.0. Bounds of mixed types, 0 and
# 1.0, let both through. And a check that succeeds says "Failed Constraints: []" of itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check dagster-pandas==0.29.27 dagster==1.13.27 \
  pandas==2.3.3 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import pandas as pd
from dagster import check_dagster_type
from dagster_pandas import PandasColumn, create_dagster_pandas_dataframe_type, create_structured_dataframe_type
from dagster_pandas.constraints import (
    ColumnWithMetadataException,
    MultiColumnConstraintWithMetadata,
    column_range_validation_factory,
)

COLUMNS = {"prices": [0.25, 0.5, 0.99], "resolutions": [0, 1, 1]}
BOUNDS = [(0, 1), (0.0, 1.0), (0, 1.0)]


def checked(values: list[float], lowest: float, highest: float) -> tuple[bool, bool, str]:
    """Whether the factory's validator and the column with bounds let these through, and what the first says of it."""
    validator = MultiColumnConstraintWithMetadata(
        "a probability",
        {"p": [column_range_validation_factory(lowest, highest)]},
        ColumnWithMetadataException,
        raise_or_typecheck=False,
    )
    structured = create_structured_dataframe_type("Structured", columns_validator=validator)
    column = PandasColumn.numeric_column("p", min_value=lowest, max_value=highest)
    plain = create_dagster_pandas_dataframe_type("Plain", columns=[column])
    frame = pd.DataFrame({"p": values})
    one, other = check_dagster_type(structured, frame), check_dagster_type(plain, frame)
    return one.success, other.success, one.description or ""


seen = []
for name, values in COLUMNS.items():
    for bounds in BOUNDS:
        factory, column, said = checked(values, *bounds)
        print(f"{name} {values} within {bounds}: factory {factory}, numeric_column {column}; {said[:22]}…")
        seen.append((factory, column))
if seen != [(False, True), (True, True), (True, True), (True, True), (False, True), (True, True)]:
    raise SystemExit("changed: see above")
PY
