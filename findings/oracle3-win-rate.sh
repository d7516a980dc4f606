#!/usr/bin/env bash
# oracle3 1.2.2: who wins every time and who loses every time both have a win rate of a half, and a purchase is a loss.
#
# Expected: `win_rate`, `average_profit`, `max_drawdown` and `total_pnl` of trades, with "we track the cost basis and
# assume selling realizes PnL": ten purchases at 0.40 sold at 0.60 are ten wins, the reverse ten losses.
# Seen: a trade's result is its cash: each purchase is a losing trade of all that it cost, each sale a winning one of
# all that it brought. So the win rate is the share of sales, whoever holds 10,000 tokens at 0.50 has lost 5000 and is
# 50 % down. Its own position manager has the right profit.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-deps oracle3==1.2.2  # these parts need nothing
"$work/venv/bin/python" - <<'PY'
from decimal import Decimal

from oracle3.analytics.performance_analyzer import PerformanceAnalyzer
from oracle3.position.position_manager import Position, PositionManager
from oracle3.ticker.ticker import PolyMarketTicker
from oracle3.trader.types import Trade, TradeSide

CAPITAL, SHARES, NONE = Decimal(10_000), Decimal(1_000), Decimal(0)
TOKEN = PolyMarketTicker(symbol="quay-yes", name="Quay ferry, Yes", market_id="1", event_id="1", token_id="1")


def bought(price: str, shares: Decimal = SHARES) -> Trade:
    return Trade(TradeSide.BUY, TOKEN, Decimal(price), shares, NONE)


def sold(price: str) -> Trade:
    return Trade(TradeSide.SELL, TOKEN, Decimal(price), SHARES, NONE)


def figures(trades: list[Trade]) -> tuple[float, ...]:
    analyzer, manager = PerformanceAnalyzer(CAPITAL), PositionManager()
    cash = TOKEN.collateral
    manager.update_position(Position(cash, CAPITAL, NONE, NONE))
    for trade in trades:
        analyzer.add_trade(trade)
        manager.apply_trade(trade)
    found = analyzer.get_stats()
    realized = manager.get_realized_pnl(TOKEN)
    return tuple(float(figure) for figure in (found.win_rate, found.total_pnl, found.max_drawdown, realized))


CASES = {
    "ten times 0.40, sold at 0.60": [bought("0.40"), sold("0.60")] * 10,
    "ten times 0.60, sold at 0.40": [bought("0.60"), sold("0.40")] * 10,
    "10,000 at 0.50, held": [bought("0.50", Decimal(10_000))],
}
seen = {name: figures(trades) for name, trades in CASES.items()}
for name, (wins, total, drawdown, realized) in seen.items():
    print(f"{name}: win rate {wins}, total {total:+.0f}, drawdown {drawdown}; its position manager realized {realized:+.0f}")
if [wins for wins, *_ in seen.values()] != [0.5, 0.5, 0.0] or seen["10,000 at 0.50, held"][1:] != (-5000.0, 0.5, 0.0):
    raise SystemExit("changed: see above")
PY
