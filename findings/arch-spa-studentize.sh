#!/usr/bin/env bash
# arch 8.0.0: `studentize` changes nothing in the test for superior predictive ability, so that the wildest strategy rules.
#
# Expected: "studentize: Flag indicating to studentize loss differentials. Default is True", after Hansen (2005), whose
# statistic divides each mean by its deviation; with False it is White's reality check. The two differ wherever the
# strategies differ in their volatility, and the printed table says "studentization: asymptotic".
# Seen: the flag reaches that table alone. Both give the same p-values, those of the reality check. A steady strategy with
# a yearly Sharpe ratio of 8.8 has p = 0.00 on its own and 0.38 as soon as one strategy that earns nothing, at 25 times
# its volatility, is tried beside it; StepM finds nobody superior. holdout-backtest 0.1.0, which divides, says 0.00.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check arch==8.0.0 holdout-backtest==0.1.0 \
  numpy==2.4.6 pandas==3.1.1
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from arch.bootstrap import SPA, StepM
from holdout.spa import reality_check, superior_predictive_ability

DAYS, BLOCK = 365, 5
source = np.random.default_rng(5)
steady = 0.001 + 0.002 * source.standard_normal(DAYS)
wild = 0.05 * source.standard_normal(DAYS)
wild -= wild.mean()  # earned nothing
both = np.column_stack([steady, wild])
nothing = np.zeros(DAYS)


def p(returns: np.ndarray, studentize: bool) -> float:
    """The consistent p-value that somebody of these beats doing nothing; losses are returns with the other sign."""
    test = SPA(nothing, -returns, block_size=BLOCK, studentize=studentize, seed=1)
    test.compute()
    return float(test.pvalues["consistent"])


alone, flag, no_flag = p(steady[:, None], True), p(both, True), p(both, False)
by_hand = p(both / both.std(axis=0), True)  # what the flag would do
hansen = superior_predictive_ability(both, block_length=BLOCK, seed=1).consistent
white = reality_check(both, block_length=BLOCK, seed=1).pvalue
steps = StepM(nothing, -both, block_size=BLOCK, seed=1)
steps.compute()
print(f"the steady one has a Sharpe ratio of {steady.mean() / steady.std() * np.sqrt(365):.1f}; alone p = {alone:.2f}")
print(f"beside the wild one: studentize=True {flag:.3f}, False {no_flag:.3f}; StepM finds {steps.superior_models}")
print(f"divided by hand: {by_hand:.3f}; holdout-backtest: Hansen's test {hansen:.3f}, White's {white:.3f}")
if not (flag == no_flag > 0.2 and steps.superior_models == [] and max(alone, by_hand, hansen) < 0.01):
    raise SystemExit("changed: see above")
PY
