"""Sizes of orders: by the equity of the last snapshot and the cost of a share, of a bundle as a whole."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from prescient_dagster.domain.books.equity_track import begun
from prescient_dagster.domain.books.ledger import Account
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.past.explanation import explain
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.signals import RejectReason, Signal
from tests.builders import (
    NO,
    YES,
    D,
    a_bundle,
    a_capture,
    a_market,
    a_strategy,
    a_wish,
    an_account,
    decided,
    execute,
    refused,
)
from tests.domain.strategy.test_sizing import Informed

CAPTURE = a_capture(
    a_market("1", 0.5, bid=0.49, ask=0.50),
    a_market("2", 0.5, bid=0.49, ask=0.50, fee_rate=0.04),
    a_market("3", 0.5, bid=0.49, ask=None),
)


def sizes(*wishes: Signal, account: Account | None = None, **settings: Any) -> dict[str, tuple[Decimal, str]]:
    """What a portfolio of 10,000 USD wishes to spend in each market, and the reason."""
    config = validated(Informed, {"fill_model": "touch"} | settings)
    signals = decided(a_strategy(*wishes, config=Informed), CAPTURE, account or an_account(), config).signals
    return {signal.market_id: (signal.amount, signal.reason) for signal in signals}


def sure(market_id: str, probability: str = "0.60", **fields: Any) -> Signal:
    return a_wish(market_id, probability=D(probability), **fields)


def test_kelly_counts_the_fee_of_each_market() -> None:
    assert sizes(sure("1"), sure("2"), sure("3"), sizing="kelly", kelly_fraction=1) == {
        "1": (D(2000), "it will; sized by kelly: 1 × (0.6 - 0.5) / (1 - 0.5) of 10000 USD is 2000"),
        "2": (D("1836.734694"), "it will; sized by kelly: 1 × (0.6 - 0.51) / (1 - 0.51) of 10000 USD is 1836.734694"),
        "3": (D(0), "it will; sized by kelly: there is no probability or no offer, nothing to spend"),
    }


def test_the_probability_is_that_of_the_side_which_is_bought() -> None:
    (amount, _) = sizes(sure("1", side=NO), sizing="kelly", kelly_fraction=1)["1"]
    assert amount == D("1836.734694")  # the NO side is asked at 1 - 0.49


def test_under_the_fill_model_mid_a_share_costs_its_listed_price() -> None:
    (amount, _) = sizes(sure("2", target_price=D("0.50")), sizing="kelly", kelly_fraction=1, fill_model="mid")["2"]
    assert amount == D(2000)


def test_what_has_no_edge_is_refused_as_too_small() -> None:
    config = validated(Informed, {"fill_model": "touch", "sizing": "kelly"})
    signals = decided(a_strategy(sure("1", "0.50"), config=Informed), CAPTURE, an_account(), config).signals
    (outcome,), _ = execute(signals, an_account(), CAPTURE, config, {})
    assert refused(outcome) == RejectReason.BELOW_MINIMUM


def test_equity_is_that_of_the_last_snapshot_whatever_was_booked_since() -> None:
    account = replace(an_account(9_000), track=begun(D(20_000)))
    assert sizes(sure("1"), account=account, sizing="equity", trade_fraction=0.01)["1"][0] == D(200)
    assert sizes(sure("1"), account=an_account(9_000), sizing="equity", trade_fraction=0.01)["1"][0] == D(90)


def test_a_bundle_is_sized_as_a_whole_and_its_shares_with_it() -> None:
    legs = a_bundle(("1", YES), ("2", NO), shares=D("148.51"))
    config = validated(Informed, {"sizing": "equity", "trade_fraction": 0.03})
    signals = decided(a_strategy(*legs, config=Informed), CAPTURE, an_account(), config).signals
    assert [(signal.amount, signal.shares) for signal in signals] == [(D(300), D("297.02"))] * 2


def test_a_fixed_size_leaves_the_wish_as_it_is() -> None:
    assert sizes(sure("1"), a_wish("2", amount=33)) == {"1": (D(100), "it will"), "2": (D(33), "it will")}


def test_an_explanation_shows_the_rule_and_the_numbers_that_the_cycle_used() -> None:
    config = validated(Informed, {"sizing": "kelly", "kelly_fraction": 1})
    player = Player(a_strategy(sure("2"), config=Informed), config, D(10_000))
    told = explain(Circumstances(player, an_account(), Moment(CAPTURE)), "2")
    (step,) = (step for step in told.steps if step.rule == "sizing")
    assert (step.threshold, step.value, step.passed) == ("kelly", D("1836.734694"), True)
    assert step.note == "kelly: 1 × (0.6 - 0.51) / (1 - 0.51) of 10000 USD is 1836.734694"
    assert told.wish == decided(player.strategy, CAPTURE, an_account(), config).signals
