"""From signals to trades or refusals: orders of entries, exits and bundles, filled by the portfolio's fill model.

An order is one signal, or all signals of one bundle, which fill together or not at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Account, Position, Trade, TradeKind, released_cost
from prescient_dagster.domain.cycle import bundles, fills
from prescient_dagster.domain.cycle.bundles import BundleId, Leg
from prescient_dagster.domain.cycle.fills import Fill, Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Book, Books, NoBook
from prescient_dagster.domain.market.fees import NO_FEE, FeeSchedule
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import Quote, quote, side_label, token_id, valid_touch
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.fill_models import FillModel
from prescient_dagster.domain.strategy.signals import RejectReason, Signal, SignalStatus


@dataclass(frozen=True, slots=True)
class Conditions:
    """What orders meet: a capture, the order books kept with it, and how the portfolio fills."""

    capture: Capture
    config: StrategyConfig
    books: Books


@dataclass(frozen=True, slots=True)
class Purse:
    """What an order may spend.

    Attributes:
        most: USD, fees included.
        cut: the limit that leaves no more; None: there is no more cash.
    """

    most: Decimal
    cut: RejectReason | None = None

    def budget(self, amount: Decimal) -> Decimal:
        """What is spent of an amount, in USD."""
        return min(amount, self.most)

    @property
    def short(self) -> RejectReason:
        """Why an order for which it is too little is refused."""
        return self.cut or RejectReason.INSUFFICIENT_CASH


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a signal ended: its status, why it was refused, and the trade it made."""

    signal: Signal
    status: SignalStatus
    reject_reason: RejectReason | None = None
    trade: Trade | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An order at the market: the levels it can trade against, best first, and what trading there costs.

    Attributes:
        touch: the best quote, or under the fill model `mid` the listed price.
        synthetic: whether the levels are made up, not an order book's.
    """

    signal: Signal
    quote: Quote
    touch: Decimal
    levels: Sequence[Level]
    fees: FeeSchedule
    synthetic: bool


def grouped(signals: Iterable[Signal]) -> Iterator[list[Signal]]:
    """The signals as orders, in their order and only as they are asked for: a bundle's legs are one order."""
    for (_, bundle), legs in groupby(signals, key=lambda signal: (signal.action.is_entry, signal.bundle)):
        if bundle is None:
            yield from ([leg] for leg in legs)
        else:
            yield list(legs)


def rejected(signals: Iterable[Signal], reason: RejectReason) -> list[Outcome]:
    """All signals of an order refused, with the reason."""
    return [Outcome(signal, SignalStatus.REJECTED, reason) for signal in signals]


def enter(order: Sequence[Signal], purse: Purse, on: Conditions) -> list[Outcome]:
    """What becomes of an order to buy: as far as quotes, depth and the purse allow."""
    return _enter(order[0], purse, on) if order[0].bundle is None else _enter_bundle(order, purse, on)


def _enter(signal: Signal, purse: Purse, on: Conditions) -> list[Outcome]:
    placed = place(signal, on)
    if isinstance(placed, RejectReason):
        return rejected([signal], placed)
    if exceeds_stop([placed], on.config):
        return rejected([signal], RejectReason.SPREAD_EXCEEDS_STOP)
    budget = purse.budget(signal.amount)
    filled = fills.buy(placed.levels, budget, placed.fees)
    poor = budget < signal.amount
    if fills.is_below_minimum(filled):
        short = poor and (filled.complete or budget <= 0)
        return rejected([signal], purse.short if short else RejectReason.BELOW_MINIMUM)
    return [_ended(placed, _bought(placed, filled, on, purse if poor else None), whole=filled.complete and not poor)]


def _enter_bundle(order: Sequence[Signal], purse: Purse, on: Conditions) -> list[Outcome]:
    bundle = BundleId.parse(order[0].slot)
    tried = [place(signal, on) for signal in order]
    legs = [leg for leg in tried if isinstance(leg, Placed)]
    if len(legs) < bundle.legs:
        return _incomplete(order, tried)
    if exceeds_stop(legs, on.config):
        return rejected(order, RejectReason.SPREAD_EXCEEDS_STOP)
    budget = purse.budget(order[0].amount)
    filled = bundles.sized([_leg(leg) for leg in legs], bundle.payout, budget, on.config.least_margin())
    poor = budget < order[0].amount
    if isinstance(filled, RejectReason):
        short = poor and filled is RejectReason.BELOW_MINIMUM
        return rejected(order, purse.short if short else filled)
    parts, whole = zip(legs, filled.fills, strict=True), filled.complete and not poor
    return [_ended(leg, _bought(leg, part, on, purse if poor else None), whole=whole) for leg, part in parts]


