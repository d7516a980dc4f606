#!/usr/bin/env bash
# marketlens 1.8.12 (its back test): at 20 of 99 prices a limit order for No does not take the bid that meets it.
#
# Expected: "BUY_NO at p = SELL_YES at (1-p): walk bids, accept bid >= (1-p)", so an order to buy No at 0.42 takes a bid
# for Yes at 0.58, as the sale of Yes at 0.58 does. The rest of the file compares prices with a tolerance.
# Seen: 1 - 0.42 is 0.5800000000000001, which no bid of 0.58 reaches: the order rests inside a crossed book, to be filled
# as a maker, without a fee, or never. The same for sales of No at 20 other prices. Nothing says so: the order is "open".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check marketlens==1.8.12 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
from marketlens.backtest import Order, OrderSide, OrderType, ZeroFeeModel
from marketlens.backtest._fills import FillSimulator
from marketlens.types.orderbook import OrderBook


def taken(side: OrderSide, limit: float, bid: float | None = None, ask: float | None = None) -> float:
    """How many of 10 shares this order takes from a book of one level."""
    bids = [] if bid is None else [{"price": bid, "size": 100}]
    asks = [] if ask is None else [{"price": ask, "size": 100}]
    book = OrderBook(
        market_id="quay", platform="polymarket", as_of=1, bids=bids, asks=asks, bid_levels=len(bids), ask_levels=len(asks)
    )
    order = Order(
        id="1", market_id="quay", side=side, order_type=OrderType.LIMIT, size=10, limit_price=limit, submitted_at=1
    )
    fill = FillSimulator(ZeroFeeModel()).try_fill_crossing_limit_order(order, book, 1)
    return fill.size if fill else 0.0


missed = {"buy No": [], "sell No": []}
for cents in range(1, 100):
    no, yes = cents / 100, (100 - cents) / 100
    assert taken(OrderSide.SELL_YES, yes, bid=yes) == taken(OrderSide.BUY_YES, yes, ask=yes) == 10
    if not taken(OrderSide.BUY_NO, no, bid=yes):
        missed["buy No"].append(no)
    if not taken(OrderSide.SELL_NO, no, ask=yes):
        missed["sell No"].append(no)
print(f"bid for Yes 0.58: sell Yes at 0.58 takes {taken(OrderSide.SELL_YES, 0.58, bid=0.58)} shares", end="")
print(f", buy No at 0.42 takes {taken(OrderSide.BUY_NO, 0.42, bid=0.58)}")
for order, prices in missed.items():
    print(f"{order}: {len(prices)} of 99 prices take nothing from the level that meets them: {prices}")
if len(missed["buy No"]) != 20 or 0.42 not in missed["buy No"] or not missed["sell No"]:
    raise SystemExit("changed: see above")
PY
