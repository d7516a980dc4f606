"""One portfolio acting on one capture: signals, then trades, then its value. Pure: whoever acts, acts through here.

Exits come first, then entries by rank; the rank is found before the limits take theirs. Each trade sees the cash that
the ones before it left. It is decided first and acted then, since the order books of many are fetched in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.books import snapshots
from prescient_dagster.domain.books.ledger import Account, Position, booked
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle import orders
from prescient_dagster.domain.cycle.exits import exits
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.limits import Limits
from prescient_dagster.domain.cycle.order_books import Books
from prescient_dagster.domain.cycle.order_sizes import sized
from prescient_dagster.domain.cycle.orders import Conditions, Outcome
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import side_label
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.signals import Signal, SignalStatus
from prescient_dagster.domain.strategy.strategies import View


@dataclass(frozen=True)
class Decision:
    """What a portfolio wishes to do on a capture.

    Attributes:
        signals: exits, then entries, in the order in which they are executed.
        selection: None: it was decided before, and only the signals are known.
        matches: how many entries the strategy wished for, before the limits took theirs; None: it was not asked.
        shut: the limit for which it was not asked.
    """

    player: Player
    signals: tuple[Signal, ...] = ()
    selection: Selection | None = None
    matches: int | None = None
    shut: Step | None = None

    def tokens(self, capture: Capture) -> set[str]:
        """The tokens whose order books it takes to act on this."""
        return orders.tokens_needed(self.signals, capture, self.player.config)


@dataclass(frozen=True)
class Act:
    """What came of a decision: of each signal, of the account, and its value; no snapshot where it was not valued."""

    outcomes: tuple[Outcome, ...]
    account: Account
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Selections:
    """The candidates on captures, worked out once for all portfolios that look for the same."""

    _found: dict[Any, Selection] = field(default_factory=dict)

    def of(self, player: Player, moment: Moment) -> Selection:
        """The candidates of a player on a capture."""
        strategy, config, capture = player.strategy, player.config, moment.capture
        key = (capture.capture_id, strategy.selection_key(config))
        if key not in self._found:
            self._found[key] = strategy.select(capture, config)
        selection = self._found[key]
        view = View(capture, selection.rows, history=moment.history, forecasters=moment.forecasts)
        left = strategy.with_history(selection, view, config)
        # As one object, so that what is looked up of these candidates is looked up once.
        return left if left is selection else self._found.setdefault((key, left.rows.tobytes()), left)


def decide(player: Player, account: Account, moment: Moment, selections: Selections) -> Decision:
    """The signals of one portfolio on one capture. Where it may not enter, it makes its exits."""
    config, capture = player.config, moment.capture
    selection = selections.of(player, moment)
    sales = exits(account, capture, config, closing=player.closing)
    at = Circumstances(player, account, moment)
    limits = Limits(at, after(sales, account))
    shut = limits.shut()
    if shut is not None:
        return Decision(player, named(sales, capture), selection, shut=shut)
    wishes = wished(player, moment, selection, tuple(account.positions.values()))
    entries = [signal for order in limits.entering(wishes) for signal in sized(order, at)]
    return Decision(player, named((*sales, *entries), capture), selection, len(wishes))


def wished(
    player: Player, moment: Moment, selection: Selection | None = None, held: tuple[Position, ...] = ()
) -> Sequence[Signal]:
    """What the strategy wishes to enter, strongest first, before any limit.

    Args:
        selection: its candidates, where they are known.
    """
    rows = (selection or Selections().of(player, moment)).rows
    view = View(moment.capture, rows, held, moment.history, moment.forecasts)
    return player.strategy.wishes(view, player.config)


def act(
    decision: Decision | None, account: Account, moment: Moment, books: Books | None, *, valued: bool = True
) -> Act:
    """Trade what was decided, and value what is left.

    Args:
        decision: None: there is nothing to trade.
        books: what is known of the order books; what has none here fills at the touch. None: all signals stay pending.
    """
    outcomes: tuple[Outcome, ...] = ()
    if decision is not None and books is None:
        outcomes = tuple(Outcome(signal, SignalStatus.PENDING) for signal in decision.signals)
    elif decision is not None and books is not None:
        outcomes, account = execute(decision, account, moment, books)
    if not valued:
        return Act(outcomes, account)
    account, snapshot = snapshots.valued(account, moment.capture, moment.told)
    if decision is not None:
        account = replace(account, track=account.equity_track.judged(decision.player.config.max_drawdown))
    return Act(outcomes, account, snapshot)


def named(signals: Iterable[Signal], capture: Capture) -> tuple[Signal, ...]:
    """The signals with what the venue calls their sides; a strategy need not care."""
    return tuple(replace(each, side_label=side_label(capture, each.market_id, each.action.side)) for each in signals)


def after(sales: Iterable[Signal], account: Account) -> list[Position]:
    """The positions that are left once the sales have filled."""
    sold = {(sale.market_id, sale.action.side) for sale in sales}
    return [position for holding, position in account.positions.items() if holding not in sold]


def execute(decision: Decision, account: Account, moment: Moment, books: Books) -> tuple[tuple[Outcome, ...], Account]:
    """What became of each signal, in order, and the account that is left.

    What the sales were to make room for is asked again once they have filled: one that did not fill made none. An entry
    that is rejected keeps its place.
    """
    player = decision.player
    conditions = Conditions(moment.capture, player.config, books)
    outcomes: list[Outcome] = []
    limits: Limits | None = None
    for order in orders.grouped(decision.signals):
        if not order[0].action.is_entry:
            filled = orders.leave(order, account, conditions)
        else:
            limits = limits or Limits(Circumstances(player, account, moment), tuple(account.positions.values()))
            filled = _entered(order, account, limits, conditions)
        for outcome in filled:
            account = account if outcome.trade is None else booked(account, outcome.trade)
        outcomes.extend(filled)
    return tuple(outcomes), account


def _entered(order: Sequence[Signal], account: Account, limits: Limits, on: Conditions) -> list[Outcome]:
    """What became of an order to buy, once the limits have been asked; what it spent is taken down with them."""
    refusal = limits.refusal(order)
    if refusal is not None:
        return orders.rejected(order, refusal)
    filled = orders.enter(order, limits.purse(order, account.balance), on)
    spent = sum((outcome.trade.cost_delta for outcome in filled if outcome.trade), money.ZERO)
    if spent:
        limits.spend(order, spent)
    return filled
