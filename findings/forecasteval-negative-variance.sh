#!/usr/bin/env bash
# forecasteval 0.2.4: a forecaster that was worse on every single day is "not significantly different", p = 1.
#
# Expected: the test of Diebold and Mariano with a horizon of h days adds h - 1 autocovariances, whose sum can be
# negative. dieboldmariano 1.1.0 raises then ("Try using variance_estimator='bartlett'"); others fall back to h = 1.
# Seen: the statistic becomes 0 and the p-value 1, the strongest possible word for "no difference", with nothing to tell
# it from a real one. It is no rarity: where one of two forecasters of the coming week is worse by a whole standard
# deviation and a month has been seen, it happens to one in five.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
# forecasteval names no dependencies.
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check forecasteval==0.2.4 dieboldmariano==1.1.0 \
  numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 matplotlib==3.11.2
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from dieboldmariano import NegativeVarianceException, dm_test
from forecast_eval.stats_tests import diebold_mariano_test

worse = np.array([0.05, 0.15] * 10)  # by how much the one's Brier score is above the other's, day by day
nothing = np.zeros(len(worse))
found = {h: diebold_mariano_test(worse, nothing, h=h) for h in (1, 2)}
for h, result in found.items():
    print(f"worse on {np.sum(worse > 0)} of {len(worse)} days, h = {h}: p = {result['p_value']:.2g}: {result['conclusion']}")
try:
    print(f"dieboldmariano, h = 2: {dm_test(nothing, worse, nothing, loss=lambda _, loss: loss, h=2)}")
except NegativeVarianceException as error:
    print(f"dieboldmariano, h = 2: refuses: {error}")
source, days, horizon, tries = np.random.default_rng(1), 30, 7, 2000
certain = sum(
    diebold_mariano_test(1 + source.standard_normal(days), np.zeros(days), h=horizon)["p_value"] == 1.0
    for _ in range(tries)
)
print(f"of {tries} forecasters worse by a standard deviation, over {days} days, h = {horizon}: {certain} have p = 1")
if not (found[2]["p_value"] == 1.0 and found[1]["p_value"] < 0.001 and 200 < certain < 600):
    raise SystemExit("changed: see above")
PY