def _incomplete(order: Sequence[Signal], tried: Sequence[Placed | RejectReason]) -> list[Outcome]:
    """The legs that cannot trade refused for what is wrong with them, the others because of those."""
    reasons = [leg if isinstance(leg, RejectReason) else RejectReason.BUNDLE_INCOMPLETE for leg in tried]
    return [outcome for signal, reason in zip(order, reasons, strict=True) for outcome in rejected([signal], reason)]


def _leg(placed: Placed) -> Leg:
    market = placed.quote
    return Leg(market.market_id, market.side, placed.levels, placed.fees)


def leave(order: Sequence[Signal], account: Account, on: Conditions) -> list[Outcome]:
    """Sell what is held: a single position as far as the bids reach, a bundle whole or not at all."""
    held = [account.positions.get((signal.market_id, signal.action.side)) for signal in order]
    tried = [
        RejectReason.NOT_TRADABLE if position is None else place(signal, on)
        for signal, position in zip(order, held, strict=True)
    ]
    legs = [(leg, position) for leg, position in zip(tried, held, strict=True) if isinstance(leg, Placed) and position]
    bundle = order[0].bundle
    if len(legs) < (1 if bundle is None else BundleId.parse(bundle).legs):
        return _incomplete(order, tried)
    filled = [fills.take(leg.levels, position.shares, leg.fees) for leg, position in legs]
    if bundle is not None and not all(part.complete for part in filled):
        return rejected(order, RejectReason.BUNDLE_INCOMPLETE)
    if any(fills.is_below_minimum(part) for part in filled):
        return rejected(order, RejectReason.BELOW_MINIMUM)
    sales = zip(legs, filled, strict=True)
    return [_ended(leg, _sold(leg, position, part, on), whole=part.complete) for (leg, position), part in sales]


def place(signal: Signal, on: Conditions) -> Placed | RejectReason:
    """The order of a signal at the market, or why there is nothing to trade against, whatever the cash."""
    quoted = quote(on.capture, signal.market_id, signal.action.side)
    if quoted is None or not quoted.tradable:
        return RejectReason.NOT_TRADABLE
    if on.config.fill_model is FillModel.MID:
        return _place_at_mid(signal, quoted)
    if quoted.fees is None:
        return RejectReason.UNKNOWN_FEE
    return _place_at_touch(signal, quoted, quoted.fees, on)


def _place_at_touch(signal: Signal, quoted: Quote, fees: FeeSchedule, on: Conditions) -> Placed | RejectReason:
    book = _book(quoted, on)
    if isinstance(book, NoBook):
        return book.reason
    touch = quoted.ask if signal.action.is_entry else quoted.bid
    if touch is None:
        return RejectReason.NO_LIQUIDITY
    levels = _levels_at_touch(touch, quoted) if book is None else _levels_within(book, signal, touch, on)
    if isinstance(levels, RejectReason):
        return levels
    return Placed(signal, quoted, touch, levels, fees, synthetic=book is None)


def _place_at_mid(signal: Signal, quoted: Quote) -> Placed | RejectReason:
    """The whole amount at the target price, without a fee: what the predecessor did, kept for comparison."""
    price = valid_touch(signal.target_price, quoted.tick)
    if price is None:
        return RejectReason.NO_LIQUIDITY
    return Placed(signal, quoted, price, [Level(price, fills.BOUNDLESS)], NO_FEE, synthetic=True)


def _levels_at_touch(touch: Decimal, quoted: Quote) -> Sequence[Level] | RejectReason:
    levels = fills.touch_levels(touch, quoted.liquidity)
    return levels if fills.depth(levels) else RejectReason.NO_LIQUIDITY


