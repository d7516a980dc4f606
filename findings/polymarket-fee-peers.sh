#!/usr/bin/env bash
# honest-backtest 0.2.0, pmquant 0.7.1, resolvedkit 0.1.0: three libraries, one formula, other fees for one trade.
#
# Expected: all three cite the venue's page, fee = shares x rate x p x (1 - p), with a rate of nothing for geopolitics,
# so 100 shares at 0.50 cost the same in each.
# Seen: honest-backtest takes a rate of 0 for "not given" and charges that of crypto, the highest there is: 1.75 USD on
# a market without fees; its whole back test passes 0 where a market has none. For sports the other two have 3 and 5 %,
# and for a category they do not know 7 and 5 %. None of them says so in its result.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check honest-backtest==0.2.0 pmquant==0.7.1 resolvedkit==0.1.0
"$work/venv/bin/python" - <<'PY'
import pmq
import resolvedkit.fees as kit
from honest_backtest.settle import fee_per_share

SHARES, PRICE = 100.0, 0.50
seen = {}
for category in ("geopolitics", "politics", "sports", "space"):
    pmquant = pmq.fee(PRICE, SHARES, pmq.FEE_RATES[category]) if category in pmq.FEE_RATES else pmq.fee(PRICE, SHARES)
    rate = kit.rate_for(category)
    seen[category] = (
        round(pmquant, 4),
        round(kit.taker_fee(SHARES, PRICE, rate), 4),
        round(SHARES * fee_per_share(PRICE, fee_rate=rate), 4),
    )
    print(f"{category:12} pmquant {seen[category][0]:.2f}  resolvedkit {seen[category][1]:.2f}", end="")
    print(f"  honest-backtest at resolvedkit's rate of {rate}: {seen[category][2]:.2f}")
if seen != {
    "geopolitics": (0.0, 0.0, 1.75),
    "politics": (1.0, 1.0, 1.0),
    "sports": (0.75, 1.25, 1.25),
    "space": (1.75, 1.25, 1.25),
}:
    raise SystemExit(f"changed: {seen}")
PY
