#!/usr/bin/env bash
# py-clob-client-v2 1.2.1 (Polymarket's own client) signs market orders one tick below the price that was asked for.
#
# Expected: 0.29, 0.57 and 0.58 are prices of the 0.01 grid, so rounding "down to the grid" leaves them alone.
# Seen: floor(0.29 * 100) is 28 in binary floating point, and the signed order says 0.28. A market buy at 0.29 can then
# never match the ask of 0.29; a market sell at 0.29 gives a tick away. The client before it (py-clob-client 0.34.6)
# rounds to the nearest tick and signs 0.29. On the 0.0001 grid 573 of 9999 prices are hit.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check py-clob-client-v2==1.2.1 py-clob-client==0.34.6
"$work/venv/bin/python" - <<'PY'
from py_clob_client.clob_types import CreateOrderOptions as OldOptions
from py_clob_client.clob_types import MarketOrderArgs as OldOrder
from py_clob_client.order_builder.builder import OrderBuilder as OldBuilder
from py_clob_client.signer import Signer as OldSigner
from py_clob_client_v2.clob_types import CreateOrderOptions, MarketOrderArgsV2
from py_clob_client_v2.order_builder.builder import ROUNDING_CONFIG, OrderBuilder
from py_clob_client_v2.signer import Signer

KEY = "0x" + "5a" * 32
POLYGON = 137
new = OrderBuilder(Signer(KEY, POLYGON))
old = OldBuilder(OldSigner(KEY, POLYGON))


def signed_prices(side: str, amount: float, price: float) -> tuple[float, float]:
    """What a unit costs in the order that each client signs: the new one, the old one."""
    order = new.build_market_order(
        MarketOrderArgsV2(token_id="271828", amount=amount, side=side, price=price),
        CreateOrderOptions(tick_size="0.01", neg_risk=False),
    )
    before = old.create_market_order(
        OldOrder(token_id="271828", amount=amount, side=side, price=price),
        OldOptions(tick_size="0.01", neg_risk=False),
    ).order
    pairs = (int(order.makerAmount), int(order.takerAmount)), (before["makerAmount"], before["takerAmount"])
    return tuple(round(m / t if side == "BUY" else t / m, 4) for m, t in pairs)


wrong = {}
for tick in range(1, 100):
    price = tick / 100
    for side in ("BUY", "SELL"):
        now, then = signed_prices(side, 100.0, price)
        assert abs(then - price) < 1e-4, (side, price, then)
        if abs(now - price) > 1e-4:
            wrong[side, price] = now
for (side, price), now in sorted(wrong.items()):
    print(f"{side:4} at {price}: the old client signs {price}, the new one {now}")
fine = sum(
    new.get_market_order_amounts("SELL", 10000.0, k / 10000, ROUNDING_CONFIG["0.0001"])[2] != k * 1_000_000
    for k in range(1, 10000)
)
print(f"grid of 0.0001: {fine} of 9999 prices signed one tick lower")
seen = {(side, price): round(price - 0.01, 2) for side in ("BUY", "SELL") for price in (0.29, 0.57, 0.58)}
if wrong != seen or fine != 573:
    raise SystemExit("changed: the prices above are not those that were written down")
PY