def _levels_within(book: OrderBook, signal: Signal, touch: Decimal, on: Conditions) -> Sequence[Level] | RejectReason:
    entry = signal.action.is_entry
    if not fills.depth(book.asks if entry else book.bids):
        return RejectReason.NO_LIQUIDITY
    within = fills.asks_within if entry else fills.bids_within
    return within(book, touch, money.exact(on.config.max_slippage)) or RejectReason.SLIPPAGE


def _book(quoted: Quote, on: Conditions) -> Book | None:
    """What is known of the side's order book; None where it is filled at the touch: never asked for, or not wanted."""
    if on.config.fill_model is not FillModel.BOOK:
        return None
    return on.books.get(token_id(on.capture, quoted.market_id, quoted.side))


def exceeds_stop(legs: Sequence[Placed], config: StrategyConfig) -> bool:
    """Whether buying at the touch and selling at once at the bid would already be a loss that the stop sells at."""
    if config.stop_loss is None:
        return False
    paid = sum((leg.touch + leg.fees.per_share(leg.touch) for leg in legs), money.ZERO)
    back = sum((_proceeds_per_share(leg) for leg in legs), money.ZERO)
    return back <= paid * (1 - money.exact(config.stop_loss))


def _proceeds_per_share(placed: Placed) -> Decimal:
    bid = placed.quote.bid
    return money.ZERO if bid is None else bid - placed.fees.per_share(bid)


def _ended(placed: Placed, trade: Trade, *, whole: bool) -> Outcome:
    return Outcome(placed.signal, SignalStatus.EXECUTED if whole else SignalStatus.PARTIALLY_EXECUTED, trade=trade)


def _bought(placed: Placed, filled: Fill, on: Conditions, poor: Purse | None) -> Trade:
    """`poor`: the purse, where it did not hold what was wished for."""
    trade = _trade(placed, filled, on, cost_delta=filled.spent)
    if poor is None or poor.cut is None:
        return trade
    return replace(trade, details={**trade.details, "cut": {"by": str(poor.cut), "to": str(poor.most)}})


def _sold(placed: Placed, position: Position, filled: Fill, on: Conditions) -> Trade:
    return _trade(placed, filled, on, cost_delta=-released_cost(position, filled.shares))


def _trade(placed: Placed, filled: Fill, on: Conditions, cost_delta: Decimal) -> Trade:
    buys, row = placed.signal.action.is_entry, on.capture.row_of[placed.quote.market_id]
    return Trade(
        timestamp=on.capture.captured_at,
        kind=TradeKind.BUY if buys else TradeKind.SELL,
        market_id=placed.quote.market_id,
        market_question=placed.quote.market_question,
        event_id=placed.quote.event_id,
        side=placed.quote.side,
        shares=filled.shares if buys else -filled.shares,
        price=filled.average_price,
        fee=filled.fee,
        cash_delta=-filled.spent if buys else filled.notional - filled.fee,
        cost_delta=cost_delta,
        synthetic=placed.synthetic,
        bundle=placed.signal.bundle,
        side_label=side_label(on.capture, placed.quote.market_id, placed.quote.side),
        details=details(placed, filled, on.config),
        tags=on.capture.text("tags", row),
        category=on.capture.text("category", row),
    )


def details(placed: Placed, filled: Fill, config: StrategyConfig) -> dict[str, Any]:
    """What a trade's page shows, as JSON values: fill model, touch, per level price, shares and fee, the exit rule."""
    levels = zip(filled.levels, filled.fees, strict=True)
    shown = {
        "fill_model": str(config.fill_model),
        "touch": str(placed.touch),
        "levels": [[str(level.price), str(level.shares), str(fee)] for level, fee in levels],
    }
    return shown if placed.signal.exit is None else shown | {"exit": str(placed.signal.exit)}


def tokens_needed(signals: Iterable[Signal], capture: Capture, config: StrategyConfig) -> set[str]:
    """The tokens whose order books these signals would be filled against."""
    if config.fill_model is not FillModel.BOOK:
        return set()
    listed = [signal for signal in signals if signal.market_id in capture.row_of]
    return {token_id(capture, signal.market_id, signal.action.side) for signal in listed}
