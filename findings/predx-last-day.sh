#!/usr/bin/env bash
# predx 0.2.0: a market counts as expired from the first minute of the day on which it ends.
#
# Expected: `hours_to_expiry` are the hours until `endDate`, which Polymarket gives to the second.
# Seen: it reads `endDateIso`, which is a date alone, and takes midnight at its beginning. A market that trades until
# 23:00 has 0 hours left all day: `scan(min_hours_to_expiry=1)` drops it, and `max_hours_to_expiry=1` finds markets
# that have a day left.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check predx==0.2.0
"$work/venv/bin/python" - <<'PY'
from datetime import UTC, datetime, timedelta

from predx.analytics.discovery import MarketSnapshot, ScanFilters


def ending(end: datetime) -> MarketSnapshot:
    return MarketSnapshot.from_gamma(
        {
            "conditionId": "0x" + "2d" * 32,
            "question": "Will the Alder ferry sail by Sunday?",
            "endDate": end.isoformat().replace("+00:00", "Z"),
            "endDateIso": end.date().isoformat(),
            "outcomePrices": '["0.6", "0.4"]',
            "active": True,
            "closed": False,
        }
    )


now = datetime.now(UTC)
tomorrow = (now + timedelta(days=1)).replace(hour=23, minute=0, second=0, microsecond=0)
hours = (tomorrow - now).total_seconds() / 3600
short = hours - ending(tomorrow).hours_to_expiry
print(f"ends in {hours:.2f} hours, said to end in {ending(tomorrow).hours_to_expiry:.2f}: {short:.2f} too few")
today = ending(now.replace(hour=23, minute=59, second=59, microsecond=0))
print(f"ends today at 23:59: {today.hours_to_expiry} hours left, kept by min_hours_to_expiry=0.001: ", end="")
kept = ScanFilters(min_hours_to_expiry=0.001).matches(today)
print(kept)
if not 22.9 < short < 23.1 or kept:
    raise SystemExit("changed: see above")
PY
