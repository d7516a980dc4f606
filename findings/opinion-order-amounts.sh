#!/usr/bin/env bash
# Opinion's two official clients: Python (opinion-clob-sdk 0.7.0) signs an order for 12,350 where 12,345.67 was asked,
# TypeScript (@opinion-labs/opinion-clob-sdk 0.6.1) signs what was asked.
#
# Expected: a limit order spends, or sells, no more than its amount; both clients say that they keep the price exact, and
# give up some of the amount for it. Who sells all of a position asks for what is held.
# Seen: Python first rounds the amount to four significant digits, to the nearest, so upwards in half of the cases: 99.996
# becomes 100, 9999.6 becomes 10,000, 12,345.67 becomes 12,350. That is more than was allowed for a purchase, and more than
# is held where all of a position is sold. TypeScript rounds down, and only as far as the price needs it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check opinion-clob-sdk==0.7.0
cd "$work"
echo '{"type": "module"}' > package.json
npm install --silent --no-fund --no-audit --ignore-scripts @opinion-labs/opinion-clob-sdk@0.6.1 > /dev/null
cat > amounts.mjs <<'JS'
import {
  calculateOrderAmounts,
  safeAmountToWei,
} from "./node_modules/@opinion-labs/opinion-clob-sdk/dist/chain/order_utils/utils.js";
const signed = [];
for (const [amount, price] of JSON.parse(process.argv[2]))
  for (const side of [0, 1])
    signed.push(Number(calculateOrderAmounts(price, safeAmountToWei(amount, 18), side, 18).recalculatedMakerAmount) / 1e18);
console.log(JSON.stringify(signed));
JS
"$work/venv/bin/python" -W ignore - <<'PY'
import json
import subprocess

from opinion_clob_sdk.chain.py_order_utils.model.sides import OrderSide
from opinion_clob_sdk.chain.py_order_utils.utils import calculate_order_amounts
from opinion_clob_sdk.sdk import safe_amount_to_wei

ORDERS = [(99.996, 0.50), (9999.6, 0.50), (12345.67, 0.57), (1234.1, 0.33)]  # the amount, the price
ran = subprocess.run(["node", "amounts.mjs", json.dumps(ORDERS)], check=True, capture_output=True)
typescript = iter(json.loads(ran.stdout))
seen = []
for amount, price in ORDERS:
    for side in (OrderSide.BUY, OrderSide.SELL):
        python = calculate_order_amounts(price, safe_amount_to_wei(amount, 18), side, 18)[0] / 1e18
        seen.append((python, next(typescript)))
        named = "buy for" if side == OrderSide.BUY else "sell"
        print(f"{named} {amount} at {price}: Python signs {seen[-1][0]:.4f}, TypeScript {seen[-1][1]:.4f}")
if [round(python, 4) for python, _ in seen] != [100, 100, 10_000, 10_000, 12_350, 12_350, 1234, 1234]:
    raise SystemExit("changed: see above")
if not all(abs(other - amount) < 1e-9 for (_, other), (amount, _) in zip(seen[::2], ORDERS)):
    raise SystemExit("changed: see above")
PY
