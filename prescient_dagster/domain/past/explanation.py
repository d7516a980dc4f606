"""Why a portfolio enters a market on a capture, or does not: every rule on the way, in order, with the market's value.

Nothing is read from logs: the same functions that decide are asked again. A step that decides and is not passed is a
refusal; the first one is the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Account, Position
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle.engine import after, barred, capped, enterable, frequency_allows, named
from prescient_dagster.domain.cycle.exits import exits, holdings, is_whole, rule_steps, sellable
from prescient_dagster.domain.cycle.orders import grouped
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import quote
from prescient_dagster.domain.market.sides import labelled
from prescient_dagster.domain.strategy import candidates
from prescient_dagster.domain.strategy.configs import StrategyConfig, TradeFrequency
from prescient_dagster.domain.strategy.rules import AT_LEAST, AT_MOST, Step, steps_of
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import Strategy, View

LISTING, STRATEGY, PORTFOLIO = "listing", "strategy", "portfolio"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a portfolio's cycle on a capture begins with.

    Attributes:
        config: the effective one.
        account: its books before the cycle.
        previous: `captured_at` of the capture that could be traded before this one; None: there was none.
    """

    capture: Capture
    config: StrategyConfig
    account: Account
    previous: datetime | None = None
    status: PortfolioStatus = PortfolioStatus.ACTIVE

    @property
    def closing(self) -> bool:
        return self.status is PortfolioStatus.CLOSING


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a portfolio makes of one market.

    Attributes:
        wish: the signals that buy it, of a bundle all of them; empty where the strategy does not want it.
        rank: the place of the wish among all wishes, from 1; `matches` is how many there are.
        exits: of a held market, what its exit rules compare; the ones passed apply.
        sales: the signals that sell it.
    """

    steps: tuple[Step, ...]
    wish: tuple[Signal, ...] = ()
    rank: int | None = None
    matches: int = 0
    exits: tuple[Step, ...] = ()
    sales: tuple[Signal, ...] = ()

    @property
    def refusal(self) -> Step | None:
        """The first rule that refuses an entry; None: the portfolio enters."""
        return next((step for step in self.steps if step.decides and not step.passed), None)


def explain(strategy: Strategy[Any], market_id: str, at: Circumstances) -> Explanation:
    """What becomes of a market on the way from the capture to an entry, and of a position in it."""
    held = [legs for legs in holdings(at.account) if market_id in _markets(legs)]
    found = _entry(strategy, market_id, at)
    sales = exits(at.account, at.capture, at.config, closing=at.closing)
    return replace(
        found,
        exits=tuple(replace(step, part=_holding(legs)) for legs in held for step in _exit_steps(legs, at)),
        sales=named([sale for sale in sales if sale.market_id == market_id], at.capture),
    )


def strategy_steps(strategy: Strategy[Any], view: View, config: StrategyConfig, row: int) -> list[Step]:
    """What the market of this row makes of a strategy's filters and rules, whether it is a candidate or not.

    Args:
        view: of the strategy's own candidates.
    """
    if strategy.steps is not None:
        return list(strategy.steps(view, config, row))
    return [*_filter_steps(strategy, view, config, row), *_rule_steps(strategy, view, config, row)]


def _filter_steps(strategy: Strategy[Any], view: View, config: StrategyConfig, row: int) -> list[Step]:
    if strategy.select is not candidates.select:
        return [Step("candidate", row in view.rows)]
    tradable = bool(view.capture.columns["tradable"][row])
    note = "it is closed" if view.capture.columns["closed"][row] else ""
    return [Step("tradable", tradable, note=note), *steps_of(candidates.filters(view.capture, config), row)]


def _rule_steps(strategy: Strategy[Any], view: View, config: StrategyConfig, row: int) -> list[Step]:
    if strategy.rules is None:
        return []
    rows = np.union1d(view.rows, [row])
    rules = strategy.rules(replace(view, rows=rows), config)
    return steps_of(rules, int(np.searchsorted(rows, row)))


def _entry(strategy: Strategy[Any], market_id: str, at: Circumstances) -> Explanation:
    row = at.capture.row_of.get(market_id)
    if row is None:
        return Explanation((Step("in the capture", False, part=LISTING, note="it is not listed there"),))
    rows = strategy.select(at.capture, at.config).rows
    view = View(at.capture, rows, tuple(at.account.positions.values()))
    told = [replace(step, part=step.part or STRATEGY) for step in strategy_steps(strategy, view, at.config, row)]
    orders = list(grouped(strategy.wishes(view, at.config)))
    mine = [number for number, order in enumerate(orders) if market_id in _markets(order)]
    if not any(step.decides and not step.passed for step in told) and (not mine or not _tells(strategy)):
        told.append(Step("wished for", bool(mine), part=STRATEGY, note="the strategy does not tell its rules"))
    found = _ranked(orders, mine, market_id, at)
    return replace(found, steps=(Step("in the capture", True, part=LISTING), *told, *found.steps))


def _tells(strategy: Strategy[Any]) -> bool:
    return strategy.rules is not None or strategy.steps is not None


def _ranked(orders: Sequence[list[Signal]], mine: Sequence[int], market_id: str, at: Circumstances) -> Explanation:
    """What the portfolio makes of the wish for a market; of several of the one that is entered, else of the first."""
    if not mine:
        return Explanation(tuple(_standing_steps({market_id}, at)), matches=len(orders))
    found = [
        Explanation(
            tuple(_portfolio_steps(orders, number, at)), named(orders[number], at.capture), number + 1, len(orders)
        )
        for number in mine
    ]
    return next((wish for wish in found if wish.refusal is None), found[0])


def _portfolio_steps(orders: Sequence[list[Signal]], number: int, at: Circumstances) -> Iterator[Step]:
    order, better = orders[number], [signal for before in orders[:number] for signal in before]
    before = list(enterable(better, barred(at.account, at.capture, at.config)))
    yield from _standing_steps(_markets(order), at)
    taken = sorted(_markets(order) & _markets(before))
    if order[0].bundle is not None or taken:
        yield Step("not in a better wish", not taken, value=", ".join(taken) or None, part=PORTFOLIO)
    yield from _slot_steps(order[0], before, at)


def _standing_steps(markets: set[str], at: Circumstances) -> Iterator[Step]:
    """What the portfolio's state forbids, whatever else there is to enter."""
    held = sorted({position.market_id for position in at.account.positions.values()} & markets)
    yield Step("not held", not held, value=", ".join(held) or None, part=PORTFOLIO)
    yield _reentry(markets, at)
    frequency = at.config.trade_frequency
    allowed = frequency_allows(frequency, at.capture.captured_at, at.previous)
    note = "" if allowed else "the capture before was in the same period"
    before = None if frequency is TradeFrequency.HIGH else at.previous
    yield Step("trade_frequency", allowed, "", str(frequency), before, part=PORTFOLIO, note=note)
    yield Step("active", at.status is PortfolioStatus.ACTIVE, value=str(at.status), part=PORTFOLIO)


