#!/usr/bin/env bash
# manifoldpy 1.1.2: the 1 % calibration has no markets at 29 % and 58 %, and loses those at 28 % and 56 %.
#
# Expected: "fraction of markets that actually resolved yes for the corresponding bucket", over all markets passed: each
# market is counted once, in the bucket of its own probability.
# Seen: the bucket is the integer part of 0.29 * 100 = 28.999…, and counts are assigned, not added. So the markets of
# 29 % are shown at 28 %, those of 57 and 58 % at 56 and 57 %, the markets that were at 28 and 56 % are gone, and 29 %
# reports that nothing ever happens. A Yes at 29 % and a No at 28 % share a bucket. The 10 % calibration is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
# Without its own pins, whose matplotlib has no wheel for Python 3.11.
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-deps manifoldpy==1.1.2
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 \
  matplotlib==3.11.2 requests==2.34.2 attrs==26.1.0 2> /dev/null
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from manifoldpy.calibration import bet_counts, binary_calibration

yes = np.array([0.28] * 9 + [0.29] * 3)  # 9 of 10 resolved Yes at 28 %, 3 of 10 at 29 %
no = np.array([0.28] * 1 + [0.29] * 7)
counts = bet_counts(yes, no, decimals=2)
shown = binary_calibration(yes, no, decimals=2)
print(f"at 28 %: {shown[28]:.1f} of {counts[28].sum():.0f} markets resolved Yes (there are 10, of which 0.9)")
print(f"at 29 %: {shown[29]:.1f} of {counts[29].sum():.0f} markets resolved Yes (there are 10, of which 0.3)")
every = np.arange(101) / 100
for decimals in (1, 2):
    of_each = bet_counts(every, every, decimals)
    empty = [bucket for bucket in range(len(of_each)) if of_each[bucket].sum() == 0]
    print(f"a Yes and a No at every percent, {decimals} decimals: {of_each.sum():.0f} of 202 are counted, none in {empty}")
both = bet_counts(np.array([0.29]), np.array([0.28]), decimals=2)[28]
print(f"a Yes at 29 % and a No at 28 %: the bucket of 28 % has {both[0]:.0f} Yes and {both[1]:.0f} No")
if (shown[28], shown[29], counts[28].sum(), empty) != (0.3, 0.0, 10.0, [29, 58]):
    raise SystemExit("changed: see above")
PY
