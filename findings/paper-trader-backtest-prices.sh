#!/usr/bin/env bash
# polymarket-paper-trader 0.4.13: in its back test every market has the price of whichever market was quoted last.
#
# Expected: snapshots carry a market and an outcome, and a strategy is handed `prices`, "dict mapping slug:outcome ->
# midpoint for all observed prices". What it sells is sold at the price of what it sells.
# Seen: for each snapshot the book and the midpoint of all tokens are replaced by those of the snapshot. A token bought
# at 0.11 is sold at 0.89 a minute later, as another market was quoted at 0.90: 71 USD out of nothing. The same between
# Yes and No of one market. `strategy_errors` is 0. Only trades in the market of the very snapshot have its price.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check polymarket-paper-trader==0.4.13
"$work/venv/bin/python" - <<'PY'
import json

from pm_trader.backtest import PriceSnapshot, run_backtest

SLUGS = {"alder-bridge": "0x" + "1a" * 32, "quay-ferry": "0x" + "2b" * 32}


def listed(engine) -> None:
    """Both markets as the venue's listing has them, so that nothing is asked over the network."""
    for slug, condition in SLUGS.items():
        market = {
            "conditionId": condition,
            "slug": slug,
            "question": f"Will the {slug} open in May?",
            "outcomes": '["Yes", "No"]',
            "clobTokenIds": json.dumps([f"{slug}-1", f"{slug}-2"]),
            "active": True,
            "closed": False,
            "acceptingOrders": True,
            "orderPriceMinTickSize": 0.01,
        }
        engine.db.set_cache(f"market:{slug}", market)


def sell_at_the_next_snapshot(engine, snapshot, prices) -> None:
    listed(engine)
    held = engine.db.get_open_positions()
    if not held:
        trade = engine.buy(snapshot.market_slug, snapshot.outcome, 10.0).trade
    else:
        trade = engine.sell(held[0].market_slug, held[0].outcome, held[0].shares).trade
    trades.append((trade.side, trade.market_slug, round(trade.avg_price, 2)))
    print(f"{snapshot.timestamp}: {trades[-1]} while prices are {prices}")


trades = []
result = run_backtest(
    [
        PriceSnapshot("2026-05-01T10:00:00Z", "alder-bridge", "yes", 0.10),
        PriceSnapshot("2026-05-01T10:01:00Z", "quay-ferry", "yes", 0.90),
    ],
    sell_at_the_next_snapshot,
)
print(f"profit {result.pnl:.2f} USD, errors {result.strategy_errors}")
if trades != [("buy", "alder-bridge", 0.11), ("sell", "alder-bridge", 0.89)] or not 70 < result.pnl < 71:
    raise SystemExit("changed: see above")
PY
