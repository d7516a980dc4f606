#!/usr/bin/env bash
# polymarket-paper-trader 0.4.13: its back tests have a Sharpe ratio of 0 and no drawdown, whatever happened.
#
# Expected: `sharpe_ratio` from "daily equity returns" and `max_drawdown` "from the daily equity curve", of the days that
# the snapshots are of: a strategy that went from 1000 to 1084 by way of 1100 and 835 had some of both.
# Seen: trades are stamped with the time at which the back test runs, so that all of history is one day: one return,
# which has no deviation, hence 0.0, and the worst that can be seen is the end. Losing strategies are as good as winning
# ones by both figures, and two strategies cannot be told apart by them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check polymarket-paper-trader==0.4.13
"$work/venv/bin/python" - <<'PY'
import json
from datetime import UTC, datetime, timedelta

from pm_trader.backtest import PriceSnapshot, run_backtest

PRICES = [0.50, 0.60, 0.70, 0.80, 0.90, 0.80, 0.60, 0.30, 0.20, 0.30, 0.50, 0.70]
MARKET = {
    "conditionId": "0x" + "2b" * 32,
    "slug": "quay-ferry",
    "question": "Will the Quay ferry sail in May?",
    "outcomes": '["Yes", "No"]',
    "clobTokenIds": json.dumps(["1", "2"]),
    "active": True,
    "closed": False,
    "acceptingOrders": True,
    "orderPriceMinTickSize": 0.01,
}
days = [datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=day) for day in range(len(PRICES))]
snapshots = [PriceSnapshot(day.isoformat(), "quay-ferry", "yes", price) for day, price in zip(days, PRICES)]
worth = []


def start_again_every_day(engine, snapshot, prices) -> None:
    """Sells what is held and buys for 200 USD."""
    engine.db.set_cache("market:quay-ferry", MARKET)
    for held in engine.db.get_open_positions():
        engine.sell("quay-ferry", "yes", held.shares)
    worth.append(engine.get_account().cash)
    trade = engine.buy("quay-ferry", "yes", 200.0).trade
    stamps.add(trade.created_at[:10])


stamps = set()
result = run_backtest(snapshots, start_again_every_day, balance=1000.0)
peak, drawdown = worth[0], 0.0
for value in worth:
    peak = max(peak, value)
    drawdown = max(drawdown, 1 - value / peak)
print(f"account, day by day: {[round(value) for value in worth]}: a drawdown of {drawdown:.3f}")
print(f"result: pnl {result.pnl:.2f}, max_drawdown {result.max_drawdown}, sharpe_ratio {result.sharpe_ratio}")
print(f"{result.total_trades} trades of {len(days)} days, stamped with {len(stamps)} day(s), none of them of the snapshots")
if (result.max_drawdown, result.sharpe_ratio) != (0.0, 0.0) or drawdown < 0.1 or stamps & {str(day.date()) for day in days}:
    raise SystemExit("changed: see above")
PY
