"""What a portfolio is worth on a capture.

Long shares are worth the bid, what one could sell them for. No bid: the lower of last price and mid. Closed and not
settled: the venue's own price, pending. What is not listed is worth what the venue says of it when asked; if it says
nothing, the last known mark, stale. Never silently 0.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from prescient_dagster.domain import money
from prescient_dagster.domain.books.answers import Answers, answered
from prescient_dagster.domain.books.ledger import Account, Position, worth
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import Quote, quote, side_label


class MarkSource(StrEnum):
    """Where the value of a share comes from."""

    BID = "bid"
    NO_BID = "no_bid"  # the lower of last price and mid
    PENDING = "pending"  # closed, not settled: the venue's price
    STALE = "stale"  # neither listed nor known when asked for: the last known mark


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A portfolio valued on one capture. All money in USD.

    Attributes:
        balance: cash.
        positions: how many are open.
        total_invested: their cost, fees included.
        market_value: at the marks; `market_value_at_mid` at the listed prices, for comparison.
        equity: balance + market value.
        total_profit_loss: equity - initial balance = realised + unrealised.
    """

    timestamp: datetime
    balance: Decimal
    positions: int
    total_invested: Decimal
    market_value: Decimal
    market_value_at_mid: Decimal
    equity: Decimal
    realized_profit_loss: Decimal
    unrealized_profit_loss: Decimal
    total_profit_loss: Decimal
    trade_count: int
    fees_paid: Decimal


def marked(position: Position, quote: Quote | None, at: datetime) -> Position:
    """The position with the value of a share at a moment, and where that value comes from."""
    found = mark_of(quote)
    if found is not None:
        return position.marked(money.price(found[0]), found[1], at)
    if position.mark is None:  # it is worth what was paid for it
        mark = money.price(position.cost / position.shares)
        return position.marked(mark, MarkSource.STALE, position.opened_at)
    return position.marked(position.mark, MarkSource.STALE, position.marked_at)


def named(position: Position, capture: Capture) -> Position:
    """The position with the label of its side, which one from before labels were kept learns where it is listed."""
    if position.side_label is not None or position.market_id not in capture.row_of:
        return position
    tags = capture.text("tags", capture.row_of[position.market_id])
    return replace(position, side_label=side_label(capture, *position.holding), tags=tags)


def mark_of(quote: Quote | None) -> tuple[Decimal, MarkSource] | None:
    """What a share is worth by its quote, in USD, and where that comes from; None: the quote tells nothing."""
    if quote is None:
        return None
    if quote.closed:
        return None if quote.listed_price is None else (quote.listed_price, MarkSource.PENDING)
    if quote.bid is not None:
        return quote.bid, MarkSource.BID
    known = [price for price in (quote.last, quote.mid) if price is not None]
    return (min(known), MarkSource.NO_BID) if known else None


def valued(account: Account, capture: Capture, told: Answers) -> tuple[Account, Snapshot]:
    """The account with its positions marked on a capture, and the snapshot that follows.

    Args:
        told: what the venue had said by then of markets that it was asked for.
    """
    at = capture.captured_at
    quotes = {holding: _quote(position, capture, told) for holding, position in account.positions.items()}
    held = {holding: named(position, capture) for holding, position in account.positions.items()}
    positions = {holding: marked(position, quotes[holding], at) for holding, position in held.items()}
    account = replace(account, positions=positions)
    value = sum((worth(position) for position in positions.values()), money.ZERO)
    at_mid = sum((_worth_at_mid(position, quotes[position.holding]) for position in positions.values()), money.ZERO)
    snapshot = _snapshot(account, at, value, at_mid)
    return replace(account, track=account.equity_track.valued(snapshot.equity, at)), snapshot


def _quote(position: Position, capture: Capture, told: Answers) -> Quote | None:
    """The listing's quote; of a market that it does not list as open, where it tells no price, the answer's."""
    listed = quote(capture, *position.holding)
    if listed is not None and (not listed.closed or listed.listed_price is not None):
        return listed
    answer = told.get(position.market_id)
    return None if answer is None else answered(position, answer)


def _snapshot(account: Account, at: datetime, value: Decimal, at_mid: Decimal) -> Snapshot:
    equity = account.balance + value
    return Snapshot(
        timestamp=at,
        balance=account.balance,
        positions=len(account.positions),
        total_invested=account.total_invested,
        market_value=value,
        market_value_at_mid=at_mid,
        equity=equity,
        realized_profit_loss=account.realized_profit_loss,
        unrealized_profit_loss=value - account.total_invested,
        total_profit_loss=equity - account.initial_balance,
        trade_count=account.trade_count,
        fees_paid=account.fees_paid,
    )


def unvalued(account: Account, at: datetime) -> Snapshot:
    """What an account has at a moment at which nobody valued it: at the last known marks, or else at cost."""
    held = account.positions.values()
    value = sum((each.cost if each.mark is None else worth(each) for each in held), money.ZERO)
    return _snapshot(account, at, value, value)


def _worth_at_mid(position: Position, quote: Quote | None) -> Decimal:
    mid = None if quote is None else quote.mid
    return worth(position) if mid is None else money.usd(position.shares * mid)
