#!/usr/bin/env bash
# polyalpha 2.4.0 (report of paper trading): the same trades on ten times the money have a tenth of the Calmar ratio.
#
# Expected: "Calmar ratio = CAGR / |max_drawdown_pct|", a ratio of two percentages: the size of the account has no part
# in it. And `var_95`, "a positive loss figure", says what may be lost.
# Seen: the drawdown in USD is taken for the one in per cent. An account of 100 gets about 3.4, one of 1000 0.34, one of
# 10,000 0.03, for the same growth and the same drawdown of 9.1 %. And the value at risk is an absolute value: of twenty
# trades that all won at least 50 %, it is 0.5, as of twenty that all lost half.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check polyalpha==2.4.0 pandas==3.1.1 numpy==2.4.6 \
  requests==2.34.2  # its "analysis" extra, which importing it needs in any case
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY'
import logging
import sys
from datetime import UTC, datetime, timedelta

logging.disable(logging.INFO)  # it logs to standard output
from polyalpha.report.metrics import compute_metrics
from polyalpha.report.records import TradeRecord


def traded(gains: list[float], stake: float) -> list[TradeRecord]:
    """A trade a month of this stake, with these gains per dollar."""
    records = []
    for month, gain in enumerate(gains):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=30 * month)
        records.append(
            TradeRecord(
                trade_id=str(month),
                market_slug="quay",
                market_id="1",
                side="UP",
                entry_price=0.5,
                exit_price=0.5 * (1 + gain),
                shares=2 * stake,
                amount_in=stake,
                fee=0.0,
                pnl=stake * gain,
                pnl_pct=100 * gain,
                entry_time=at,
                exit_time=at + timedelta(days=1),
                holding_secs=86400.0,
                outcome="CLOSED",
                fill_type="market",
                slippage=0.0,
                order_count=1,
            )
        )
    return records


GAINS = [0.5, 0.5, -1.0, 0.5, 0.5, -1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
calmar = {}
for account in (100.0, 1000.0, 10_000.0):
    found = compute_metrics(traded(GAINS, account / 10), account, ["calmar", "max_drawdown", "net_pnl"])
    calmar[account] = found["calmar"]
    print(f"account of {account:,.0f}: {found['net_pnl']['pct']} %, drawdown {found['max_drawdown']['pct']} %", end="")
    print(f", Calmar {found['calmar']}")
risk = {gain: compute_metrics(traded([gain] * 20, 10.0), 100.0, ["var_95"])["var_95"] for gain in (0.5, -0.5)}
print(f"value at risk of twenty trades that won half: {risk[0.5]}, that lost half: {risk[-0.5]}")
if not 90 < calmar[100.0] / calmar[10_000.0] < 110 or risk != {0.5: 0.5, -0.5: 0.5}:
    sys.exit(print("changed: see above") or 1)
PY
