"""Small builders for tests: say what matters, the rest is ordinary.

An ordinary market is open, tradable, one in its event, without fees, with a tick of 0.01 and room for any order.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd

from prescient_dagster.domain.books.ledger import Account, Position, Trade, TradeKind, opened
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle.bundles import BundleKind, bundle_id
from prescient_dagster.domain.cycle.engine import Decision, Selections, act, decide
from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Books
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import EVENT_COLUMNS, MARKET_COLUMNS, Capture, event_frame, market_frame
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy.configs import DirectionalConfig, StrategyConfig, TradeFrequency, validated
from prescient_dagster.domain.strategy.signals import Action, Signal, SignalStatus
from prescient_dagster.domain.strategy.strategies import Strategy, View

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
YES, NO = Side.YES, Side.NO
DERIVED = ("spread", "conviction")
"""Columns that the market table works out itself."""


def D(number: str | float) -> Decimal:  # noqa: N802
    """The decimal as written."""
    return Decimal(str(number))


def a_market(market_id: str = "1", yes: float = 0.80, **columns: Any) -> dict[str, Any]:
    """A market by its YES price: quoted one cent around it unless `bid` and `ask` (None: nobody) say otherwise."""
    bid, ask = columns.pop("bid", round(yes - 0.01, 6)), columns.pop("ask", round(yes + 0.01, 6))
    row: dict[str, Any] = {
        "market_id": market_id,
        "event_id": f"event-{market_id}",
        "event_title": "An event",
        "question": f"Will {market_id} happen?",
        "slug": f"will-{market_id}-happen",
        "condition_id": f"0x{market_id}",
        "yes_token_id": f"{market_id}-yes",
        "no_token_id": f"{market_id}-no",
        "yes_label": "Yes",
        "no_label": "No",
        "yes_price": yes,
        "no_price": round(1 - yes, 6),
        "best_bid": bid,
        "best_ask": ask,
        "last_price": yes,
        "liquidity": 1_000_000,
        "volume": 1_000_000,
        "volume_24hr": 100_000,
        "price_change_1h": 0,
        "price_change_24h": 0,
        "start_date": NOON - timedelta(days=30),
        "end_date": NOON + timedelta(days=10),
        "rules_hash": "rules",
        "tick_size": 0.001,
        "min_order_size": 0,
        "fee_rate": 0,
        "fee_exponent": 1,
        "neg_risk": False,
        "neg_risk_augmented": False,
        "exclusive_group": "",
        "quote_source": "listing",
        "tags": "",
        "category": "",
        "game_start_time": None,
        "untradable": "",
        "tradable": True,
        "closed": False,
        "resolution_status": "",
        "event_liquidity": 1_000_000,
        "event_volume": 1_000_000,
        "event_volume_24hr": 100_000,
        "event_end_date": NOON + timedelta(days=10),
        "event_market_count": 1,
    }
    assert columns.keys() <= row.keys(), f"no such columns: {columns.keys() - row.keys()}"
    return row | columns


def a_closed_market(market_id: str = "1", yes: float = 1.0, status: str = "resolved", **columns: Any) -> dict[str, Any]:
    """A market that trades no more, priced `yes`; its quotes are stale."""
    fields = {"closed": True, "tradable": False, "resolution_status": status, "bid": 0.5, "ask": 0.51}
    return a_market(market_id, yes, **(fields | columns))


def a_capture(*markets: Mapping[str, Any], at: datetime = NOON, capture_id: int = 1) -> Capture:
    """A capture of these markets; its event table is empty, nothing in the domain reads it."""
    names = [name for name in MARKET_COLUMNS if name not in DERIVED]
    frame = market_frame({name: [market[name] for market in markets] for name in names})
    return Capture(capture_id, at, no_events(), frame)


@cache
def no_events() -> pd.DataFrame:
    """An event table without rows; making one takes longer than all the rest of a small test."""
    return event_frame({name: [] for name in EVENT_COLUMNS})


def later(capture_id: int, **time: float) -> dict[str, Any]:
    """The stamp of a capture some time after noon, e.g. `a_capture(..., **later(2, hours=1))`."""
    return {"capture_id": capture_id, "at": NOON + timedelta(**time)}


def a_config(model: type[StrategyConfig] = DirectionalConfig, **settings: Any) -> StrategyConfig:
    """A config without filters that fills at the touch, as a user would have it validated."""
    return validated(model, {"fill_model": "touch"} | settings)


def an_account(balance: float | Decimal = 10_000, *positions: Position) -> Account:
    """An account with cash, and the positions as if they had been paid from more of it."""
    cash = D(balance) if not isinstance(balance, Decimal) else balance
    cost = sum((position.cost for position in positions), D(0))
    held = {position.holding: position for position in positions}
    return Account(initial_balance=cash + cost, balance=cash, positions=held)


def a_position(
    market_id: str = "1", side: Side = YES, shares: float = 125, cost: float = 100, **fields: Any
) -> Position:
    """A holding of 125 shares for 100 USD, bought at noon."""
    values: dict[str, Any] = {
        "event_id": f"event-{market_id}",
        "market_question": f"Will {market_id} happen?",
        "opened_at": NOON,
    }
    return Position(market_id, side, shares=D(shares), cost=D(cost), **(values | fields))


def a_wish(market_id: str = "1", side: Side = YES, amount: float = 100, **fields: Any) -> Signal:
    """A wish to buy for 100 USD."""
    values: dict[str, Any] = {
        "event_id": f"event-{market_id}",
        "action": Action.buy(side),
        "target_price": D("0.80"),
        "confidence": D("0.30"),
        "reason": "it will",
        "liquidity": D(1_000_000),
    }
    return Signal(market_id, amount=D(amount), **(values | fields))


def a_bundle(*legs: tuple[str, Side], kind: BundleKind = BundleKind.YES_SET, **fields: Any) -> list[Signal]:
    """A wish to buy these sides of these markets all together, for 150 USD."""
    bundle = bundle_id(kind, len(legs), "-".join(market_id for market_id, _ in legs), NOON)
    values: dict[str, Any] = {"amount": 150, "bundle": bundle} | fields
    return [a_wish(market_id, side, **values) for market_id, side in legs]


def a_trade(market_id: str = "1", side: Side = YES, shares: float = 125, cash: float = -100, **fields: Any) -> Trade:
    """A purchase of 125 shares for 100 USD, or what the fields make of it."""
    values: dict[str, Any] = {
        "timestamp": NOON,
        "kind": TradeKind.BUY,
        "market_question": f"Will {market_id} happen?",
        "event_id": f"event-{market_id}",
        "price": D("0.80"),
        "fee": D(0),
        "cost_delta": -D(cash),
        "synthetic": True,
    }
    return Trade(market_id=market_id, side=side, shares=D(shares), cash_delta=D(cash), **(values | fields))


def a_book(token_id: str = "1-yes", *, asks: str = "", bids: str = "") -> OrderBook:
    """An order book written as `"50@.80 100@.82"`, in any order."""
    return OrderBook(token_id, bids=_levels(bids), asks=_levels(asks))


def _levels(text: str) -> tuple[Level, ...]:
    pairs = (level.split("@") for level in text.split())
    return tuple(Level(price=D(price), shares=D(shares)) for shares, price in pairs)


def a_strategy(*wishes: Signal, config: type[StrategyConfig] = DirectionalConfig) -> Strategy[Any]:
    """A strategy that always wishes for the same, in the markets that are among its candidates."""

    def wished(view: View, config: StrategyConfig) -> list[Signal]:
        candidates = {view.capture.texts["market_id"][row] for row in view.rows}
        return [wish for wish in wishes if wish.market_id in candidates]

    return Strategy("fixed", "Fixed", "Wishes for the same at every capture.", config, wished)


def decided(
    strategy: Strategy[Any],
    capture: Capture,
    account: Account,
    config: StrategyConfig,
    *,
    may_enter: bool = True,
    closing: bool = False,
    history: PriceHistory | None = None,
) -> Decision:
    """What a portfolio wishes to do on a capture; where it may not enter, its `trade_frequency` forbids it."""
    status = PortfolioStatus.CLOSING if closing else PortfolioStatus.ACTIVE
    if not may_enter:
        config = config.model_copy(update={"trade_frequency": TradeFrequency.LOW})
    moment = Moment(capture, True, None if may_enter else capture.captured_at, history=history or PriceHistory())
    return decide(Player(strategy, config, account.initial_balance, status), account, moment, Selections())


def execute(
    signals: Iterable[Signal], account: Account, capture: Capture, config: StrategyConfig, books: Books
) -> tuple[list[Outcome], Account]:
    """What became of these signals, whoever made them, and the account that is left."""
    decision = Decision(Player(a_strategy(), config, account.initial_balance), tuple(signals))
    done = act(decision, account, Moment(capture), books, valued=False)
    return list(done.outcomes), done.account


def filled(
    wish: Signal, capture: Capture, account: Account | None = None, *books: OrderBook, **settings: Any
) -> tuple[Outcome, Account]:
    """What became of one signal, and the account that is left."""
    return filled_knowing({book.token_id: book for book in books}, wish, capture, account, **settings)


def filled_knowing(
    books: Books, wish: Signal, capture: Capture, account: Account | None = None, **settings: Any
) -> tuple[Outcome, Account]:
    """What became of one signal, where this is known of the order books."""
    account = opened(D(10_000)) if account is None else account
    outcomes, left = execute([wish], account, capture, a_config(**settings), books)
    return outcomes[0], left


def refused(outcome: Outcome) -> str | None:
    """Why a signal was refused; fails the test where it traded."""
    assert outcome.status is SignalStatus.REJECTED
    assert outcome.trade is None
    return outcome.reject_reason
