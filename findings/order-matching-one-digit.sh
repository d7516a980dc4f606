#!/usr/bin/env bash
# order-matching 0.12.0: prices are rounded to one digit, so that a bid at 0.46 meets an ask at 0.54, and they trade at 0.50.
#
# Expected: "Match queued and placed orders in price-time priority": a bid below the ask rests, and no order trades beyond
# its limit.
# Seen: `price_number_of_digits` of an order is 1 unless given, and its price is rounded to that as the order is made,
# without a word. Of prices between 0 and 1 eleven are left; buyer and seller both trade four cents beyond their limits.
# With `price_number_of_digits=2` for each order they rest.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check 'order-matching[polars]==0.12.0' pandera==0.35.0 polars==2.1.0
"$work/venv/bin/python" -W ignore - <<'PY'
from datetime import datetime, timedelta

from order_matching.enums import Side
from order_matching.matching_engine import MatchingEngine
from order_matching.order import LimitOrder
from order_matching.orders import Orders

NOON = datetime(2026, 3, 2, 12)


def traded(**digits: int) -> list[tuple[float, float]]:
    """Price and size of the trades between a seller at 0.54 and, a second later, a buyer at 0.46."""
    engine = MatchingEngine(seed=1)
    found = []
    for second, (side, price) in enumerate([(Side.SELL, 0.54), (Side.BUY, 0.46)]):
        at = NOON + timedelta(seconds=second)
        name = side.name.lower()
        order = LimitOrder(
            side=side, price=price, size=100.0, timestamp=at, order_id=name, trader_id=name, **digits
        )
        engine.place(orders=Orders([order]))
        found += [(trade.price, trade.size) for trade in engine.match(timestamp=at).trades]
    return found


as_it_comes, with_cents = traded(), traded(price_number_of_digits=2)
print(f"as it comes: {as_it_comes}")
print(f"with two digits: {with_cents}")
assert as_it_comes == [(0.5, 100.0)], "this has changed"
assert with_cents == [], "this has changed"
PY
