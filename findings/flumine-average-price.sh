#!/usr/bin/env bash
# flumine 3.3.2 (simulation): what an order wins depends on whether its two fills are one order or two.
#
# Expected: 1000 backed at 1.01 and 1000 at 1.02 win 10 + 20 = 30, however they were ordered; flumine's own
# `calculate_matched_exposure` says 30.
# Seen: an order keeps its average price rounded to two decimals (1.015 becomes 1.01) and its profit is worked out from
# that: 20 for one order, 30 for two. A third of the winnings is gone, without a word. The shorter the odds (a market
# that is nearly decided), the more it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check flumine==3.3.2
"$work/venv/bin/python" - <<'PY'
from types import SimpleNamespace

from flumine.order.ordertype import LimitOrder
from flumine.simulation.simulatedorder import SimulatedOrder
from flumine.utils import calculate_matched_exposure, wap

FILLS = [[1_780_000_000_000, 1.01, 1000.0], [1_780_000_000_500, 1.02, 1000.0]]


def winnings(fills: list) -> float:
    """The profit of one simulated order to back a runner that won."""
    order = SimpleNamespace(
        side="BACK",
        runner_status="WINNER",
        market_type="WIN",
        number_of_dead_heat_winners=None,
        order_type=LimitOrder(price=1.01, size=sum(size for _, _, size in fills)),
    )
    simulated = SimulatedOrder(order)
    simulated.matched = fills
    simulated.size_matched, simulated.average_price_matched = wap(fills)
    return simulated.profit


one, two = winnings(FILLS), sum(winnings([fill]) for fill in FILLS)
exposure = calculate_matched_exposure([(price, size) for _, price, size in FILLS], [])[0]
print(f"one order, two fills: {one}; two orders, a fill each: {two}; calculate_matched_exposure: {exposure}")
if (one, two, exposure) != (20.0, 30.0, 30.0):
    raise SystemExit("changed: see above")
PY
