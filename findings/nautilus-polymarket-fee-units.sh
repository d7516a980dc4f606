#!/usr/bin/env bash
# nautilus_trader 1.221.0 (Polymarket adapter): a fee of 1000 basis points becomes a fee of 100,000 %.
#
# Expected: the market's `taker_base_fee` is in basis points, as the adapter knows where it reads trades (there 1000 is
# 0.1), and an instrument's `taker_fee` is a share of the notional.
# Seen: the instrument gets the number as it stands. In a back test on it 100 shares at 0.62 cost 62 USDC and 62,000 of
# commission; live, the fill of the same market is booked with 6.20. Markets without a fee (0) hide it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check 'nautilus_trader[polymarket]==1.221.0'
"$work/venv/bin/python" -W ignore - <<'PY'
import msgspec
from nautilus_trader.adapters.polymarket.common.parsing import parse_instrument
from nautilus_trader.adapters.polymarket.schemas.trade import PolymarketTradeReport
from nautilus_trader.backtest.models import MakerTakerFeeModel
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import AccountId
from nautilus_trader.model.objects import Quantity
from nautilus_trader.test_kit.stubs.execution import TestExecStubs

MARKET = {
    "condition_id": "0x" + "ab" * 32, "question": "Will the quay reopen?", "end_date_iso": "2026-03-02T00:00:00Z",
    "minimum_tick_size": 0.01, "minimum_order_size": 5, "maker_base_fee": 1000, "taker_base_fee": 1000,
}
TRADE = {
    "id": "t-1", "taker_order_id": "0x01", "market": MARKET["condition_id"], "asset_id": "314159", "side": "BUY",
    "size": "100", "fee_rate_bps": "1000", "price": "0.62", "status": "CONFIRMED", "match_time": "1772000000",
    "last_update": "1772000000", "outcome": "Yes", "bucket_index": 0, "owner": "desk", "transaction_hash": "0x02",
    "maker_address": "0x" + "44" * 20, "trader_side": "TAKER", "maker_orders": [],
}
instrument = parse_instrument(MARKET, "314159", "Yes", 0)
trade = msgspec.json.decode(msgspec.json.encode(TRADE), type=PolymarketTradeReport)
live = trade.parse_to_fill_report(AccountId("POLYMARKET-001"), instrument, None, TRADE["maker_address"], 0)
quantity, price = Quantity.from_str("100.000000"), instrument.make_price(0.62)
order = TestExecStubs.limit_order(instrument=instrument, order_side=OrderSide.BUY, quantity=quantity, price=price)
order = TestExecStubs.make_filled_order(instrument=instrument, order=order)
simulated = MakerTakerFeeModel().get_commission(order, quantity, price, instrument)
print(f"instrument: taker_fee {instrument.taker_fee}; 100 shares at 0.62: back test {simulated}, live {live.commission}")
if (instrument.taker_fee, float(simulated), float(live.commission)) != (1000, 62000.0, 6.2):
    raise SystemExit("changed: see above")
PY
