#!/usr/bin/env bash
# manifoldbot 0.2.9: the bet that moves a longshot "by at most 5 points" moves it by 63, as money is taken for shares.
#
# Expected: with its own formula, P = 1 / (1 + exp(-(q_yes - q_no) / b)), the market maker's cost is Hanson's
# b * ln(exp(q_yes / b) + exp(q_no / b)), and an amount of money buys as many shares as cost that much.
# Seen: the amount is put in for q, the number of shares. A share of a longshot costs a few cents, so that money buys many
# times more of them than is thought: at 3 % and b = 100 its limit of 5 points is a bet of 103. `calculate_bet_cost`
# gives back the amount, whatever the price. Near a half the error is a factor of two. (Manifold itself says that its
# market maker is Maniswap, on which that bet moves the market by 41 points.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check manifoldbot==0.2.9
"$work/venv/bin/python" - <<'PY'
import math

from manifoldbot.manifold.lmsr import LMSRCalculator

B = 100.0


def by_cost(money: float, p: float) -> float:
    """The probability of Yes after so much was spent on it: b ln(1 - p + p exp(shares / b)) = money."""
    shares = B * math.log(1 + (math.exp(money / B) - 1) / p)
    assert math.isclose(B * math.log(1 - p + p * math.exp(shares / B)), money)
    return 1 / (1 + (1 - p) / p * math.exp(-shares / B))


def by_maniswap(money: float, p: float) -> float:
    """The same where y^p n^(1-p) is kept constant, of a pool of b Yes and b No that was opened at p."""
    no = B + money
    yes = (B / no ** (1 - p)) ** (1 / p)
    return p * no / ((1 - p) * yes + p * no)


calculator, seen = LMSRCalculator(B), {}
for p in (0.03, 0.20, 0.50):
    bet = calculator.find_max_bet_by_impact(p, "YES", 0.05)
    said = calculator.calculate_market_impact(bet, p, "YES")
    seen[p] = (round(said, 3), round(by_cost(bet, p) - p, 3), round(by_maniswap(bet, p) - p, 3))
    print(f"at {p}: a bet of {bet:.1f} is to move it by {seen[p][0]}; by the cost function {seen[p][1]}", end="")
    print(f", by Maniswap {seen[p][2]}; calculate_bet_cost {calculator.calculate_bet_cost(bet, p, 'YES'):.1f}")
if not all(said == 0.05 for said, *_ in seen.values()) or seen[0.03][1] < 0.3:
    raise SystemExit("changed: see above")
PY
