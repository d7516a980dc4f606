#!/usr/bin/env bash
# deflated-sharpe 0.1.0: the best of 50 strategies of pure noise is "significant", p = 0.000, if it is called as documented.
#
# Expected: Bailey and Lopez de Prado (2014) state the test for the Sharpe ratio of one period and the number of periods.
# The package asks for "observed_sr: Observed (annualized) Sharpe ratio" and "num_obs: Number of observations", so it has
# to bring the one to the scale of the other; its example is a ratio of 2.0 over 252 observations after 1000 trials.
# Seen: there is no such step. A yearly ratio is measured with the error of a daily one, which is 19 times too small for
# days of a calendar year: noise passes, and `min_backtest_length` says that 8 days prove a ratio of 2 among 100 trials.
# With the ratio per day its answer is near to that of holdout-backtest 0.1.0, which says what it wants.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check deflated-sharpe==0.1.0 holdout-backtest==0.1.0 \
  numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import math

import numpy as np
from deflated_sharpe import deflated_sharpe_ratio, min_backtest_length
from holdout.deflated import deflated_sharpe_ratio as peer

TRIALS, DAYS = 50, 365
returns = np.random.default_rng(7).standard_normal((TRIALS, DAYS)) * 0.02  # nobody has any skill
daily = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
best, yearly = float(daily.max()), float(daily.max()) * math.sqrt(DAYS)

documented, per_day = (deflated_sharpe_ratio(ratio, TRIALS, DAYS)[1] for ratio in (yearly, best))
other = 1 - peer(best, DAYS, n_trials=TRIALS, trials_variance=float(daily.var(ddof=1)))
print(f"the best of {TRIALS} strategies of noise over {DAYS} days has a yearly Sharpe ratio of {yearly:.2f}")
print(f"p-value with the yearly ratio, as documented: {documented:.3f}; with the daily one: {per_day:.3f}", end="")
print(f"; holdout-backtest: {other:.3f}")
days = [min_backtest_length(ratio, 100) for ratio in (2.0, 2.0 / math.sqrt(DAYS))]
print(f"days that prove a yearly ratio of 2 after 100 trials, from the yearly ratio: {days[0]}, from the daily one: {days[1]}")
if not (documented == 0 and per_day > 0.3 and other > 0.3 and days[0] == 8 and days[1] > 1000):
    raise SystemExit("changed: see above")
PY
