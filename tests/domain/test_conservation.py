"""The books under random histories: nothing is lost, nothing is made, everything can be rebuilt.

A history is a row of captures with random prices, depths, fees and order books, on which a portfolio with a random
config acts; markets close, win, lose, are void, are corrected. It is played from a seed, so that every step of the
books meets every other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Account, Trade, TradeKind, opened, rebuilt
from prescient_dagster.domain.books.settlement import settled, verdicts
from prescient_dagster.domain.books.snapshots import Snapshot, valued
from prescient_dagster.domain.cycle.bundles import BundleId, BundleKind, bundle_id
from prescient_dagster.domain.cycle.fills import Level, OrderBook
from prescient_dagster.domain.cycle.order_books import Book, Books, NoBook
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import Quote, quote
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.signals import RejectReason, Signal, SignalStatus
from prescient_dagster.domain.strategy.strategies import Strategy, View
from tests.builders import NO, NOON, YES, D, a_capture, a_closed_market, a_config, a_market, a_wish, decided, execute

WITHOUT_A_BOOK = (RejectReason.NO_BOOK, RejectReason.BOOK_UNUSABLE, RejectReason.VENUE_UNAVAILABLE)
MARKETS = [str(number) for number in range(1, 9)]


def wished(view: View, config: StrategyConfig) -> list[Signal]:
    """Random wishes, the same for the same capture: single ones of either side, and bundles of markets next door."""
    dice = Random(view.capture.capture_id)
    markets = [view.capture.texts["market_id"][row] for row in view.rows]
    pairs = [pair for pair in zip(markets[::2], markets[1::2], strict=False) if dice.random() < 0.6]
    bundles = [leg for pair in pairs for leg in _bundled(pair, view.capture, config.trade_amount, dice)]
    chosen = [market for market in markets if dice.random() < 0.6]
    return bundles + [_single(market, config.trade_amount, dice) for market in chosen]


def _single(market: str, amount: float, dice: Random) -> Signal:
    return a_wish(market, dice.choice((YES, NO)), amount, confidence=D(dice.randint(1, 3)))


def _bundled(pair: Sequence[str], capture: Capture, amount: float, dice: Random) -> Iterator[Signal]:
    kind, confidence = dice.choice(list(BundleKind)), D(dice.randint(1, 3))
    bundle = bundle_id(kind, len(pair), "+".join(pair), capture.captured_at)
    for market in pair:
        yield a_wish(market, NO if kind is BundleKind.NO_SET else YES, amount, bundle=bundle, confidence=confidence)


STRATEGY: Strategy[Any] = Strategy("random", "Random", "Wishes at random.", StrategyConfig, wished)


@dataclass
class World:
    """A venue of eight markets that trade for a while, close, and end; some endings are corrected."""

    dice: Random
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)

    def capture(self, number: int) -> Capture:
        rows = [self._row(market) for market in MARKETS if self.dice.random() < 0.95]
        return a_capture(*rows, at=NOON + number * timedelta(hours=7), capture_id=number + 1)

    def _row(self, market: str) -> dict[str, Any]:
        if market in self.ended or self.dice.random() < 0.1:
            if market not in self.ended or self.dice.random() < 0.5:
                self.ended[market] = self._ending(market)
            return self.ended[market]
        price = self.dice.randint(20, 980) / 1000
        return a_market(
            market,
            yes=price,
            bid=self._mostly(round(price - self.dice.choice((0.001, 0.01)), 3), None),
            ask=self._mostly(round(price + self.dice.choice((0.001, 0.01)), 3), None),
            event_id=f"event-{int(market) // 4}",
            liquidity=self._mostly(self.dice.choice((1e6, 3_000)), self.dice.choice((90, 0, None))),
            fee_rate=self._mostly(self.dice.choice((0, 0.04, 0.0733)), None),
            fee_exponent=self.dice.choice((1, 2)),
            min_order_size=self.dice.choice((0, 5)),
            tradable=self._mostly(True, False),
        )

    def _mostly(self, usual: Any, seldom: Any) -> Any:
        return usual if self.dice.random() < 0.93 else seldom

    def _ending(self, market: str) -> dict[str, Any]:
        yes, status = self.dice.choice(
            ((1, "resolved"), (0, "resolved"), (0.5, "resolved"), (0.5, ""), (1, "disputed"))
        )
        return a_closed_market(market, yes=yes, status=status)

    def books(self, capture: Capture) -> dict[str, Book]:
        """Books around the quotes; some are empty, far away, missing or not to be had, and none is in order."""
        tokens = [(market, side) for market in capture.row_of for side in (YES, NO) if self.dice.random() < 0.8]
        return {f"{market}-{side}": self._known(quote(capture, market, side)) for market, side in tokens}

    def _known(self, quoted: Quote | None) -> Book:
        missing = self.dice.random() < 0.15
        return NoBook(self.dice.choice(WITHOUT_A_BOOK)) if missing else self._book(quoted)

    def _book(self, quoted: Quote | None) -> OrderBook:
        assert quoted is not None
        middle = quoted.mid or D("0.5")
        return OrderBook(
            "", bids=self._levels(quoted.bid or middle, downwards=True), asks=self._levels(quoted.ask or middle)
        )

    def _levels(self, best: Decimal, *, downwards: bool = False) -> tuple[Level, ...]:
        away = [self._mostly(D(self.dice.randint(0, 30)) / 1000, D("0.3")) for _ in range(self.dice.randint(0, 5))]
        prices = [best - step if downwards else best + step for step in away]
        sizes = (0.004, 3, 41.237, 300, 5_000)
        return tuple(Level(price, D(self.dice.choice(sizes))) for price in prices if 0 < price < 1)


BALANCES = st.sampled_from([1, 50, 1_000, 10_000])
CONFIGS = st.fixed_dictionaries(
    {
        "trade_amount": st.sampled_from([1, 7.77, 100, 333.333333, 20_000]),
        "max_positions": st.integers(1, 6),
        "max_positions_per_event": st.sampled_from([None, 1, 2]),
        "profit_target": st.sampled_from([None, 0.001, 0.05]),
        "stop_loss": st.sampled_from([None, 0.02, 0.5]),
        "max_holding_days": st.sampled_from([None, 0.5, 2]),
        "reentry_hours": st.sampled_from([0, 24]),
        "fill_model": st.sampled_from(["book", "touch", "mid"]),
        "max_slippage": st.sampled_from([0, 0.05, 1]),
    }
)


@dataclass
class Portfolio:
    """The books of one portfolio as a store would keep them."""

    account: Account
    trades: list[Trade] = field(default_factory=list)
    refusals: set[tuple[bool, str | None]] = field(default_factory=set)

    def cycle(self, capture: Capture, config: StrategyConfig, books: Books, **allowed: bool) -> Snapshot:
        decision = decided(STRATEGY, capture, self.account, config, **allowed)
        assert decision.signals == decided(STRATEGY, capture, self.account, config, **allowed).signals
        outcomes, account = execute(decision.signals, self.account, capture, config, books)
        assert (outcomes, account) == execute(decision.signals, self.account, capture, config, books)
        self.check_orders(decision.signals, outcomes, account, config)
        self.trades += [outcome.trade for outcome in outcomes if outcome.trade is not None]
        self.refusals |= {(outcome.signal.action.is_entry, outcome.reject_reason) for outcome in outcomes}
        self.account, snapshot = valued(account, capture, {})
        return snapshot

    def check_orders(
        self, signals: Sequence[Signal], outcomes: Sequence[Any], account: Account, config: StrategyConfig
    ) -> None:
        assert [outcome.signal for outcome in outcomes] == list(signals)
        entries = [
            outcome.trade for outcome in outcomes if outcome.trade is not None and outcome.signal.action.is_entry
        ]
        assert all(trade.shares > 0 and trade.cash_delta < 0 for trade in entries)
        if entries:
            assert account.balance >= 0
            assert len({position.slot for position in account.positions.values()}) <= config.max_positions
        for outcome in outcomes:
            assert (
                (outcome.status is SignalStatus.REJECTED)
                == (outcome.reject_reason is not None)
                == (outcome.trade is None)
            )

    def settle(self, capture: Capture) -> None:
        found, at = verdicts(capture.markets), capture.captured_at
        self.account, made = settled(self.account, self.payments, found, at)
        self.trades += made
        refs = [trade.source_ref for trade in self.payments]
        assert len(set(refs)) == len(refs)
        assert settled(self.account, self.payments, found, at) == (self.account, [])

    @property
    def payments(self) -> list[Trade]:
        return [trade for trade in self.trades if (trade.source_ref or "").startswith("settle:")]

    def check(self, snapshot: Snapshot) -> None:
        """The invariants of the books after a cycle."""
        account = self.account
        assert all(position.shares > 0 and position.cost >= 0 for position in account.positions.values())
        assert account.balance == account.initial_balance + sum((trade.cash_delta for trade in self.trades), D(0))
        again = rebuilt(account.initial_balance, self.trades)
        assert (again.balance, again.realized_profit_loss) == (account.balance, account.realized_profit_loss)
        assert (again.fees_paid, again.trade_count) == (account.fees_paid, account.trade_count)
        assert again.stopped == account.stopped
        assert _books_of(again) == _books_of(account)
        assert snapshot.realized_profit_loss + snapshot.unrealized_profit_loss == snapshot.total_profit_loss
        assert snapshot.total_profit_loss == snapshot.equity - account.initial_balance
        assert snapshot.equity == snapshot.balance + snapshot.market_value
        self.check_bundles()

    def check_bundles(self) -> None:
        """Legs have equal shares; a leg is missing only once one has settled."""
        legs: dict[str, list[Decimal]] = {}
        for position in self.account.positions.values():
            if position.bundle is not None:
                legs.setdefault(position.bundle, []).append(position.shares)
        ended = {trade.bundle for trade in self.payments}
        for bundle, shares in legs.items():
            assert len(set(shares)) == 1
            assert len(shares) == BundleId.parse(bundle).legs or bundle in ended


def _books_of(account: Account) -> dict[Any, Any]:
    return {
        holding: (position.shares, position.cost, position.opened_at, position.bundle)
        for holding, position in account.positions.items()
    }


QUICK: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
CAPTURES = 10


def played(seed: int, configs: Sequence[dict[str, Any]], balance: int = 1_000) -> list[Portfolio]:
    """The portfolios of these configs, trading in turns on the same captures and books; closed at the last ones."""
    world, portfolios = World(Random(seed)), [Portfolio(opened(D(balance))) for _ in configs]
    for number in range(CAPTURES):
        capture = world.capture(number)
        books, allowed = world.books(capture), {"may_enter": number % 4 != 3, "closing": number > CAPTURES - 3}
        for portfolio, config in zip(portfolios, configs, strict=True):
            portfolio.settle(capture)
            portfolio.check(portfolio.cycle(capture, a_config(StrategyConfig, **config), books, **allowed))
    return portfolios


@settings(max_examples=20, **QUICK)
@given(seed=st.integers(0, 2**32), configs=st.lists(CONFIGS, min_size=3, max_size=3), balance=BALANCES)
def test_the_books_balance_through_every_history(seed: int, configs: list[dict[str, Any]], balance: int) -> None:
    for portfolio in played(seed, configs, balance):
        lowest = min(accumulate((trade.cash_delta for trade in portfolio.trades), initial=D(balance)))
        assert lowest >= 0 or any(is_reversal(trade) for trade in portfolio.trades)


@settings(max_examples=8, **QUICK)
@given(seed=st.integers(0, 2**32), mine=CONFIGS, other=CONFIGS)
def test_two_portfolios_cannot_touch_each_others_money(seed: int, mine: dict[str, Any], other: dict[str, Any]) -> None:
    (alone,), together = played(seed, [mine]), played(seed, [other, mine])
    assert together[1].trades == alone.trades
    assert together[1].account == alone.account


def test_random_histories_meet_every_way_a_position_can_end_and_every_refusal() -> None:
    """The property tests prove nothing about what never happens in them."""
    exits: list[dict[str, Any]] = [{}, {"profit_target": 0.05, "stop_loss": 0.5, "max_holding_days": 1}]
    sizes: list[dict[str, Any]] = [{"fill_model": model, "trade_amount": 50} for model in ("book", "touch", "mid")]
    sizes.append({"fill_model": "book", "trade_amount": 1.5})
    configs = [rules | size | {"max_positions": 2} for rules in exits for size in sizes]
    portfolios = [portfolio for seed in range(10) for portfolio in played(seed, configs, balance=90)]
    trades = [trade for portfolio in portfolios for trade in portfolio.trades]
    kinds = {"buy", "sell", "settlement", "refund"}
    assert {str(trade.kind) for trade in trades} == kinds
    assert {str(trade.kind) for trade in trades if trade.bundle} == kinds
    assert {trade.details["exit"] for trade in trades if trade.kind is TradeKind.SELL} == set(ExitRule) - {
        ExitRule.BY_HAND
    }
    assert any(is_reversal(trade) for trade in trades)
    never = {RejectReason.MARGIN_GONE, RejectReason.NOT_TRADABLE}  # of candidates, by a strategy without a margin
    never |= {reason for reason in RejectReason if reason.startswith("risk_")}  # test_risk.py meets them
    refusals = set().union(*(portfolio.refusals for portfolio in portfolios))
    assert {reason for is_entry, reason in refusals if is_entry and reason} == set(RejectReason) - never
    of_exits = {"bundle_incomplete", "slippage", "no_book"}
    assert {reason for is_entry, reason in refusals if not is_entry and reason} >= of_exits


def is_reversal(trade: Trade) -> bool:
    return (trade.source_ref or "").endswith(":reversal")
