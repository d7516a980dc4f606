#!/usr/bin/env bash
# nautilus_trader 1.221.0: in a back test a BinaryOption never expires, while a FuturesContract with the same date does.
#
# Expected: `BinaryOption` has an `expiration_ns` as the other expiring instruments have, and the back test treats them
# alike: at that moment what is open is closed and nothing trades any more.
# Seen: quotes after the expiration still fill orders, and the position is open at the end, valued at whatever the last
# quote was: an event contract is never paid 1 or 0. The same position in a futures contract is closed at its date.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check nautilus_trader==1.221.0
"$work/venv/bin/python" -W ignore - <<'PY'
from decimal import Decimal

import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, AssetClass, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import BinaryOption, FuturesContract
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("DESK")
NAME = InstrumentId(Symbol("QUAY"), VENUE)
EXPIRES = pd.Timestamp("2026-03-02 12:00", tz="UTC").value
COMMON = dict(
    instrument_id=NAME, raw_symbol=Symbol("QUAY"), currency=USDC, price_precision=2,
    price_increment=Price.from_str("0.01"), activation_ns=0, expiration_ns=EXPIRES, ts_event=0, ts_init=0,
)
INSTRUMENTS = {
    "BinaryOption": BinaryOption(
        **COMMON, asset_class=AssetClass.ALTERNATIVE, size_precision=0, size_increment=Quantity.from_int(1),
        outcome="Yes", description="Will the quay reopen?", maker_fee=Decimal(0), taker_fee=Decimal(0),
    ),
    "FuturesContract": FuturesContract(
        **COMMON, asset_class=AssetClass.COMMODITY, multiplier=Quantity.from_int(1), lot_size=Quantity.from_int(1),
        underlying="QUAY",
    ),
}
HOURS = ("2026-03-01 10:00", "2026-03-02 11:59", "2026-03-02 12:30", "2026-03-03 09:00")


class Buyer(Strategy):
    """Buys a hundred at the first quote and ten more after the expiration."""

    def on_start(self) -> None:
        self.late_fills = 0  # orders of ours, not the sale by which an engine closes a position
        self.subscribe_quote_ticks(NAME)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        quantity = {HOURS[0]: 100, HOURS[3]: 10}.get(f"{pd.Timestamp(tick.ts_event):%Y-%m-%d %H:%M}")
        if quantity:
            self.submit_order(self.order_factory.market(NAME, OrderSide.BUY, Quantity.from_int(quantity)))

    def on_order_filled(self, event) -> None:
        self.late_fills += event.is_buy and event.ts_event > EXPIRES


def back_test(instrument) -> tuple[int, int]:
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, starting_balances=[Money(1000, USDC)])
    engine.add_instrument(instrument)
    bid, ask, size = Price.from_str("0.60"), Price.from_str("0.62"), Quantity.from_int(500)
    times = [pd.Timestamp(hour, tz="UTC").value for hour in HOURS]
    engine.add_data([QuoteTick(NAME, bid, ask, size, size, at, at) for at in times])
    buyer = Buyer()
    engine.add_strategy(buyer)
    engine.run()
    held = sum(int(position.quantity) for position in engine.cache.positions_open())
    engine.dispose()
    return held, buyer.late_fills


seen = {name: back_test(instrument) for name, instrument in INSTRUMENTS.items()}
for name, (held, late) in seen.items():
    print(f"{name}: {held} held at the end, {late} bought after the expiration")
if seen != {"BinaryOption": (110, 1), "FuturesContract": (0, 0)}:
    raise SystemExit("changed: see above")
PY
