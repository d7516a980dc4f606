"""Arbitrage: which events are judged, which sets are bought, and what they earn."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.signals import RejectReason, Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.arbitrage import STRATEGY, ArbitrageConfig
from tests.builders import NO, NOON, YES, D, a_book, a_capture, a_config, a_market, decided, execute, later
from tests.recordings import events_listing, recorded_captures

NO_FILTERS = dict.fromkeys(["event_min_liquidity", "event_min_volume", "market_min_liquidity", "market_min_volume"])
LENIENT = {"min_profit_margin": 0.003}


def a_race(*asks: float, **columns: Any) -> list[dict[str, Any]]:
    """A complete negRisk event whose outcomes are asked at these prices, numbered from 1."""
    shared = {"event_id": "race", "neg_risk": True, "event_market_count": len(asks), "event_volume": 2_000_000}
    return [
        a_market(f"{number}", round(ask - 0.005, 6), **(shared | {"bid": round(ask - 0.01, 6), "ask": ask} | columns))
        for number, ask in enumerate(asks, start=1)
    ]


def candidates(capture: Capture, **settings: Any) -> tuple[list[str], dict[str, int]]:
    """The ids of the candidates, and the funnel."""
    selection: Selection = STRATEGY.select(capture, a_config(ArbitrageConfig, **settings))
    return [capture.texts["market_id"][row] for row in selection.rows], dict(selection.funnel)


def wishes(capture: Capture, **settings: Any) -> list[Signal]:
    config = a_config(ArbitrageConfig, **settings)
    return list(STRATEGY.decide(View(capture, STRATEGY.select(capture, config).rows), config))


def traded(capture: Capture, balance: float = 10_000, **settings: Any) -> tuple[list[Outcome], Account]:
    config, account = a_config(ArbitrageConfig, **settings), opened(D(balance))
    return execute(decided(STRATEGY, capture, account, config).signals, account, capture, config, {})


# The recordings


@pytest.fixture(scope="module")
def recordings(shared_data: Path) -> dict[str, Capture]:
    """Every recorded list of events, by the name of its file."""
    captures = dict(enumerate(recorded_captures(shared_data / "events")))
    files = [*shared_data.glob("resolved/events-*.json"), *shared_data.glob("augmented/events-*.json")]
    listings = {file.name: events_listing(file.read_bytes(), NOON) for file in files}
    others = {name: Capture(1, each.captured_at, each.events, each.markets) for name, each in listings.items()}
    return {f"events {number}": capture for number, capture in captures.items()} | others


def test_the_defaults_find_nothing_in_any_recording(recordings: dict[str, Capture]) -> None:
    assert len(recordings) == 5
    assert not any(wishes(capture) for capture in recordings.values())


def test_a_margin_of_three_tenths_of_a_percent_finds_the_one_set_there_was(recordings: dict[str, Capture]) -> None:
    found = {name: wishes(capture, **LENIENT) for name, capture in recordings.items()}
    legs = found.pop("events 0")
    assert not any(found.values())
    assert len(legs) == 9
    assert {leg.bundle for leg in legs} == {"yes_set:9:16085:20250611T022800000000"}
    assert {(leg.action.side, leg.shares, leg.amount, leg.confidence) for leg in legs} == {
        (YES, D("150.45"), 150, D("0.003009"))
    }


def test_without_filters_and_with_nested_pairs_there_is_still_no_other(recordings: dict[str, Capture]) -> None:
    settings = NO_FILTERS | {"min_profit_margin": 0.0, "include_nested": True}
    assert {leg.bundle for capture in recordings.values() for leg in wishes(capture, **settings)} == {
        "yes_set:9:16085:20250611T022800000000"
    }


def test_the_recorded_set_costs_and_earns_what_was_worked_out(recordings: dict[str, Capture]) -> None:
    outcomes, account = traded(recordings["events 0"], **LENIENT)
    assert {outcome.trade.shares for outcome in outcomes if outcome.trade} == {D("150.45")}
    assert account.total_invested == D("149.99865")
    assert D("150.45") - account.total_invested == D("0.45135")


# Which events are judged


def test_a_filter_never_removes_a_single_leg() -> None:
    thin = [leg | {"liquidity": 10} for leg in a_race(0.50, 0.30, 0.10)[2:]]
    capture = a_capture(*a_race(0.50, 0.30, 0.10)[:2], *thin)
    assert candidates(capture)[0] == ["1", "2", "3"]
    assert [leg.market_id for leg in wishes(capture)] == ["1", "2", "3"]


def test_a_leg_that_a_filter_would_hide_still_counts_against_the_set() -> None:
    thin = a_race(0.50, 0.30, 0.25)[2] | {"liquidity": 10}
    assert not wishes(a_capture(*a_race(0.50, 0.30, 0.25)[:2], thin))


def test_an_event_of_which_fewer_than_two_markets_pass_is_not_judged() -> None:
    thin = [leg | {"liquidity": 10} for leg in a_race(0.50, 0.30, 0.10)[1:]]
    ids, funnel = candidates(a_capture(a_race(0.50, 0.30, 0.10)[0], *thin))
    assert ids == []
    assert funnel["market_min_liquidity"] == 3


def test_the_two_markets_have_to_pass_every_filter() -> None:
    first, second, third = a_race(0.50, 0.30, 0.10)
    mixed = [first, second | {"liquidity": 10}, third | {"volume": 10}]
    assert candidates(a_capture(*mixed))[0] == []


def test_an_event_that_fails_its_filters_is_not_judged() -> None:
    ids, funnel = candidates(a_capture(*a_race(0.50, 0.30, event_liquidity=499_999)))
    assert (ids, funnel["event_min_liquidity"]) == ([], 2)


def test_the_funnel_accounts_for_every_market() -> None:
    capture = a_capture(*a_race(0.5, 0.3), a_market("8"), a_market("9", tradable=False))
    ids, funnel = candidates(capture)
    assert funnel == {
        "tradable": 1,
        "at_least_two_in_event": 1,
        "event_min_liquidity": 0,
        "event_min_volume": 0,
        "market_min_liquidity": 0,
        "market_min_volume": 0,
        "exclude_unsettled": 0,
    }
    assert len(ids) + sum(funnel.values()) == 4


# What is wished for


def test_a_set_that_costs_092_is_bought_whole() -> None:
    legs = wishes(a_capture(*a_race(0.50, 0.30, 0.12)))
    assert [(leg.market_id, leg.action.side, leg.shares) for leg in legs] == [
        ("1", YES, D("163.04")),
        ("2", YES, D("163.04")),
        ("3", YES, D("163.04")),
    ]
    assert {leg.confidence for leg in legs} == {D("0.086957")}
    assert {leg.bundle for leg in legs} == {"yes_set:3:race:20260301T120000000000"}


def test_a_no_set_of_exclusive_outcomes_is_bought() -> None:
    shared = {"event_id": "race", "neg_risk": True, "neg_risk_augmented": True, "event_volume": 2_000_000}
    bids = {"1": 0.45, "2": 0.40, "3": 0.35}
    markets = [a_market(name, bid + 0.01, bid=bid, ask=bid + 0.02, **shared) for name, bid in bids.items()]
    legs = wishes(a_capture(*markets))
    assert [(leg.action.side, leg.shares) for leg in legs] == [(NO, D("83.33"))] * 3
    assert legs[0].confidence == D("0.111111")
    assert legs[0].bundle == "no_set:3:race:20260301T120000000000"


def test_a_set_ranks_with_its_smallest_leg() -> None:
    first, second = a_race(0.50, 0.30)
    legs = wishes(a_capture(first, second | {"liquidity": 150_000.5}))
    assert {leg.liquidity for leg in legs} == {D("150000.5")}


def test_the_least_margin_is_inclusive_to_the_last_digit() -> None:
    capture = a_capture(*a_race(0.50, 0.30))
    assert wishes(capture, min_profit_margin=0.25)
    assert not wishes(capture, min_profit_margin=0.2500000001)


def test_a_set_that_only_breaks_even_is_not_bought() -> None:
    assert not wishes(a_capture(*a_race(0.60, 0.40)), min_profit_margin=0.0)


def test_the_reason_tells_payout_cost_margin_and_time() -> None:
    legs = wishes(a_capture(*a_race(0.50, 0.30, 0.12, event_end_date=NOON + timedelta(days=73))))
    assert {leg.reason for leg in legs} == {
        "YES set of 3: pays at least 1 for 0.92 with fees, margin 8.6957%, 73.0 days to the end, 43.48% a year"
    }


@pytest.mark.parametrize(("end", "told"), [(None, "no end date"), (NOON, "past its end date")])
def test_the_reason_says_where_there_is_no_time_to_count(end: Any, told: str) -> None:
    assert wishes(a_capture(*a_race(0.50, 0.30, event_end_date=end)))[0].reason.endswith(told)


def a_nest() -> list[dict[str, Any]]:
    shared = {"event_id": "rain", "event_volume": 2_000_000, "event_market_count": 2}
    return [
        a_market("1", 0.50, question="Will it rain by June 30, 2026?", **shared),
        a_market("2", 0.40, question="Will it rain by July 31, 2026?", **shared),
    ]


def test_nested_pairs_are_off_by_default() -> None:
    assert not wishes(a_capture(*a_nest()))


def test_a_nested_pair_shows_its_worst_case() -> None:
    wider, narrower = wishes(a_capture(*a_nest()), include_nested=True)
    assert [(leg.market_id, leg.action.side) for leg in (wider, narrower)] == [("2", YES), ("1", NO)]
    assert wider.bundle == narrower.bundle == "nested:2:2-1:20260301T120000000000"
    assert wider.reason.endswith("a void can pay as little as 0.5, a loss of 45.7%")


# What becomes of it


def test_whichever_leg_wins_the_profit_is_at_least_the_margin() -> None:
    outcomes, account = traded(a_capture(*a_race(0.50, 0.30, 0.12, fee_rate=0.04)))
    assert {outcome.signal.confidence for outcome in outcomes} == {D("0.060868")}
    assert {position.shares for position in account.positions.values()} == {D("159.13")}
    assert account.total_invested == D("149.99976")
    assert 159.13 / 149.99976 - 1 >= 0.060868


REFUSALS = {
    "one leg short of depth": (("900@.50", "900@.30", "4@.12"), RejectReason.BUNDLE_INCOMPLETE),
    "asks in the book that leave no margin": (("900@.525", "900@.315", "900@.126"), RejectReason.MARGIN_GONE),
}


@pytest.mark.parametrize(("asks", "reason"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_set_trades_nothing_with(asks: Sequence[str], reason: RejectReason) -> None:
    capture = a_capture(*a_race(0.50, 0.30, 0.12))
    config, account = a_config(ArbitrageConfig, fill_model="book"), opened(D(10_000))
    signals = decided(STRATEGY, capture, account, config).signals
    books = [a_book(f"{leg}-yes", asks=offers) for leg, offers in enumerate(asks, start=1)]
    outcomes, left = execute(signals, account, capture, config, {book.token_id: book for book in books})
    assert {outcome.reject_reason for outcome in outcomes} == {reason}
    assert left == account


def test_a_set_that_is_held_is_not_bought_again() -> None:
    _, account = traded(a_capture(*a_race(0.50, 0.30)))
    again = a_capture(*a_race(0.50, 0.30), **later(2, minutes=5))
    assert decided(STRATEGY, again, account, a_config(ArbitrageConfig)).signals == ()


def test_of_two_sets_that_share_a_leg_the_better_one_is_bought() -> None:
    months = ("June 30", "July 31", "August 31")
    nest = [
        a_market(f"{place}", yes, question=f"Rain by {month}, 2026?", event_id="rain", event_volume=2_000_000)
        for place, (month, yes) in enumerate(zip(months, (0.60, 0.50, 0.40), strict=True), start=1)
    ]
    outcomes, _ = traded(a_capture(*nest), include_nested=True)
    assert [outcome.signal.market_id for outcome in outcomes] == ["1", "3"]


# Its settings


@pytest.mark.parametrize("amount", [1.0, 1.99])
def test_less_than_two_dollars_can_buy_no_set(amount: float) -> None:
    with pytest.raises(InvalidConfig, match=rf"trade_amount {amount:g} is less than 2"):
        a_config(ArbitrageConfig, trade_amount=amount)


@pytest.mark.parametrize("setting", ["min_confidence", "market_min_conviction", "market_max_conviction"])
def test_what_one_sided_strategies_are_told_is_unknown_here(setting: str) -> None:
    with pytest.raises(InvalidConfig, match=f'unknown setting "{setting}"'):
        a_config(ArbitrageConfig, **{setting: 0.5})
