#!/usr/bin/env bash
# polysimulator 0.6.0 (against py-clob-client 0.34.6): "drop-in", but its market price is the average, and of shares.
#
# Expected: "a bot written against py_clob_client ports by changing only the import path, the host, and the auth call".
# There `calculate_market_price` is the price of the last level that is needed, which is what the order is signed with;
# the amount of a purchase is in USD, and a FOK order that the book cannot fill raises "no match".
# Seen: the same call gives the average over as many shares as there were to be dollars. 500 USD need a limit of 0.30
# here, the stand-in says 0.15, at which the book sells for 25 USD. An order that is too large gets a price too. The
# package's other mirror, `estimate_market_price`, agrees with the venue's client.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check polysimulator==0.6.0 py-clob-client==0.34.6
"$work/venv/bin/python" - <<'PY'
from decimal import Decimal

from polysim_clob_client import ClobClient as PaperClient
from polysim_polymarket.clients._common import estimate_from_book
from py_clob_client.clob_types import OrderBookSummary, OrderSummary, OrderType
from py_clob_client.client import ClobClient
from py_clob_client.order_builder.builder import OrderBuilder

ASKS = [(0.30, 5000), (0.20, 400), (0.10, 250)]  # as the venue sends them, the best one last
levels = [{"price": str(price), "size": str(size)} for price, size in ASKS]

paper = PaperClient.__new__(PaperClient)  # no key and no network: both read this book
paper._book_for_token = lambda token: {"bids": [], "asks": levels}
venue = ClobClient.__new__(ClobClient)
venue.builder = OrderBuilder.__new__(OrderBuilder)
venue.get_order_book = lambda token: OrderBookSummary(asks=[OrderSummary(**level) for level in levels], bids=[])


def or_refusal(price) -> float | str:
    try:
        return round(float(price()), 4)
    except Exception as error:
        return f"raises: {error}"


seen = {}
for dollars in (20, 500, 2000):
    seen[dollars] = (
        or_refusal(lambda: venue.calculate_market_price("1", "BUY", dollars, OrderType.FOK)),
        or_refusal(lambda: paper.calculate_market_price("1", "BUY", dollars, OrderType.FOK)),
        or_refusal(
            lambda: estimate_from_book(
                {"bids": [], "asks": levels}, side="BUY", notional=Decimal(dollars), order_type="FOK"
            )
        ),
    )
    print(f"buy for {dollars:4} USD: py-clob-client {seen[dollars][0]}, its drop-in {seen[dollars][1]}", end="")
    print(f", estimate_market_price {seen[dollars][2]}")
limit = seen[500][1]
print(f"at a limit of {limit} the book sells for {sum(price * size for price, size in ASKS if price <= limit):.0f} USD")
if [prices[:2] for prices in seen.values()] != [(0.1, 0.1), (0.3, 0.15), ("raises: no match", 0.255)]:
    raise SystemExit("changed: see above")
PY
