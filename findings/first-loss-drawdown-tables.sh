#!/usr/bin/env bash
# quantstats 0.0.86 and pyfolio-reloaded 0.10.1: a portfolio that loses on its first day has no such drawdown in the
# tables of the worst ones, while both tell its depth as the maximal drawdown.
#
# Expected: the deepest row of the table is the maximal drawdown, since the money that was there at the start is the first
# peak. A portfolio that buys at the ask is below its start from its first day on, so this is the usual case.
# Seen, of 100 that become 90 at once and 95.48 in the end: quantstats' table is empty, pyfolio's has a drawdown of 1 %,
# from the third day; the maximal drawdown of both is 10 %. ffn 1.4.1, given the values with the 100 before them, has it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check \
  quantstats==0.0.86 pyfolio-reloaded==0.10.1 empyrical-reloaded==0.7.1 ffn==1.4.1 pandas==3.1.1
"$work/venv/bin/python" -W ignore - <<'PY'
import ffn
import pandas as pd
from pyfolio import timeseries
from quantstats import stats

days = pd.date_range("2026-03-02", periods=5, freq="B")
returns = pd.Series([-0.10, 0.02, 0.03, -0.01, 0.02], index=days)
worth = pd.concat([pd.Series([100.0], index=[pd.Timestamp("2026-02-27")]), (1 + returns).cumprod() * 100])

table = timeseries.gen_drawdown_table(returns, top=3)
seen = {
    "quantstats, maximal": round(float(stats.max_drawdown(returns)), 6),
    "quantstats, rows": len(stats.drawdown_details(stats.to_drawdown_series(returns))),
    "pyfolio, maximal": round(float(timeseries.perf_stats(returns)["Max drawdown"]), 6),
    "pyfolio, deepest row, %": round(float(table["Net drawdown in %"].max()), 6),
    "ffn, deepest row": round(float(ffn.PerformanceStats(worth).drawdown_details["drawdown"].min()), 6),
}
for what, value in seen.items():
    print(f"{what}: {value}")
assert seen == {
    "quantstats, maximal": -0.1,
    "quantstats, rows": 0,
    "pyfolio, maximal": -0.1,
    "pyfolio, deepest row, %": 1.0,
    "ffn, deepest row": -0.1,
}, "this has changed"
PY
