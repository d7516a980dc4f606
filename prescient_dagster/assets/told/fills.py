"""What the UI shows of a fill: how many shares, at which price, and how far from the best quote."""

from decimal import Decimal
from typing import Any

from prescient_dagster.assets.told.tables import columns
from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Trade

FILLS = columns(
    signal_id="int",
    question="string",
    action="string",
    shares="float",
    price="float",
    touch="float",
    slippage_percent="float",
    fee="float",
    cash_delta="float",
    synthetic="bool",
    status="string",
    market_id="string",
)
NO_FILL = dict.fromkeys(("shares", "price", "touch", "slippage_percent", "fee", "cash_delta", "synthetic"))


def fill(trade: Trade) -> dict[str, Any]:
    """The cells of a fill."""
    return {
        "shares": money.plain(trade.shares),
        "price": money.plain(trade.price),
        "touch": money.plain(_touch(trade)),
        "slippage_percent": slippage_percent(trade),
        "fee": money.plain(trade.fee),
        "cash_delta": money.plain(trade.cash_delta),
        "synthetic": trade.synthetic,
    }


def _touch(trade: Trade) -> Decimal:
    return money.exact(trade.details["touch"])


def slippage_percent(trade: Trade) -> float:
    """How much worse than the best quote the average price was, in percent of that quote."""
    worse = trade.price - _touch(trade) if trade.shares > 0 else _touch(trade) - trade.price
    return round(float(100 * worse / _touch(trade)), 3)
