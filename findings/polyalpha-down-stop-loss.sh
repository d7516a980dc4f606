#!/usr/bin/env bash
# polyalpha 2.4.0 (paper trading): the stop loss of a Down token sells it when it wins, the take profit when it loses.
#
# Expected: a Down token is bought, not sold short: it costs its price, and gains when its own price rises. A stop loss
# of 20 % under 0.40 is 0.32 and a take profit of 50 % is 0.60, for either token.
# Seen: for Up they are. For Down they are 0.48 and 0.20, as for a short position, but they are compared with the price
# of Down itself. So Down at 0.50 is "stopped out" with a gain, at 0.15 its "profit is taken" with a loss of 64 %, and
# between 0.20 and 0.40 nothing stops the loss. With the prices themselves, 0.32 and 0.60, Down is sold at the first quote.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check polyalpha==2.4.0 pandas==3.1.1 numpy==2.4.6 \
  requests==2.34.2  # its "analysis" extra, which importing it needs in any case
"$work/venv/bin/python" -W ignore - 2> /dev/null <<'PY'
import logging
import sys
from types import SimpleNamespace

logging.disable(logging.INFO)  # it logs to standard output
from polyalpha.trading.paper_engine import PaperEngine


RULES = {"stop_loss_pct": 0.20, "take_profit_pct": 0.50}


def outcome(side: str, later: float, rules: dict[str, float] = RULES) -> tuple[str | None, float]:
    """What closes 10 USD in a token bought at 0.40 once it is at this price, and what was won or lost by then."""
    paper = PaperEngine(balance=1000.0)
    prices = {"UP": 0.60, "DOWN": 0.60} | {side: 0.40}
    market = SimpleNamespace(
        id="1", slug="quay", question="Up or down?", up_price=prices["UP"], down_price=prices["DOWN"]
    )
    order = paper.buy_with_tp_sl(market, side=side, amount=10.0, **rules)
    prices = {"UP": 1 - later, "DOWN": 1 - later} | {side: later}
    paper.check_limits("1", prices["UP"], prices["DOWN"])
    sold = order.tp_sl_triggered_by
    return sold, round(paper.balance - 1000.0, 2) if sold else round(10.0 * (later / 0.40 - 1), 2)


seen = {(side, later): outcome(side, later) for later in (0.62, 0.50, 0.30, 0.15) for side in ("UP", "DOWN")}
for (side, later), (sold, gain) in seen.items():
    named = {"sl": "stop loss", "tp": "take profit", None: "nothing"}[sold]
    print(f"{side:4} bought at 0.40, now at {later:.2f}: {named:11} triggered, {gain:+.2f} USD")
prices = {"stop_loss": 0.32, "take_profit": 0.60}
at_once = {side: outcome(side, 0.40, prices)[0] for side in ("UP", "DOWN")}
print(f"with the prices {prices}, at the first quote of 0.40: {at_once}")
triggered = {side: [seen[side, later][0] for later in (0.62, 0.50, 0.30, 0.15)] for side in ("UP", "DOWN")}
if triggered != {"UP": ["tp", None, "sl", "sl"], "DOWN": ["sl", "sl", None, "tp"]} or at_once["DOWN"] != "sl":
    sys.exit(print("changed: see above") or 1)
PY
