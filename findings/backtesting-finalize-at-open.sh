#!/usr/bin/env bash
# backtesting 0.6.6 (backtesting.py): `finalize_trades=True` sells at the opening price of the last bar, after its close.
#
# Expected: "trades that are still active at the end of the backtest will be closed on the last bar and will contribute
# to the computed backtest statistics". At the end of the backtest means at its last price: the flag changes what is
# counted as a trade, not what the account is worth.
# Seen: the closing order is matched against the bar that has just been valued at its close, at that bar's open. A token
# that is held until it resolves to 1 loses the resolution: 1612.56 becomes 484.16 out of 1000, and one that resolves
# to 0 gets back what it lost. Both resolutions give the same result.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check backtesting==0.6.6 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY'
import sys

import pandas as pd
from backtesting import Backtest, Strategy


class HoldToResolution(Strategy):
    def init(self) -> None: ...

    def next(self) -> None:
        if len(self.data) == 2:
            self.buy()


def equity(resolved: float, finalize: bool) -> float:
    close = [0.60, 0.62, 0.58, 0.61, 0.70, 0.40, 0.30, resolved]
    bars = pd.DataFrame({"Open": [0.60, *close[:-1]], "Close": close}, index=pd.date_range("2026-01-01", periods=8))
    bars["High"], bars["Low"] = bars.max(axis=1), bars[["Open", "Close"]].min(axis=1)
    return round(float(Backtest(bars, HoldToResolution, cash=1000, finalize_trades=finalize).run()["Equity Final [$]"]), 2)


seen = {(resolved, finalize): equity(resolved, finalize) for resolved in (1.0, 0.0) for finalize in (False, True)}
for (resolved, finalize), money in seen.items():
    print(f"resolves to {resolved:.0f}, finalize_trades={finalize}: {money} out of 1000")
if list(seen.values()) != [1612.56, 484.16, 0.56, 484.16]:
    print("changed: see above")
    sys.exit(1)
PY
