#!/usr/bin/env bash
# horizon-sdk 0.8.8: the "maximum drawdown" in per cent of an account that lost half of itself is 20.
#
# Expected: `max_drawdown_pct` is the largest fall from a peak in per cent of that peak, as in empyrical-reloaded 0.7.1.
# Seen: it is the percentage of the drawdown that is the largest in USD. An account that fell from 1000 to 500 and later
# from 10,000 to 8000 has one of 20 %; the more was won in between, the less is left of the first. The Calmar ratio
# divides by it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check horizon-sdk==0.8.8 empyrical-reloaded==0.7.1 \
  numpy==2.4.6 pandas==3.1.1
"$work/venv/bin/python" -W ignore - <<'PY'
import empyrical
import pandas as pd
from horizon import compute_metrics

ACCOUNT = [1000.0, 500.0, 1000.0, 10_000.0, 8000.0, 10_000.0]
found = compute_metrics([(day * 86400.0, value) for day, value in enumerate(ACCOUNT)], [], ACCOUNT[0])
other = empyrical.max_drawdown(pd.Series(ACCOUNT).pct_change().dropna())
print(f"an account of {ACCOUNT}: {found.max_drawdown_pct} % ({found.max_drawdown} USD), empyrical {100 * other:.0f} %")
if (found.max_drawdown_pct, round(other, 2)) != (20.0, -0.5):
    raise SystemExit("changed: see above")
PY
