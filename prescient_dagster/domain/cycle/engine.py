"""One portfolio acting on one capture: signals, then trades, then its value. Pure, so that a replay can share it.

Exits come first, then entries by rank; the rank is found before the cap is applied. What is held at the start of the
cycle is not entered again in it. Each trade sees the cash that the ones before it left.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from prescient_dagster.domain.books.ledger import Account, Position, booked
from prescient_dagster.domain.cycle import orders
from prescient_dagster.domain.cycle.exits import exits
from prescient_dagster.domain.cycle.order_books import Books
from prescient_dagster.domain.cycle.orders import Conditions, Outcome
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import side_label
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.configs import StrategyConfig, TradeFrequency
from prescient_dagster.domain.strategy.signals import RejectReason, Signal
from prescient_dagster.domain.strategy.strategies import Strategy, View


@dataclass(frozen=True)
class Decision:
    """What a portfolio wishes to do on a capture.

    Attributes:
        signals: exits, then entries, in the order in which they are executed.
        matches: how many entries the strategy wished for, before what is held and the caps took theirs.
    """

    selection: Selection
    signals: tuple[Signal, ...]
    matches: int = 0


def decide(  # noqa: PLR0913 - what is decided follows from all of these
    strategy: Strategy[Any],
    config: StrategyConfig,
    capture: Capture,
    account: Account,
    selection: Selection,
    *,
    may_enter: bool = True,
    closing: bool = False,
) -> Decision:
    """The signals of one portfolio on one capture.

    Args:
        selection: `strategy.select(capture, config)`, which portfolios with equal configs share.
        may_enter: whether the trade frequency allows entries at this capture; exits are always made.
        closing: whether the portfolio is being closed: it enters nothing and sells all it can.
    """
    sales = exits(account, capture, config, closing=closing)
    if closing or not may_enter:
        return Decision(selection, named(sales, capture))
    wishes = strategy.wishes(View(capture, selection.rows, tuple(account.positions.values())), config)
    left = after(sales, account)
    entries = capped(enterable(wishes, barred(account, capture, config)), left, config)
    return Decision(selection, named((*sales, *entries), capture), len(wishes))


def named(signals: Iterable[Signal], capture: Capture) -> tuple[Signal, ...]:
    """The signals with what the venue calls their sides; a strategy need not care."""
    return tuple(replace(each, side_label=side_label(capture, each.market_id, each.action.side)) for each in signals)


def after(sales: Iterable[Signal], account: Account) -> list[Position]:
    """The positions that are left once the sales have filled."""
    sold = {(sale.market_id, sale.action.side) for sale in sales}
    return [position for holding, position in account.positions.items() if holding not in sold]


def barred(account: Account, capture: Capture, config: StrategyConfig) -> set[str]:
    """The markets that may not be entered: held at the start of the cycle, or sold by a stop a short while ago."""
    pause = timedelta(hours=config.reentry_hours)
    stopped = {market_id for market_id, at in account.stopped.items() if capture.captured_at - at < pause}
    return stopped | {position.market_id for position in account.positions.values()}


def enterable(signals: Iterable[Signal], barred: Iterable[str]) -> Iterator[Signal]:
    """The ranked signals in markets that are not barred; of several in one market the first. A bundle stays whole."""
    taken = set(barred)
    for order in orders.grouped(signals):
        markets = {signal.market_id for signal in order}
        if taken.isdisjoint(markets):
            taken |= markets
            yield from order


class Slots:
    """The places a portfolio has for open positions, in all and per event; a bundle takes one."""

    def __init__(self, positions: Iterable[Position], config: StrategyConfig) -> None:
        self._event_of = {position.slot: position.event_id for position in positions}
        self._config = config

    @property
    def full(self) -> bool:
        """Whether no event has a place left."""
        return len(self._event_of) >= self._config.max_positions

    def take(self, signal: Signal) -> bool:
        """Take the signal's place; False where there is none."""
        if self.full or self._crowded(signal.event_id):
            return False
        self._event_of[signal.slot] = signal.event_id
        return True

    def _crowded(self, event_id: str) -> bool:
        most = self._config.max_positions_per_event
        return most is not None and sum(event == event_id for event in self._event_of.values()) >= most


def capped(signals: Iterable[Signal], positions: Sequence[Position], config: StrategyConfig) -> list[Signal]:
    """As many of the ranked signals as there are free slots."""
    slots = Slots(positions, config)
    chosen: list[Signal] = []
    for order in orders.grouped(signals):
        if slots.full:
            break
        if slots.take(order[0]):
            chosen.extend(order)
    return chosen


def execute(
    signals: Iterable[Signal], account: Account, capture: Capture, config: StrategyConfig, books: Books
) -> tuple[list[Outcome], Account]:
    """What became of each signal, in order, and the account that is left.

    The slots are counted again once the exits have filled: an exit that did not fill made no room. An entry that is
    rejected keeps its slot.
    """
    conditions = Conditions(capture, config, books)
    outcomes: list[Outcome] = []
    slots: Slots | None = None
    for order in orders.grouped(signals):
        if order[0].action.is_entry:
            slots = slots or Slots(account.positions.values(), config)
            if not slots.take(order[0]):
                outcomes.extend(orders.rejected(order, RejectReason.NO_FREE_SLOT))
                continue
        filled = orders.fill(order, account, conditions)
        for outcome in filled:
            account = account if outcome.trade is None else booked(account, outcome.trade)
        outcomes.extend(filled)
    return outcomes, account


def frequency_allows(frequency: TradeFrequency, captured_at: datetime, previous: datetime | None) -> bool:
    """Whether a portfolio of this frequency may enter at a capture.

    Args:
        previous: `captured_at` of the capture that could be traded before this one; None: there was none.
    """
    if frequency is TradeFrequency.HIGH or previous is None:
        return True
    period = "%Y-%m-%d %H" if frequency is TradeFrequency.MEDIUM else "%Y-%m-%d"
    return captured_at.strftime(period) != previous.strftime(period)