def _reentry(markets: set[str], at: Circumstances) -> Step:
    stopped = [moment for market_id, moment in at.account.stopped.items() if market_id in markets]
    since = min((at.capture.captured_at - moment for moment in stopped), default=None)
    passed = since is None or since >= timedelta(hours=at.config.reentry_hours)
    hours = None if since is None else since / timedelta(hours=1)
    note = "" if stopped else "never sold by a stop"
    return Step("reentry_hours", passed, AT_LEAST, at.config.reentry_hours, hours, part=PORTFOLIO, note=note)


def _slot_steps(signal: Signal, before: Sequence[Signal], at: Circumstances) -> Iterator[Step]:
    """Whether there is a place left once the exits have filled and the better wishes have theirs."""
    sales = exits(at.account, at.capture, at.config, closing=at.closing)
    left = after(sales, at.account)
    entries = capped(before, left, at.config)
    event_of = {position.slot: position.event_id for position in left}
    event_of |= {entry.slot: entry.event_id for entry in entries}
    note = f"{len({position.slot for position in left})} stay open, {len(list(grouped(entries)))} come before it"
    most, place = at.config.max_positions, len(event_of) + 1
    yield Step("max_positions", place <= most, AT_MOST, most, place, part=PORTFOLIO, note=note)
    most_per_event = at.config.max_positions_per_event
    if most_per_event is not None:
        place = list(event_of.values()).count(signal.event_id) + 1
        yield Step("max_positions_per_event", place <= most_per_event, AT_MOST, most_per_event, place, part=PORTFOLIO)


def _exit_steps(legs: Sequence[Position], at: Circumstances) -> Iterator[Step]:
    offers = sellable(legs, at.capture, at.config)
    bid = _bid(legs[0], at.capture) if len(legs) == 1 else None
    yield Step("can be sold", bool(offers), value=bid, note="" if offers else _obstacle(legs, at.capture))
    if offers:
        yield from rule_steps(offers, at.capture, at.config)
        if at.closing:
            yield Step(str(ExitRule.CLOSING), True)


def _holding(legs: Sequence[Position]) -> str:
    if legs[0].bundle is not None:
        return f"a bundle of {len(legs)}"
    return " and ".join(f"{leg.shares} {labelled(leg.side, leg.side_label)}" for leg in legs)


def _bid(position: Position, capture: Capture) -> Any:
    found = quote(capture, *position.holding)
    return None if found is None else found.bid


def _obstacle(legs: Sequence[Position], capture: Capture) -> str:
    """Why a position cannot be sold, the first reason there is."""
    if not is_whole(legs):
        return "a leg of the bundle has settled"
    quotes = [quote(capture, *leg.holding) for leg in legs]
    if any(found is None for found in quotes):
        return "not in the capture"
    if not all(found is not None and found.tradable for found in quotes):
        return "not tradable"
    if any(found is not None and found.bid is None for found in quotes):
        return "nobody bids"
    return "worth less than the least sale of 1 USD, or its fee is unknown"


def _markets(signals: Sequence[Signal] | Sequence[Position]) -> set[str]:
    return {signal.market_id for signal in signals}
