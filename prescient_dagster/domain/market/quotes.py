"""One side of one market on a capture: its quotes, its fee, and whether it can be traded at all.

The YES token's bid and ask are listed; the NO token's bid is 1 - ask, its ask 1 - bid.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.market.fees import FeeSchedule
from prescient_dagster.domain.market.kept_texts import kept_text
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.sides import Side, kept_label

USUAL_TICK = money.price("0.01")
"""The price step of a market that does not tell its own, USD per share."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a capture says of one outcome token. Prices in USD per share; None: the venue names none.

    Attributes:
        listed_price: the venue's price of the side, the middle of bid and ask; nobody need trade at it.
        bid: the best one, if one can trade at it; `ask` likewise.
        mid: the listed price, or what the quotes say where none is listed.
        net_bid: what a share brings at the bid after the fee, about; None where the bid or the fee is not known.
        fees: None where the market takes fees and does not say which.
        liquidity: of the market, USD.
    """

    market_id: str
    side: Side
    event_id: str
    market_question: str
    listed_price: Decimal | None
    mid: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    net_bid: float | None
    last: Decimal | None
    tick: Decimal
    liquidity: Decimal
    fees: FeeSchedule | None
    tradable: bool
    closed: bool


def quote(capture: Capture, market_id: str, side: Side) -> Quote | None:
    """The quote of a market's side, or None where the capture does not list the market; worked out once a capture."""
    known, key = capture.remembered, (market_id, side.value)
    if key not in known:
        known[key] = _listed(capture, market_id, side)
    found: Quote | None = known[key]
    return found


def _listed(capture: Capture, market_id: str, side: Side) -> Quote | None:
    row = capture.row_of.get(market_id)
    if row is None:
        return None
    return quoted(
        _Row(capture, row),
        market_id,
        side,
        event_id=capture.texts["event_id"][row],
        market_question=kept_text(capture.texts["question"][row]),
        tradable=bool(capture.columns["tradable"][row]),
        closed=bool(capture.columns["closed"][row]),
    )


def quoted(  # noqa: PLR0913 - what a listing tells and an answer does not
    number: Callable[[str], Decimal | None],
    market_id: str,
    side: Side,
    *,
    event_id: str,
    market_question: str,
    tradable: bool,
    closed: bool,
) -> Quote:
    """The quote of a market's side from numbers by the names of a capture's columns, None for what is not told."""
    bid, ask, last = number("best_bid"), number("best_ask"), number("last_price")
    if side is Side.NO:
        bid, ask, last = _complement(ask), _complement(bid), _complement(last)
    listed, tick = number(f"{side}_price"), number("tick_size") or USUAL_TICK
    sale, fees = valid_touch(bid, tick), _fees(number("fee_rate"), number("fee_exponent"))
    return Quote(
        market_id=market_id,
        side=side,
        event_id=event_id,
        market_question=market_question,
        listed_price=listed,
        mid=_middle(bid, ask) if listed is None else listed,
        bid=sale,
        net_bid=None if sale is None or fees is None else float(sale - fees.per_share(sale)),
        ask=valid_touch(ask, tick),
        last=last,
        tick=tick,
        liquidity=number("liquidity") or money.ZERO,
        fees=fees,
        tradable=tradable,
        closed=closed,
    )


class _Row:
    """Numbers of one row as decimals; missing ones as None."""

    def __init__(self, capture: Capture, row: int) -> None:
        self._columns, self._row = capture.columns, row

    def __call__(self, name: str) -> Decimal | None:
        value = self._columns[name].item(self._row)
        return None if math.isnan(value) else money.exact(value)


def _middle(bid: Decimal | None, ask: Decimal | None) -> Decimal | None:
    """The middle of the quotes; nobody who bids counts as a bid of 0."""
    return None if ask is None else ((bid or money.ZERO) + ask) / 2


def _complement(price: Decimal | None) -> Decimal | None:
    return None if price is None else 1 - price


def _fees(rate: Decimal | None, exponent: Decimal | None) -> FeeSchedule | None:
    return None if rate is None else FeeSchedule(rate, money.ONE if exponent is None else exponent)


def side_label(capture: Capture, market_id: str, side: Side) -> str:
    """What the venue calls a side of a market."""
    return kept_label(capture.text(f"{side}_label", capture.row_of[market_id]))


def token_id(capture: Capture, market_id: str, side: Side) -> str:
    """The outcome token that is traded for a side of a market."""
    return capture.text(f"{side}_token_id", capture.row_of[market_id])


def valid_touch(touch: Decimal | None, tick: Decimal) -> Decimal | None:
    """The touch if one can trade at it: a price is valid between one tick and one minus one tick."""
    return touch if touch is not None and tick <= touch <= 1 - tick else None
