"""A position that a person sells, by the very fills of any sale: at what is bid on a capture, with its fee.

It is no wish of a strategy, so it leaves no signal: the trade says by itself that it was made by hand, and whether the
cycle of its capture had acted before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from prescient_dagster.domain import money
from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import AFTER_CYCLE, Account, Position, Trade
from prescient_dagster.domain.cycle import orders
from prescient_dagster.domain.cycle.exits import holdings, is_whole
from prescient_dagster.domain.cycle.orders import Conditions, Outcome
from prescient_dagster.domain.errors import Conflict, NotFound
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import quote
from prescient_dagster.domain.strategy.signals import Action, RejectReason, Signal

WHY_NOT = {
    RejectReason.NO_LIQUIDITY: "nobody bids for it",
    RejectReason.SLIPPAGE: "no bid is within the portfolio's max_slippage",
    RejectReason.BELOW_MINIMUM: "what the bids would pay is less than 1 USD",
    RejectReason.NOT_TRADABLE: "it is not listed, or its trading is halted or over",
    RejectReason.UNKNOWN_FEE: "its fee is not known",
    RejectReason.BUNDLE_INCOMPLETE: "the bids do not take every leg of its bundle whole",
    RejectReason.NO_BOOK: "the venue has no order book of it",
    RejectReason.BOOK_UNUSABLE: "its order book makes no sense",
    RejectReason.VENUE_UNAVAILABLE: "the venue cannot be asked for its order book",
}


def legs_to_sell(account: Account, market_id: str, *, bundle: bool) -> Sequence[Position]:
    """The position in a market, or with `bundle` all legs of the bundle that it is a part of.

    Raises:
        NotFound: nothing is held in this market.
        Conflict: it is a leg of a bundle and sold alone, or of one whose other legs are gone.
    """
    legs = next((held for held in holdings(account) if any(leg.market_id == market_id for leg in held)), ())
    if not legs:
        raise NotFound(f"nothing is held in market {market_id!r}: `prescient positions SLUG` shows what is")
    if len(legs) > 1 and not bundle:
        others = ", ".join(leg.market_id for leg in legs if leg.market_id != market_id)
        raise Conflict(f"market {market_id} is a leg of a bundle with {others}: --bundle sells all of them, or none")
    if not is_whole(legs):
        raise Conflict(f"market {market_id} is a leg of a bundle of which another has settled: it waits for its end")
    return legs


def wish(legs: Iterable[Position], capture: Capture) -> list[Signal]:
    """The order to sell these positions."""
    return [_wish(leg, capture) for leg in legs]


def _wish(leg: Position, capture: Capture) -> Signal:
    market = quote(capture, *leg.holding)
    bid = None if market is None else market.bid
    listed = None if market is None else market.listed_price
    return Signal(
        market_id=leg.market_id,
        event_id=leg.event_id,
        action=Action.sell(leg.side),
        target_price=money.price(listed or bid or money.ZERO),
        amount=money.usd(leg.shares * (bid or money.ZERO)),
        confidence=money.ZERO,
        reason="sold by hand",
        liquidity=money.ZERO if market is None else market.liquidity,
        bundle=leg.bundle,
        shares=leg.shares,
        exit=ExitRule.BY_HAND,
    )


def sold(order: Sequence[Signal], account: Account, on: Conditions, *, after_cycle: bool) -> list[Trade]:
    """The trades that selling comes to: a single position as far as the bids reach, a bundle whole.

    Args:
        after_cycle: whether the portfolio's cycle on this capture has acted.

    Raises:
        Conflict: it cannot be sold on this capture; the message tells why.
    """
    ended = orders.leave(order, account, on)
    refused = next((each for each in ended if each.reject_reason is not None), None)
    if refused is not None:
        raise Conflict(_told(refused, on.capture))
    return [_marked(each.trade, on.capture.capture_id, after_cycle) for each in ended if each.trade is not None]


def _told(refused: Outcome, capture: Capture) -> str:
    why = WHY_NOT.get(refused.reject_reason, str(refused.reject_reason)) if refused.reject_reason else ""
    return f"market {refused.signal.market_id} cannot be sold on capture {capture.capture_id}: {why}"


def _marked(trade: Trade, capture_id: int, after_cycle: bool) -> Trade:
    cause = f"{ExitRule.BY_HAND}:{trade.market_id}:{trade.side}:{capture_id}"
    return replace(trade, source_ref=cause, details={**trade.details, AFTER_CYCLE: after_cycle})
