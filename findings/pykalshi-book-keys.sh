#!/usr/bin/env bash
# pykalshi 2.0.0: a level of the local order book is keyed by the text of its price, so "0.9600" and "0.960" are two.
#
# Expected: prices are numbers. In Kalshi's own description of its feed the snapshot's `yes_dollars_fp` has four decimals
# ("0.0800") and the delta's `price_dollars` three ("0.960"); both are called a price in dollars.
# Seen: a delta that empties the best level leaves it standing, as its text differs; one that adds to a level makes a
# second level at the same price. Best bid, spread, depth and what a sale would bring are then those of liquidity that
# is gone, without an error, until the next snapshot.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check pykalshi==2.0.0
"$work/venv/bin/python" - <<'PY'
from pykalshi.orderbook import OrderbookManager


def book_after(price: str) -> OrderbookManager:
    """A book whose best level is withdrawn, whole, by a delta that spells its price like this."""
    book = OrderbookManager("KXQUAY-26")
    book.apply_snapshot([("0.0800", "300.00"), ("0.9600", "54.00")], [("0.0300", "20.00")])
    book.apply_delta("yes", price, "-54.00")
    return book


seen = {}
for price in ("0.9600", "0.960"):
    book = book_after(price)
    seen[price] = (book.best_bid, book.cost_to_sell("50"))
    print(f"delta of -54 at {price}: best bid {book.best_bid}, 50 contracts sell for {book.cost_to_sell('50')}")
book.apply_delta("yes", "0.08", "100.00")
print("100 more at 0.08:", book.yes)
gone, phantom = seen["0.9600"], seen["0.960"]
if gone[0] != "0.0800" or phantom[0] != "0.9600" or len(book.yes) != 3:
    raise SystemExit("changed: prices are compared as numbers now")
PY
