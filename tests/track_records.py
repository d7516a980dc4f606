"""Small builders for the tests of performance: a portfolio's trades and snapshots, told in a line each."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.round_trips import PricedTrade
from tests.builders import NOON, YES, D, a_trade

WON, LOST, VOID = (Verdict(ending) for ending in (Ending.YES, Ending.NO, Ending.VOID))


def a_buy(shares: float, price: float, mid: float | None = None, fee: float = 0, **fields: Any) -> PricedTrade:
    """A purchase at `price`, with the middle of bid and ask beside it (None: the price itself)."""
    cost = D(shares) * D(price) + D(fee)
    return _priced(shares, price, mid, fee, cash_delta=-cost, cost_delta=cost, kind=TradeKind.BUY, **fields)


def a_sale(
    shares: float, price: float, released: float, mid: float | None = None, fee: float = 0, **fields: Any
) -> PricedTrade:
    """A sale at `price` that releases so much of the position's cost."""
    cash = D(shares) * D(price) - D(fee)
    return _priced(-shares, price, mid, fee, cash_delta=cash, cost_delta=-D(released), kind=TradeKind.SELL, **fields)


def a_payment(shares: float, payout: float, released: float, number: int = 1, **fields: Any) -> PricedTrade:
    """A settlement (of 0.5 a share: a refund) of these shares."""
    kind = TradeKind.REFUND if payout == 0.5 else TradeKind.SETTLEMENT
    market, side = fields.get("market_id", "1"), fields.get("side", YES)
    values = {"source_ref": f"settle:{market}:{side}:{number}", "kind": kind, **fields}
    cash = D(shares) * D(payout)
    return PricedTrade(_trade(-shares, payout, cash_delta=cash, cost_delta=-D(released), **values))


def a_reversal(shares: float, payout: float, released: float, number: int = 1, **fields: Any) -> PricedTrade:
    """The entry that takes that payment back."""
    paid = a_payment(shares, payout, released, number, **fields).trade
    cash, cost, ref = -paid.cash_delta, -paid.cost_delta, f"{paid.source_ref}:reversal"
    values = {**fields, "kind": paid.kind, "source_ref": ref}
    return PricedTrade(_trade(shares, payout, cash_delta=cash, cost_delta=cost, **values))


def _priced(shares: float, price: float, mid: float | None, fee: float, **fields: Any) -> PricedTrade:
    return PricedTrade(_trade(shares, price, fee=D(fee), **fields), D(price if mid is None else mid))


def _trade(shares: float, price: float, **fields: Any) -> Trade:
    market, side = fields.pop("market_id", "1"), fields.pop("side", YES)
    fields["timestamp"] = NOON + timedelta(days=fields.pop("day", 0))
    return a_trade(market, side, shares, fields.pop("cash_delta"), price=D(price), **fields)


def a_snapshot(
    day: float, equity: float | Decimal, market_value: float = 0, at_mid: float | None = None, **fields: Any
) -> Snapshot:
    """A portfolio valued so many days after noon of the first day."""
    value, zero = D(market_value), money.ZERO
    values: dict[str, Any] = {
        "timestamp": NOON + timedelta(days=day),
        "balance": D(equity) - value,
        "positions": 0,
        "total_invested": zero,
        "market_value": value,
        "market_value_at_mid": value if at_mid is None else D(at_mid),
        "equity": D(equity),
        "realized_profit_loss": zero,
        "unrealized_profit_loss": zero,
        "total_profit_loss": zero,
        "trade_count": 0,
        "fees_paid": zero,
    }
    return Snapshot(**(values | fields))


def a_history(
    snapshots: Sequence[Snapshot] = (),
    trades: Sequence[PricedTrade] = (),
    initial: float | Decimal = 1_000,
    slug: str = "one",
) -> History:
    """What a portfolio with 1,000 USD did."""
    return History(slug, "momentum", D(initial), snapshots, trades)
