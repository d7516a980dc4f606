#!/usr/bin/env bash
# marketlens 1.8.12: the price impact of a "1k market buy" is that of 1000 shares, and a book that is too thin has one too.
#
# Expected: `impact(side, size)`, "size: Order size in USD", "VWAP for $1k market buy", "None if insufficient liquidity".
# Seen: the size is spent in shares. On a longshot at 0.04, 1000 USD would walk through 25,000 shares; what is returned is
# the price of the first 1000: 0.04, for a buy that costs 0.12 a share. When the whole book is worth less than the order,
# the average of what there is comes back instead of None. The cheaper the token, the better its liquidity looks.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check marketlens==1.8.12 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
from marketlens.types.orderbook import OrderBook

ASKS = [(0.04, 2000.0), (0.12, 4000.0), (0.20, 5000.0)]  # price, shares: 1560 USD in all
book = OrderBook(
    market_id="quay",
    platform="polymarket",
    as_of=1,
    bids=[],
    asks=[{"price": price, "size": shares} for price, shares in ASKS],
    bid_levels=0,
    ask_levels=len(ASKS),
)


def average(dollars: float) -> float | None:
    """What a share costs, on average, to who spends so many dollars."""
    left, bought = dollars, 0.0
    for price, shares in ASKS:
        spent = min(left, price * shares)
        left, bought = left - spent, bought + spent / price
    return None if left > 1e-9 else dollars / bought


seen = {}
for dollars in (50, 1000, 2000, 50_000):
    seen[dollars] = (book.impact("BUY", dollars), average(dollars))
    print(f"a buy for {dollars} USD: impact() says {seen[dollars][0]:.4f} a share, it costs {seen[dollars][1]}")
if [round(said, 4) for said, _ in seen.values()] != [0.04, 0.04, 0.04, 0.1418]:
    raise SystemExit("changed: see above")
PY
