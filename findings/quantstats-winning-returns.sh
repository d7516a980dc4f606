#!/usr/bin/env bash
# quantstats 0.0.86: a series of returns without a losing day and with one day above 100 % is taken for prices.
#
# Expected: `sharpe`, `volatility`, `best`, `cagr` take "returns"; `comp` of one series and `cagr` of it agree about
# the sign. Days of more than 100 % are ordinary for a small portfolio whose longshot comes in.
# Seen: where all values are at least 0 and one is above 1, most functions compute the change from value to value as if
# these were prices: +180 % in all, but "CAGR -100 %" and a best day of 7400 %. A loss of a billionth on one day makes
# every number right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check quantstats==0.0.86 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import pandas as pd
from quantstats import stats

days = pd.date_range("2026-01-01", periods=5, freq="D")
seen = {}
for name, first in (("no losing day", 0.0), ("a loss of 1e-9", -1e-9)):
    returns = pd.Series([first, 0.02, 1.5, 0.0, 0.1], index=days)
    seen[name] = {
        function: round(float(getattr(stats, function)(returns)), 3)
        for function in ("comp", "cagr", "best", "volatility", "sharpe")
    }
    print(f"{name}: {seen[name]}")
odd, right = seen.values()
if not (odd["comp"] == right["comp"] == 1.805 and odd["cagr"] == -1 and odd["best"] == 74 and right["best"] == 1.5):
    raise SystemExit("changed: see above")
PY
