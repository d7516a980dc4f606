#!/usr/bin/env bash
# horizon-sdk 0.8.8: a purchase of No that won is a loss in its resolution profit, its edge and its Brier score.
#
# Expected: a fill has a `side`, Yes or No, beside its `order_side`, and its price is that of its own token (its live loop
# marks No at 1 - the price of Yes). "In prediction markets, positions held at expiry resolve at 0 or 1"; `outcomes` says 0
# where No won, so No resolved at 1: 100 No that were bought at 0.90 have won 10.
# Seen: no figure looks at `side`. The 100 No have lost 90 (`resolution_pnl`), with an edge of -0.90 and a Brier score of
# 0.81, that of somebody who was sure of Yes. And a sale of No closes a purchase of Yes: a round trip that never was, with
# which 70 were "won".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check horizon-sdk==0.8.8
"$work/venv/bin/python" - <<'PY'
from horizon import Fill, OrderSide, Side, compute_metrics

DAY = 86400.0


def fill(side: Side, order_side: OrderSide, price: float, at: float) -> Fill:
    return Fill(str(at), str(at), "quay", side, order_side, price, 100.0, timestamp=at)


no = fill(Side.No, OrderSide.Buy, 0.90, 1.0)
held = compute_metrics([(0.0, 1000.0), (DAY, 1010.0)], [no], 1000.0, outcomes={"quay": 0.0})
print(f"100 No at 0.90, No won: resolution profit {held.resolution_pnl:+.2f}, edge {held.avg_edge:+.2f}", end="")
print(f", Brier score {held.brier_score:.2f}")

both = [fill(Side.Yes, OrderSide.Buy, 0.10, 1.0), fill(Side.No, OrderSide.Sell, 0.80, 2.0)]
crossed = compute_metrics([(0.0, 1000.0), (DAY, 1000.0)], both, 1000.0)
print(f"100 Yes bought at 0.10, 100 No sold at 0.80: {crossed.total_trades} round trip, result {crossed.expectancy:+.2f}")
if (held.resolution_pnl, held.avg_edge, round(held.brier_score, 2)) != (-90.0, -0.9, 0.81):
    raise SystemExit("changed: see above")
if (crossed.total_trades, round(crossed.expectancy, 2)) != (1, 70.0):
    raise SystemExit("changed: see above")
PY
