"""Why a portfolio enters a market on a capture, or does not: every rule on the way, in order, with the market's value.

Nothing is read from logs: the same functions that decide are asked again. A step that decides and is not passed is a
refusal; the first one is the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.cycle.engine import Selections, after, named
from prescient_dagster.domain.cycle.exits import exits, holdings, is_whole, rule_steps, sellable
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.limits import Limits
from prescient_dagster.domain.cycle.order_sizes import size_step, sized
from prescient_dagster.domain.cycle.orders import grouped
from prescient_dagster.domain.cycle.risk import RISK
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import quote
from prescient_dagster.domain.market.sides import labelled
from prescient_dagster.domain.strategy import candidates
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.rules import Step, steps_of
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import HISTORY, Strategy, View

LISTING, STRATEGY = "listing", "strategy"


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
    def entries(self) -> tuple[Signal, ...]:
        """The signals that a cycle makes of the wish, refused by a limit on risk or not."""
        before = (step for step in self.steps if step.part != RISK)
        return () if any(step.decides and not step.passed for step in before) else self.wish

    @property
    def refusal(self) -> Step | None:
        """The first rule that refuses an entry; None: the portfolio enters."""
        return next((step for step in self.steps if step.decides and not step.passed), None)


def explain(at: Circumstances, market_id: str) -> Explanation:
    """What becomes of a market on the way from the capture to an entry, and of a position in it."""
    held = [legs for legs in holdings(at.account) if market_id in _markets(legs)]
    sales = [sale for sale in _sales(at) if sale.market_id == market_id]
    return replace(
        _entry(market_id, at),
        exits=tuple(replace(step, part=_holding(legs)) for legs in held for step in _exit_steps(legs, at)),
        sales=named(sales, at.moment.capture),
    )


def _sales(at: Circumstances) -> list[Signal]:
    return exits(at.account, at.moment.capture, at.player.config, closing=at.player.closing)


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
        return [Step("candidate", row in view.rows), *_history_steps(strategy, view, config, row)]
    tradable = bool(view.capture.columns["tradable"][row])
    note = "it is closed" if view.capture.columns["closed"][row] else ""
    steps = [Step("tradable", tradable, note=note), *steps_of(candidates.filters(view.capture, config), row)]
    return [*steps, *_history_steps(strategy, view, config, row)]


def _history_steps(strategy: Strategy[Any], view: View, config: StrategyConfig, row: int) -> Iterator[Step]:
    known = None if strategy.known is None else strategy.known(replace(view, rows=np.array([row])), config)
    if known is not None:
        yield Step(HISTORY, bool(known[0]), note="" if known[0] else "too few prices of before are known")


def _rule_steps(strategy: Strategy[Any], view: View, config: StrategyConfig, row: int) -> list[Step]:
    if strategy.rules is None:
        return []
    rows = np.union1d(view.rows, [row])
    rules = strategy.rules(replace(view, rows=rows), config)
    return steps_of(rules, int(np.searchsorted(rows, row)))


def _entry(market_id: str, at: Circumstances) -> Explanation:
    strategy, config, capture = at.player.strategy, at.player.config, at.moment.capture
    row = capture.row_of.get(market_id)
    if row is None:
        return Explanation((Step("in the capture", False, part=LISTING, note="it is not listed there"),))
    positions = tuple(at.account.positions.values())
    view = View(capture, Selections().of(at.player, at.moment).rows, positions, at.moment.history, at.moment.forecasts)
    told = [replace(step, part=step.part or STRATEGY) for step in strategy_steps(strategy, view, config, row)]
    orders = list(grouped(strategy.wishes(view, config)))
    mine = [number for number, order in enumerate(orders) if market_id in _markets(order)]
    tells = strategy.rules is not None or strategy.steps is not None
    if not any(step.decides and not step.passed for step in told) and (not mine or not tells):
        told.append(Step("wished for", bool(mine), part=STRATEGY, note="the strategy does not tell its rules"))
    found = _ranked(orders, mine, market_id, at)
    return replace(found, steps=(Step("in the capture", True, part=LISTING), *told, *found.steps))


def _ranked(orders: Sequence[list[Signal]], mine: Sequence[int], market_id: str, at: Circumstances) -> Explanation:
    """What the portfolio makes of the wish for a market; of several of the one that is entered, else of the first."""
    if not mine:
        return Explanation(tuple(_limits(at).standing_steps(market_id)), matches=len(orders))
    found = [_wish(orders, number, at) for number in mine]
    return next((wish for wish in found if wish.refusal is None), found[0])


def _wish(orders: Sequence[list[Signal]], number: int, at: Circumstances) -> Explanation:
    """What the limits make of one wish, once the better ones have theirs."""
    limits = _limits(at)
    for order in limits.entering(chain.from_iterable(orders[:number])):
        limits.suppose(sized(order, at))
    wish = named(sized(orders[number], at), at.moment.capture)
    steps = (*limits.steps(wish), size_step(orders[number], at))
    return Explanation(steps, wish, number + 1, len(orders))


def _limits(at: Circumstances) -> Limits:
    return Limits(at, after(_sales(at), at.account))


def _exit_steps(legs: Sequence[Position], at: Circumstances) -> Iterator[Step]:
    capture, config = at.moment.capture, at.player.config
    offers = sellable(legs, capture, config)
    bid = _bid(legs[0], capture) if len(legs) == 1 else None
    yield Step("can be sold", bool(offers), value=bid, note="" if offers else _obstacle(legs, capture))
    if offers:
        yield from rule_steps(offers, capture, config)
        if at.player.closing:
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
