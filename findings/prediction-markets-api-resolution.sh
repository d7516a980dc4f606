#!/usr/bin/env bash
# prediction-markets-api 0.9.0: a disputed market counts as resolved, and one that paid half to each side never does.
#
# Expected: "resolved: whether market is resolved". Polymarket says so itself: `umaResolutionStatus` is proposed,
# disputed or resolved, and a resolved market may pay 0.5 to each side.
# Seen: the client reads resolution off the last prices: closed and above 0.999 is a winner, anything else is not yet
# resolved. So a disputed market at 0.9995 has a winner while the oracle may still turn it round, and a market that was
# resolved half and half stays "closed" for ever: whoever settles on this flag pays out too early or never.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check prediction-markets-api==0.9.0
"$work/venv/bin/python" - <<'PY'
from prediction_markets_api.adapters.polymarket import PolymarketClient

CASES = {
    "disputed": {"umaResolutionStatus": "disputed", "outcomePrices": '["0.9995", "0.0005"]'},
    "resolved half and half": {"umaResolutionStatus": "resolved", "outcomePrices": '["0.5", "0.5"]'},
    "resolved Yes": {"umaResolutionStatus": "resolved", "outcomePrices": '["1", "0"]'},
}
client = PolymarketClient()
seen = {}
for name, fields in CASES.items():
    market = client._parse_market(
        {
            "conditionId": "0x" + "1c" * 32,
            "question": "Will the Alder bridge open in May?",
            "createdAt": "2026-03-01T00:00:00Z",
            "endDate": "2026-05-31T00:00:00Z",
            "closed": True,
            "outcomes": '["Yes", "No"]',
            "clobTokenIds": '["101", "102"]',
            **fields,
        }
    )
    seen[name] = (market.resolved, market.winning_outcome)
    print(f"{name}: status {market.status.value}, resolved {market.resolved}, winner {market.winning_outcome}")
if seen != {
    "disputed": (True, "Yes"),
    "resolved half and half": (False, None),
    "resolved Yes": (True, "Yes"),
}:
    raise SystemExit("changed: see above")
PY
