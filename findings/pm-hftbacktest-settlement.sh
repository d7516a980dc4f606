#!/usr/bin/env bash
# pm-hftbacktest 1.0.11: a back test that ends while its market trades is settled by the last quote: 0.49 is 0, 0.51 is 1.
#
# Expected: a record of a day, of a market that goes on, is worth its position at the last price. Whether and how a market
# was resolved is the venue's to say; "Polymarket settlement price handling" is for what was settled.
# Seen: by default `PolyAssetRecord` replaces the last price by 0 or 1, whichever is nearer. 1000 tokens bought at
# 0.50 have lost 500 USD at a last quote of 0.49 and won 500 at 0.51, as return, drawdown and Sharpe ratio. With
# `settlement=False` it is 10 either way, but then a market that did resolve at its last quote of 0.97 pays 0.97.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check pm-hftbacktest==1.0.11
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from hftbacktest.stats import PolyAssetRecord

HOUR = 3_600_000_000_000
FIELDS = ["timestamp", "price", "position", "balance", "fee", "num_trades", "trading_volume", "trading_value"]


def figures(last_quote: float, settlement: bool) -> tuple[float, float]:
    """The return and the drawdown of 1000 tokens bought at 0.50 and held for a day."""
    record = np.zeros(24, dtype=[(field, "i8" if field == "timestamp" else "f8") for field in FIELDS])
    record["timestamp"] = 1_777_000_000_000_000_000 // HOUR * HOUR + np.arange(24) * HOUR
    record["price"] = np.linspace(0.50, last_quote, 24)
    record["position"], record["balance"] = 1000.0, -500.0
    record["num_trades"], record["trading_volume"], record["trading_value"] = 1, 1000.0, 500.0
    found = PolyAssetRecord(record, settlement=settlement).resample("1h").stats().summary()
    return round(found["Return"][0], 2), round(found["MaxDrawdown"][0], 2)


seen = {(quote, settlement): figures(quote, settlement) for quote in (0.49, 0.51, 0.97) for settlement in (True, False)}
for (quote, settlement), (earned, drawdown) in seen.items():
    print(f"last quote {quote}, settlement={settlement!s:5}: return {earned:+7.2f}, drawdown {drawdown:6.2f}")
if [seen[quote, True][0] for quote in (0.49, 0.51)] != [-500.0, 500.0] or seen[0.49, False][0] != -10.0:
    raise SystemExit("changed: see above")
PY
