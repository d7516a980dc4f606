"""The worked table of three recordings of Polymarket, traded in the domain alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.books.snapshots import Snapshot, valued
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import SignalStatus
from prescient_dagster.domain.strategy.strategies import Strategy
from strategy_assets import mean_reversion, momentum
from tests.builders import D, decided, execute
from tests.recordings import recorded_captures

AGGRESSIVE = {
    "event_min_liquidity": 100000,
    "event_min_volume": 200000,
    "market_min_conviction": 0.60,
    "market_max_conviction": 0.75,
    "min_confidence": 0.80,
    "max_positions": 5,
    "trade_amount": 500,
}


@pytest.fixture(scope="module")
def captures(shared_data: Path) -> Sequence[Capture]:
    return recorded_captures(shared_data / "events")


def traded(
    strategy: Strategy[Any], account: Account, capture: Capture, **settings: Any
) -> tuple[list[Any], Account, Snapshot]:
    config = validated(strategy.config, {"fill_model": "touch"} | settings)
    decision = decided(strategy, capture, account, config)
    outcomes, account = execute(decision.signals, account, capture, config, {})
    return outcomes, *valued(account, capture, {})


def bought(outcomes: list[Any]) -> list[tuple[str, str]]:
    return [(outcome.trade.market_id, str(outcome.trade.side)) for outcome in outcomes]


def test_every_recording_lists_100_events_and_343_markets(captures: Sequence[Capture]) -> None:
    assert [(len(capture.events), len(capture.markets)) for capture in captures] == [(100, 343)] * 3


def test_momentum_buys_507884_alone_on_the_first_recording(captures: Sequence[Capture]) -> None:
    outcomes, account, snapshot = traded(momentum.STRATEGY, opened(D(10_000)), captures[0])
    assert bought(outcomes) == [("507884", "yes")]
    assert outcomes[0].signal.confidence == D("0.325")
    assert outcomes[0].trade.shares == D("120.48")
    assert account.total_invested == D("99.9984")
    assert (snapshot.balance, snapshot.market_value, snapshot.equity) == (D("9900.0016"), D("98.7936"), D("9998.7952"))


def test_507884_stands_on_the_very_edge_of_the_band(captures: Sequence[Capture]) -> None:
    capture = captures[0]
    assert capture.columns["conviction"][capture.row_of["507884"]] == 0.65


def test_momentum_enters_nothing_on_the_second_recording(captures: Sequence[Capture]) -> None:
    _, account, _ = traded(momentum.STRATEGY, opened(D(10_000)), captures[0])
    outcomes, _, snapshot = traded(momentum.STRATEGY, account, captures[1])
    assert outcomes == []
    assert (snapshot.balance, snapshot.market_value, snapshot.equity) == (D("9900.0016"), D("79.5168"), D("9979.5184"))


def test_momentum_enters_four_markets_on_the_third_recording_and_not_the_one_it_holds(
    captures: Sequence[Capture],
) -> None:
    account = opened(D(10_000))
    for capture in captures[:2]:
        _, account, _ = traded(momentum.STRATEGY, account, capture)
    outcomes, _, snapshot = traded(momentum.STRATEGY, account, captures[2])
    assert bought(outcomes) == [("507868", "no"), ("514497", "no"), ("509096", "yes"), ("509095", "no")]
    assert snapshot.balance == D("9500.02251")
    assert snapshot.market_value == D("492.82566")
    assert snapshot.equity == D("9992.84817")


def test_on_the_third_recording_liquidity_breaks_the_tie_of_507884_and_507868(captures: Sequence[Capture]) -> None:
    config = validated(momentum.MomentumConfig)
    signals = decided(momentum.STRATEGY, captures[2], opened(D(10_000)), config).signals
    first, second = signals[:2]
    assert [first.market_id, second.market_id] == ["507884", "507868"]
    assert first.confidence == second.confidence == D("0.305")
    assert round(first.liquidity) == 1_012_660
    assert round(second.liquidity) == 929_319


def test_aggressive_momentum_takes_three_and_the_first_only_in_part(captures: Sequence[Capture]) -> None:
    outcomes, _, _ = traded(momentum.STRATEGY, opened(D(50_000)), captures[0], **AGGRESSIVE)
    assert [outcome.signal.market_id for outcome in outcomes] == ["516978", "507868", "507884"]
    first = outcomes[0]
    assert first.status is SignalStatus.PARTIALLY_EXECUTED
    assert (first.trade.shares, first.trade.cash_delta) == (D("314.63"), D("-273.7281"))
    assert first.signal.liquidity == D("13686.6345")


def test_mean_reversion_matches_11_then_15_then_14_markets(captures: Sequence[Capture]) -> None:
    config = validated(mean_reversion.MeanReversionConfig)
    matches = [decided(mean_reversion.STRATEGY, capture, opened(D(10_000)), config).matches for capture in captures]
    assert matches == [11, 15, 14]


def test_mean_reversion_takes_the_five_strongest_516728_first(captures: Sequence[Capture]) -> None:
    config = validated(mean_reversion.MeanReversionConfig)
    signals = decided(mean_reversion.STRATEGY, captures[0], opened(D(10_000)), config).signals
    assert len(signals) == 5
    assert signals[0].market_id == "516728"
    ranks = [(-signal.confidence, -signal.liquidity, signal.market_id) for signal in signals]
    assert ranks == sorted(ranks)
