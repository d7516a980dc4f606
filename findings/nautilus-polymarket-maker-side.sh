#!/usr/bin/env bash
# nautilus_trader 1.221.0 (Polymarket adapter): a resting bid that was filled is reported as a sale.
#
# Expected: two buyers of opposite outcomes match on Polymarket (their money mints a pair), so a maker's side does not
# follow from the taker's: in `maker_orders` the maker's `asset_id` and `outcome` are then those of the other token.
# Seen: the adapter turns the taker's side round, whatever token the maker's order was on. A bid for No at 0.38 that met
# a buyer of Yes at 0.62 is booked as 100 No sold at 0.38; an offer of No that met a seller of Yes as bought. The
# position gets the wrong sign and the cash is off by twice the notional.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check 'nautilus_trader[polymarket]==1.221.0'
"$work/venv/bin/python" -W ignore - <<'PY'
import msgspec
from nautilus_trader.adapters.polymarket.common.parsing import parse_instrument
from nautilus_trader.adapters.polymarket.schemas.trade import PolymarketTradeReport
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import AccountId

MARKET = {
    "condition_id": "0x" + "cd" * 32, "question": "Will the ferry sail?", "end_date_iso": "2026-03-02T00:00:00Z",
    "minimum_tick_size": 0.01, "minimum_order_size": 5, "maker_base_fee": 0, "taker_base_fee": 0,
}
US, YES, NO = "0x" + "44" * 20, "111", "222"


def reported(taker_side: str, taker_price: str, token: str, price: str) -> str:
    """The side that the adapter reports for our resting order on a token, which this taker's order on Yes filled."""
    outcome = "Yes" if token == YES else "No"
    ours = {
        "asset_id": token, "outcome": outcome, "price": price, "matched_amount": "100", "maker_address": US,
        "order_id": "0x03", "owner": "us", "fee_rate_bps": "0",
    }
    trade = {
        "id": "t-1", "taker_order_id": "0x01", "market": MARKET["condition_id"], "asset_id": YES, "side": taker_side,
        "size": "100", "fee_rate_bps": "0", "price": taker_price, "status": "CONFIRMED", "match_time": "1772000000",
        "last_update": "1772000000", "outcome": "Yes", "bucket_index": 0, "owner": "them", "transaction_hash": "0x02",
        "maker_address": "0x" + "55" * 20, "trader_side": "MAKER", "maker_orders": [ours],
    }
    report = msgspec.json.decode(msgspec.json.encode(trade), type=PolymarketTradeReport).parse_to_fill_report(
        AccountId("POLYMARKET-001"), parse_instrument(MARKET, token, outcome, 0), None, US, 0
    )
    print(f"taker: {taker_side} Yes at {taker_price}; ours: {report.last_qty} {outcome} at {report.last_px}", end="")
    print(f", reported as {OrderSide(report.order_side).name}")
    return OrderSide(report.order_side).name


seen = (
    reported("BUY", "0.62", YES, "0.62"),  # our offer of Yes: SELL is right
    reported("BUY", "0.62", NO, "0.38"),  # our bid for No, a pair is minted: BUY would be right
    reported("SELL", "0.62", NO, "0.38"),  # our offer of No, a pair is merged: SELL would be right
)
if seen != ("SELL", "SELL", "BUY"):
    raise SystemExit(f"changed: {seen}")
PY
