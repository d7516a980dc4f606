#!/usr/bin/env bash
# Polymarket's two official clients sign different sizes for one order: py-clob-client 0.34.6 (and -v2 1.2.1) against
# @polymarket/clob-client 5.8.1.
#
# Expected: a size with two decimals is what the exchange takes, and both clients say that they round sizes down to two
# decimals, so both sign 1.15 shares for 1.15 shares.
# Seen: Python computes floor(1.15 * 100) / 100 = 1.14; TypeScript first looks whether there is anything to round and
# signs 1.15. Of the sizes 0.01 to 100.00 Python shortens 573. "Sell everything" leaves a hundredth of a share behind,
# which is below the smallest order and stays in the account until the market resolves.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check py-clob-client==0.34.6 py-clob-client-v2==1.2.1
cd "$work"
echo '{"type": "module"}' > package.json
npm install --silent --no-fund --no-audit --ignore-scripts @polymarket/clob-client@5.8.1 > /dev/null
cat > sizes.mjs <<'JS'
import { getOrderRawAmounts, ROUNDING_CONFIG } from "./node_modules/@polymarket/clob-client/dist/order-builder/helpers.js";
const sizes = [];
for (let cents = 1; cents <= 10000; cents++)
  sizes.push(getOrderRawAmounts("SELL", cents / 100, 0.5, ROUNDING_CONFIG["0.01"]).rawMakerAmt);
console.log(JSON.stringify(sizes));
JS
node sizes.mjs > typescript.json
"$work/venv/bin/python" - <<'PY'
import json

from py_clob_client.order_builder.builder import ROUNDING_CONFIG, OrderBuilder
from py_clob_client_v2.order_builder.builder import ROUNDING_CONFIG as CONFIG_V2
from py_clob_client_v2.order_builder.builder import OrderBuilder as BuilderV2

typescript = json.load(open("typescript.json"))
v1, v2 = OrderBuilder.__new__(OrderBuilder), BuilderV2.__new__(BuilderV2)  # no key needed to round
differ = []
for cents, other in enumerate(typescript, start=1):
    size = cents / 100
    one = v1.get_order_amounts("SELL", size, 0.5, ROUNDING_CONFIG["0.01"])[1] / 1e6
    two = v2.get_order_amounts("SELL", size, 0.5, CONFIG_V2["0.01"])[1] / 1e6
    assert one == two and other == size, (size, one, two, other)
    if one != other:
        differ.append((size, one, other))
for size, python, other in differ[:8]:
    print(f"sell {size}: Python signs {python}, TypeScript {other}")
print(f"{len(differ)} of {len(typescript)} sizes differ")
if len(differ) != 573 or (1.15, 1.14, 1.15) not in differ:
    raise SystemExit("changed: the sizes above are not those that were written down")
PY
