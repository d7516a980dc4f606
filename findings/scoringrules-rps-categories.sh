#!/usr/bin/env bash
# scoringrules 0.10.0: a certain and right forecast gets a ranked probability score of 1, a certain and wrong one 0.
#
# Expected: 0 and more than 0. The documentation has the category that occurs in {1, ..., K}; what is outside of it is
# refused, as its binary scores refuse an outcome of 2 and all of them refuse probabilities outside of [0, 1].
# Seen: outcomes that are counted from 0, as everybody's arrays are, are all off by one, and nothing complains: not even
# a 0, which is no category at all and gives whoever was certain of the first one the worst score there is.
# Forecasters of brackets (a temperature, seats, a rate) are ranked by how well they predicted the neighbouring bracket.
# With one-hot outcomes the same forecasts get the right scores.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check scoringrules==0.10.0
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from scoringrules import brier_score, rps_score

BRACKETS = 4
outcomes = np.array([1, 2, 3])  # counted from 0
right = np.eye(BRACKETS)[outcomes]  # all on the bracket that comes
neighbour = np.eye(BRACKETS)[outcomes - 1]  # all on the one below it


def scores(forecasts: np.ndarray) -> tuple[list[float], list[float]]:
    one_hot = np.eye(BRACKETS)[outcomes]
    counted = np.asarray(rps_score(outcomes, forecasts)).tolist()
    return counted, np.asarray(rps_score(one_hot, forecasts, onehot=True)).tolist()


seen = {"right": scores(right), "neighbour": scores(neighbour)}
for name, (counted, one_hot) in seen.items():
    print(f"certain of the {name} bracket: {counted} counted from 0, {one_hot} one-hot")
first = float(rps_score(np.array([0]), np.eye(BRACKETS)[:1])[0])
print(f"certain of the first bracket, outcome 0: {first}")
try:
    brier_score(2, 0.5)
    refused = False
except ValueError as error:
    refused = True
    print(f"an outcome of 2 for the Brier score: {error}")
if not refused or first != BRACKETS or seen != {"right": ([1.0] * 3, [0.0] * 3), "neighbour": ([0.0] * 3, [1.0] * 3)}:
    raise SystemExit("changed: see above")
PY
