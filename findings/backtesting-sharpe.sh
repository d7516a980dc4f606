#!/usr/bin/env bash
# backtesting 0.6.6 (backtesting.py): for assets as volatile as event contracts its Sharpe ratio falls to nothing.
#
# Expected: the Sharpe ratio of daily returns, near to the one of empyrical-reloaded 0.7.1 (mean / deviation, times the
# root of the periods in a year): both are annualised, with no risk-free rate.
# Seen: the yearly deviation is that of a compounded product, ((s^2 + (1+g)^2)^n - (1+g)^(2n))^0.5, which grows
# exponentially in the daily variance. At 1 % a day the ratio is 0.8 of the usual one, at 10 % a fourteenth, at 20 % a
# thirty-thousandth. Strategies on tokens cannot be ranked by it, nor a grid optimised for it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check \
    backtesting==0.6.6 empyrical-reloaded==0.7.1 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY'
import sys

import empyrical
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy


class Hold(Strategy):
    def init(self) -> None: ...

    def next(self) -> None:
        if not self.position:
            self.buy()


def ratios(daily: float) -> tuple[float, float]:
    """Sharpe ratios of one buy-and-hold: backtesting.py's own, and empyrical's of the same equity curve."""
    moves = np.tile([1 + 1.1 * daily, 1 - 0.9 * daily], 183)[:365]  # the same shape at every volatility
    close = 1e-3 * np.cumprod(moves)
    bars = pd.DataFrame({name: close for name in ("Open", "High", "Low", "Close")})
    bars.index = pd.date_range("2025-01-01", periods=365, freq="D")
    result = Backtest(bars, Hold, cash=1e9).run()
    returns = result["_equity_curve"]["Equity"].pct_change().dropna()
    return float(result["Sharpe Ratio"]), float(empyrical.sharpe_ratio(returns, annualization=365))


seen = {}
for daily in (0.01, 0.10, 0.20):
    own, usual = ratios(daily)
    seen[daily] = own / usual
    print(f"{daily:.0%} a day: backtesting.py {own:.3g}, empyrical {usual:.3g}, the one is {own / usual:.2g} of the other")
if not (0.5 < seen[0.01] < 2 and 0.05 < seen[0.10] < 0.1 and seen[0.20] < 1e-3):
    print("changed: see above")
    sys.exit(1)
PY
