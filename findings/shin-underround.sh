#!/usr/bin/env bash
# shin 0.2.2: "implied probabilities" of a three-way market whose prices sum to less than one sum to 0.83.
#
# Expected: the package promises implied probabilities, so they sum to 1, as they do for every two-way market. An
# exclusive set of prediction markets often sums to less than one (bids, stale quotes, cheap sets), so this is ordinary
# input. Or it refuses, as odds-tools 0.1.1 does for the same method.
# Seen: with two outcomes a closed formula gives 1; with three or more the search for z runs into its 1000th step, and
# what it had then is returned: further from 1 than the raw prices were. No error and no warning; only `full_output`
# shows the steps. Whether it happens depends on the prices: the four-way market below comes out right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check shin==0.2.2 odds-tools==0.1.1
"$work/venv/bin/python" - <<'PY'
import odds_tools
from shin import calculate_implied_probabilities as implied

MARKETS = {
    "two-way": {"Aster": 0.52, "Briar": 0.43},
    "three-way": {"Aster": 0.38, "Briar": 0.38, "Clover": 0.16},
    "four-way": {"Aster": 0.25, "Briar": 0.25, "Clover": 0.25, "Dahlia": 0.23},
}
sums = {}
for name, prices in MARKETS.items():
    odds = {outcome: 1 / price for outcome, price in prices.items()}
    found = implied(odds, full_output=True)
    sums[name] = round(sum(found.implied_probabilities.values()), 3)
    shown = {outcome: round(p, 3) for outcome, p in found.implied_probabilities.items()}
    print(f"{name}: prices sum to {sum(prices.values()):.2f}, probabilities {shown} to {sums[name]}", end="")
    print(f" after {found.iterations:.0f} steps, last change {found.delta:.3f}")
    try:
        odds_tools.fair_probabilities(list(odds.values()), "shin")
        refused = False
    except odds_tools.OddsError as error:
        refused = True
        print(f"  odds-tools: {error}")
    if not refused:
        raise SystemExit("changed: odds-tools no longer refuses")
if sums["two-way"] != 1 or sums["four-way"] != 1 or not 0.8 < sums["three-way"] < 0.85:
    raise SystemExit(f"changed: the sums are {sums}")
PY
