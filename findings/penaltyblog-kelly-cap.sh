#!/usr/bin/env bash
# penaltyblog 1.13.1: its two Kelly functions disagree about one and the same bet, and the fraction is taken of a cap.
#
# Expected: `multiple_kelly_criterion` with a single outcome, `max_total_stake=1.0` and `fraction=1.0` is
# `kelly_criterion`. The only limits that its documentation names are those two arguments.
# Seen: no outcome gets more than half of the bankroll inside the optimiser, whatever `max_total_stake` says, and
# `fraction` is applied afterwards. So quarter Kelly, which is nowhere near a half, becomes 0.125 for 0.2. The result
# says `optimization_success=True` without a warning. With Yes and No of one market (0.55 + 0.40) the cap binds too, and
# a fifth of the growth is lost.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check penaltyblog==1.13.1
"$work/venv/bin/python" -W ignore - <<'PY'
import math

from penaltyblog.betting import kelly_criterion, multiple_kelly_criterion

seen = []
for fraction in (1.0, 0.25):
    one = float(kelly_criterion(1 / 0.50, 0.90, fraction).stake)
    many = multiple_kelly_criterion([1 / 0.50], [0.90], fraction=fraction, max_total_stake=1.0)
    seen += [round(one, 3), round(many.stakes[0], 3)]
    print(f"a contract at 0.50, worth 0.90, {fraction} Kelly: {one:.3f} by the one, {many.stakes[0]:.3f} by the other", end="")
    print(f" (success {many.optimization_success}, warnings {many.warnings})")
both = multiple_kelly_criterion([1 / 0.55, 1 / 0.40], [0.60, 0.40])
best = 0.60 * math.log(0.60 / 0.55) + 0.40 * math.log(0.40 / 0.40)  # a share of each outcome's own probability
print(f"Yes at 0.55 and No at 0.40: stakes {[round(s, 3) for s in both.stakes]}, growth {both.expected_growth:.4f}, the best is {best:.4f}")
if seen != [0.8, 0.5, 0.2, 0.125] or not both.expected_growth < 0.9 * best:
    raise SystemExit(f"changed: {seen}")
PY
