"""All figures of a history together: the edge cases, and what holds for every history there can be."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.books.settlement import Verdict, verdicts
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle.fills import OrderBook
from prescient_dagster.domain.figures.performance import History, Performance, TrackRecord, performance, track_record
from prescient_dagster.domain.figures.round_trips import FILLS, PricedTrade
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import quote
from prescient_dagster.domain.strategy.configs import StrategyConfig
from tests.builders import D, a_config
from tests.domain.test_conservation import BALANCES, CAPTURES, CONFIGS, QUICK, Portfolio, World
from tests.track_records import WON, a_buy, a_history, a_payment, a_sale, a_snapshot


def figures_of(*histories: History, **known: Verdict) -> dict[str, Any]:
    """The figures of these portfolios as one; how a market ended is written `_1`."""
    endings = {market.strip("_"): verdict for market, verdict in known.items()}
    return performance([track_record(history, endings) for history in histories]).figures()


def test_a_portfolio_that_has_done_nothing_yet_has_its_balance() -> None:
    figures = figures_of(a_history())
    assert (figures["valued_on"], figures["days"], figures["equity"]) == (None, 0, 1_000)
    told = {name for name, value in figures.items() if value is None}
    assert told >= {"turnover", "exposure", "synthetic_share", "win_rate", "profit_factor", "expectancy", "sharpe"}


def test_days_without_trades_are_a_flat_line() -> None:
    figures = figures_of(a_history([a_snapshot(0, 1_000), a_snapshot(1, 1_000)]))
    assert (figures["total_return"], figures["max_drawdown"], figures["turnover"], figures["exposure"]) == (0, 0, 0, 0)
    assert (figures["fills"], figures["synthetic_share"], figures["closed_positions"]) == (0, None, 0)


def test_a_round_trip_is_told_in_every_figure() -> None:
    """100 shares bought at .50 and sold at .60 a day later, of 1,000 USD."""
    history = a_history(
        [a_snapshot(0, 999, market_value=49, at_mid=49.5), a_snapshot(1, 1_010, trade_count=2)],
        [a_buy(100, 0.5, mid=0.495), a_sale(100, 0.6, released=50, mid=0.605, day=1, synthetic=False)],
    )
    figures = figures_of(history)
    assert figures["turnover"] == pytest.approx(0.054753608760577, rel=0, abs=1e-9)  # 55 / 1,004.5
    assert figures["exposure"] == pytest.approx(0.024524524524525, rel=0, abs=1e-9)  # 49 / 999, and 0 on the last day
    assert (figures["fills"], figures["synthetic_share"]) == (2, 0.5)
    assert (figures["equity"], figures["equity_at_mid"], figures["total_return"]) == (1_010, 1_010, 0.01)
    assert figures["profit"] == {"spread": -1, "fees": 0, "price_move": 11, "settlement": 0}


def test_what_is_held_stands_at_the_bid_and_at_the_middle() -> None:
    figures = figures_of(a_history([a_snapshot(0, 999, market_value=49, at_mid=49.5)], [a_buy(100, 0.5)]))
    assert (figures["equity"], figures["equity_at_mid"], figures["open_positions"]) == (999, 999.5, 1)
    assert (figures["realized_profit_loss"], figures["unrealized_profit_loss"]) == (0, -1)


def test_settlements_are_no_turnover() -> None:
    history = a_history([a_snapshot(0, 1_025)], [a_buy(125, 0.8), a_payment(125, 1, released=100)])
    figures = figures_of(history, _1=WON)
    assert figures["turnover"] == pytest.approx(0.048780487804878, rel=0, abs=1e-9)  # 50 / 1,025
    assert (figures["win_rate"], figures["profit_factor"], figures["calibration"]["hit_rate"]) == (1, None, 1)


def test_a_portfolio_in_debt_has_no_exposure() -> None:
    figures = figures_of(a_history([a_snapshot(0, -5), a_snapshot(1, -5)]))
    assert (figures["exposure"], figures["turnover"]) == (None, None)


def test_portfolios_together_pool_what_they_did() -> None:
    one = a_history([a_snapshot(0, 1_025)], [a_buy(125, 0.8), a_payment(125, 1, released=100)])
    two = a_history([a_snapshot(1, 450)], [a_buy(125, 0.4), a_payment(125, 0, released=50)], initial=500)
    figures = figures_of(one, two, _1=WON)
    assert (figures["initial_balance"], figures["equity"], figures["days"]) == (1_500, 1_475, 2)
    assert (figures["closed_positions"], figures["profit_factor"], figures["expectancy"]) == (2, 0.5, -12.5)
    assert (figures["calibration"]["entries"], figures["calibration"]["events"]) == (2, 1)
    assert figures["profit"]["settlement"] == -25


@dataclass
class Watched(Portfolio):
    """A portfolio of the random histories that keeps what its performance is counted from."""

    priced: list[PricedTrade] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    ended: dict[str, Verdict] = field(default_factory=dict)

    def cycle(self, capture: Capture, config: StrategyConfig, books: dict[str, OrderBook], **allowed: bool) -> Snapshot:
        snapshot = super().cycle(capture, config, books, **allowed)
        for trade in self.trades[len(self.priced) :]:
            quoted = quote(capture, trade.market_id, trade.side) if trade.kind in FILLS else None
            self.priced.append(PricedTrade(trade, quoted and quoted.mid))
        self.ended |= verdicts(capture.markets)
        self.snapshots.append(snapshot)
        return snapshot

    def record(self) -> TrackRecord:
        history = History("one", "random", self.account.initial_balance, self.snapshots, self.priced)
        return track_record(history, self.ended)


def agree(found: Performance, portfolios: list[Watched]) -> None:
    """The figures are JSON, and their money is that of the books to the last digit."""
    json.dumps(found.figures(), allow_nan=False, default=float)
    equity = sum((each.snapshots[-1].equity for each in portfolios), D(0))
    initial = sum((each.account.initial_balance for each in portfolios), D(0))
    balances = found.balances
    assert (balances.equity, balances.total_profit_loss) == (equity, equity - initial)
    assert balances.realized_profit_loss + balances.unrealized_profit_loss == equity - initial
    assert balances.realized_profit_loss == sum(each.account.realized_profit_loss for each in portfolios)
    assert found.profit.total == equity - initial
    assert found.activity.fees_paid == -found.profit.fees == sum(each.account.fees_paid for each in portfolios)
    slots = [{position.slot for position in each.account.positions.values()} for each in portfolios]
    assert found.activity.open_positions == sum(len(each) for each in slots)


def watch(seed: int, configs: list[dict[str, Any]], balance: int) -> list[Watched]:
    """Portfolios that trade on the same random captures; after each, their figures agree with their books."""
    world, portfolios = World(Random(seed)), [Watched(opened(D(balance))) for _ in configs]
    for number in range(CAPTURES):
        capture = world.capture(number)
        books = world.books(capture)
        for portfolio, config in zip(portfolios, configs, strict=True):
            portfolio.settle(capture)
            portfolio.cycle(capture, a_config(StrategyConfig, **config), books, closing=number > CAPTURES - 3)
            agree(performance([portfolio.record()]), [portfolio])
    return portfolios


@settings(max_examples=15, **QUICK)
@given(seed=st.integers(0, 2**32), configs=st.lists(CONFIGS, min_size=2, max_size=2), balance=BALANCES)
def test_the_figures_of_every_history_agree_with_its_books(
    seed: int, configs: list[dict[str, Any]], balance: int
) -> None:
    portfolios = watch(seed, configs, balance)
    agree(performance([each.record() for each in portfolios]), portfolios)


def test_random_histories_have_closed_bundles_voids_and_entries_that_resolved() -> None:
    """The property test proves nothing about what never happens in it."""
    config = {"trade_amount": 50, "max_positions": 6, "profit_target": 0.05, "fill_model": "book"}
    records = [each.record() for seed in range(12) for each in watch(seed, [config], 1_000)]
    closed = [trip for record in records for trip in record.trips if trip.is_closed]
    assert any(trip.trades[0].trade.bundle for trip in closed)
    assert {str(priced.trade.kind) for trip in closed for priced in trip.trades} == {
        *("buy", "sell", "settlement", "refund")
    }
    assert len({entry.won for record in records for entry in record.entries}) == 2
    assert any(str(priced.trade.source_ref).endswith(":reversal") for trip in closed for priced in trip.trades)


def test_the_parts_of_a_profit_are_money_of_six_decimals() -> None:
    config = {"trade_amount": 333.333333, "max_positions": 6, "profit_target": 0.001, "fill_model": "book"}
    (portfolio,) = watch(1, [config], 10_000)
    profit = performance([portfolio.record()]).profit
    parts: list[Decimal] = [profit.spread, profit.fees, profit.price_move, profit.settlement]
    assert all(part == round(part, 6) for part in parts)
