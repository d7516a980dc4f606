#!/usr/bin/env bash
# goto_conversion 4.0.3: asking twice about the same American odds gives two answers.
#
# Expected: a function from odds to probabilities leaves its argument alone, so that its own two methods can be compared
# on one list of quotes.
# Seen: with `isAmericanOdds=True` the caller's list is overwritten with decimal odds. The next call takes 3.5 for
# American odds of +3.5, that is decimal 1.035, and answers without an error: here the favourite loses two points and
# each underdog gains. (An array of numpy is copied; only lists change.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check goto-conversion==4.0.3 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import numpy as np
from goto_conversion import efficient_shin_conversion, goto_conversion


def rounded(probabilities):
    return [round(float(p), 3) for p in probabilities]


quotes = [250, 180, 110]
first = rounded(goto_conversion(quotes, isAmericanOdds=True))
print("first call: ", first, "and the list is now", quotes)
second = rounded(goto_conversion(quotes, isAmericanOdds=True))
print("second call:", second, "and the list is now", [round(q, 3) for q in quotes])
fresh = rounded(efficient_shin_conversion([250, 180, 110], isAmericanOdds=True))
print("the package's other method, on a fresh list:", fresh)
array = np.array([250.0, 180.0, 110.0])
goto_conversion(array, isAmericanOdds=True)
print("an array stays:", array)
seen = (first, second, array.tolist())
if seen != ([0.243, 0.317, 0.44], [0.25, 0.33, 0.421], [250.0, 180.0, 110.0]):
    raise SystemExit(f"changed: {seen}")
PY
