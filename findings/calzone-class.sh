#!/usr/bin/env bash
# calzone-tool 0.1.0: asked for one outcome of three, its Cox regression takes that outcome and the forecasts of another.
#
# Expected: "A well-calibrated model should have a coefficient close to 1 and an intercept close to 0", and "for
# multi-class problems, the function converts the problem to binary based on the specified class_to_calculate".
# Seen: outcomes are those of the class, but the forecasts are always those of the second column. Perfect forecasts of a
# three-way market have a slope of 1 for the outcome in the middle and of -0.4 for the other two, as if they were
# worse than useless. Spiegelhalter's test of the same package, and two columns made by hand, find nothing wrong.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check calzone-tool==0.1.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from calzone.metrics import cox_regression_analysis, spiegelhalter_z_test

source = np.random.default_rng(3)
forecasts = source.dirichlet([2, 2, 2], 20_000)
outcomes = np.array([source.choice(3, p=row) for row in forecasts])  # happens as often as it was said


def slope(outcomes: np.ndarray, forecasts: np.ndarray, outcome: int) -> float:
    return round(float(cox_regression_analysis(outcomes, forecasts, class_to_calculate=outcome)[0]), 2)


seen = {}
for outcome in range(3):
    two_way = np.column_stack([1 - forecasts[:, outcome], forecasts[:, outcome]])
    seen[outcome] = (slope(outcomes, forecasts, outcome), slope((outcomes == outcome).astype(int), two_way, 1))
    p = spiegelhalter_z_test(outcomes, forecasts, class_to_calculate=outcome)[1]
    print(f"outcome {outcome}: slope {seen[outcome][0]}, of two columns made by hand {seen[outcome][1]}", end="")
    print(f", p of Spiegelhalter's test {p:.2f}")
if not all(abs(by_hand - 1) < 0.05 for _, by_hand in seen.values()) or not (seen[0][0] < 0 and seen[2][0] < 0):
    raise SystemExit("changed: see above")
PY
