"""Scalping: which dips are bought, and how a round trip ends."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.signals import RejectReason, Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.scalping import STRATEGY, ScalpingConfig
from tests.builders import NO, NOON, YES, D, a_capture, a_config, a_market, decided, execute
from tests.recordings import recorded_captures


def a_dip(market_id: str = "1", fell: float = 0.03, bid: float = 0.49, ask: float = 0.50, **columns: Any) -> Any:
    """A market whose YES side fell in the last hour, by default to an ask of 0.50."""
    change = {"price_change_1h": -fell}
    return a_market(market_id, round((bid + ask) / 2, 6), bid=bid, ask=ask, **(change | columns))


def wishes(*markets: Any, **settings: Any) -> list[Signal]:
    config, capture = a_config(ScalpingConfig, **settings), a_capture(*markets)
    rows = STRATEGY.select(capture, config).rows
    return list(STRATEGY.decide(View(capture, rows), config))


def traded(capture: Capture, account: Account, **settings: Any) -> tuple[list[Outcome], Account]:
    config = a_config(ScalpingConfig, **settings)
    return execute(decided(STRATEGY, capture, account, config).signals, account, capture, config, {})


def told(outcomes: Sequence[Outcome]) -> list[tuple[str, str, Any, Any]]:
    """Market, side, shares and cash of every trade."""
    trades = [outcome.trade for outcome in outcomes if outcome.trade is not None]
    return [(trade.market_id, str(trade.side), trade.shares, trade.cash_delta) for trade in trades]


ROUND_TRIPS = {
    0: [],
    1: [("516785", "no", D("125"), D("-50.00")), ("516792", "yes", D("128.53"), D("-49.99817"))],
    2: [("514497", "no", D("61.95"), D("-49.99365"))],
}


@pytest.mark.parametrize("place", ROUND_TRIPS)
def test_its_defaults_buy_what_was_worked_out_for_each_recording(shared_data: Path, place: int) -> None:
    capture = recorded_captures(shared_data / "events")[place]
    outcomes, _ = traded(capture, opened(D(10_000)))
    assert told(outcomes) == ROUND_TRIPS[place]


def test_yes_is_bought_where_it_fell() -> None:
    (wish,) = wishes(a_dip(fell=0.03))
    assert (wish.action.side, wish.amount, wish.confidence) == (YES, 50, D("0.03"))


def test_no_is_bought_where_yes_rose() -> None:
    (wish,) = wishes(a_dip(fell=-0.03))
    assert (wish.action.side, wish.confidence) == (NO, D("0.03"))


def test_the_reason_tells_the_dip_and_what_its_rebound_would_make() -> None:
    (wish,) = wishes(a_dip(fell=0.03))
    assert wish.reason == "fell by 0.03 in an hour, asked at 0.5: back at 0.52 it makes 4.0%"


def test_the_deepest_dip_comes_first() -> None:
    found = wishes(a_dip("1", fell=0.03), a_dip("2", fell=0.05), a_dip("3", fell=-0.04))
    assert [wish.market_id for wish in found] == ["2", "3", "1"]


def test_nothing_moved_is_no_dip() -> None:
    assert not wishes(a_dip(fell=0, bid=0.52), min_dip=0.0)
    assert not wishes(a_dip(fell=0.03, price_change_1h=None))


@pytest.mark.parametrize(("fell", "bought"), [(0.029, 0), (0.03, 1), (0.04, 1), (0.041, 0)])
def test_the_dip_is_within_its_bounds_both_included(fell: float, bought: int) -> None:
    assert len(wishes(a_dip(fell=fell), min_dip=0.03, max_dip=0.04)) == bought


@pytest.mark.parametrize(("fell", "bought"), [(0.019, 0), (0.02, 1)])
def test_the_rebound_must_pay_the_profit_target_over_the_ask(fell: float, bought: int) -> None:
    # Back at 0.49 + 0.02 = 0.51 is exactly 2 % over the ask of 0.50.
    assert len(wishes(a_dip(fell=fell))) == bought


def test_the_rebound_stops_short_of_certainty() -> None:
    near_certain = a_dip(fell=0.09, bid=0.98, ask=0.985)
    assert not wishes(near_certain, market_max_conviction=1.0, profit_target=0.02)
    assert wishes(near_certain, market_max_conviction=1.0, profit_target=0.014)


@pytest.mark.parametrize(("fell", "bought"), [(0.045, 0), (0.046, 1)])
def test_fees_of_both_ways_have_to_be_earned_too(fell: float, bought: int) -> None:
    # 4 % of p(1-p): the ask costs 0.51, so the rebound has to leave 0.5202; 0.536 less its fee leaves 0.52605.
    quotes = {"bid": 0.485, "ask": 0.50, "fee_rate": 0.04}
    assert len(wishes(a_dip(fell=fell, **quotes), stop_loss=0.20)) == bought


@pytest.mark.parametrize(("bid", "bought"), [(0.48, 0), (0.481, 1)])
def test_a_spread_that_would_hit_the_stop_at_once_is_not_entered(bid: float, bought: int) -> None:
    # 0.48 / 0.50 is a loss of exactly 4 %.
    assert len(wishes(a_dip(fell=0.09, bid=bid))) == bought


@pytest.mark.parametrize(("fee_rate", "bought"), [(0.0, 1), (0.04, 0)])
def test_fees_of_both_ways_count_against_the_stop(fee_rate: float, bought: int) -> None:
    # 0.49 / 0.50 is a loss of 2 %; with fees of about 0.01 on either side it is 5.9 %, with one of them 3.9 %.
    assert len(wishes(a_dip(fell=0.09, fee_rate=fee_rate))) == bought


def test_what_is_exactly_at_the_edge_is_judged_as_decimals_would() -> None:
    # In floats 0.41 + 0.031 is less than 0.42 × 1.05, and 0.336 more than 0.35 × 0.96.
    assert wishes(a_dip(fell=0.031, bid=0.41, ask=0.42), profit_target=0.05)
    assert not wishes(a_dip(fell=0.09, bid=0.336, ask=0.35))


def test_a_side_that_nobody_bids_for_or_offers_is_not_entered() -> None:
    assert not wishes(a_dip() | {"best_bid": None})
    assert not wishes(a_dip() | {"best_ask": None})


def test_an_unknown_fee_is_not_entered() -> None:
    assert not wishes(a_dip(fee_rate=None))


def test_min_confidence_is_a_least_dip() -> None:
    assert not wishes(a_dip(fell=0.03), min_confidence=0.04)


IMPOSSIBLE = {
    "no dip": ({"max_dip": 0.0}, "max_dip 0 allows no dip at all"),
    "crossed dips": ({"min_dip": 0.2}, "min_dip 0.2 is more than max_dip 0.1, the default"),
    "a confidence beyond any dip": (
        {"min_confidence": 0.3},
        "min_confidence 0.3 is more than max_dip 0.1, the default",
    ),
    "no target": ({"profit_target": None}, "profit_target unset"),
    "no stop": ({"stop_loss": None}, "stop_loss unset"),
}


@pytest.mark.parametrize(("settings", "told"), IMPOSSIBLE.values(), ids=list(IMPOSSIBLE))
def test_a_config_that_can_never_trade_says_why(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidConfig, match=f"can never trade: {told}"):
        a_config(ScalpingConfig, **settings)


class RoundTrip:
    """A portfolio that bought the dip at noon, 100 shares at 0.50."""

    def __init__(self) -> None:
        outcomes, self.account = traded(a_capture(a_dip()), opened(D(1_000)))
        assert told(outcomes) == [("1", "yes", D(100), D(-50))]

    def at(self, hours: float, market: Any) -> list[Outcome]:
        capture = a_capture(market, at=NOON + timedelta(hours=hours), capture_id=2 + int(hours))
        outcomes, self.account = traded(capture, self.account)
        return outcomes


@pytest.mark.parametrize(
    ("bid", "hours", "rule"),
    [(0.51, 1, "profit_target"), (0.48, 1, "stop_loss"), (0.50, 24, "max_holding_days")],
    ids=["at the target", "at the stop", "after a day"],
)
def test_a_round_trip_ends(bid: float, hours: float, rule: str) -> None:
    trip = RoundTrip()
    (sale,) = trip.at(hours, a_market("1", bid + 0.01))
    assert sale.signal.exit == rule
    assert told([sale]) == [("1", "yes", D(-100), D(100) * D(bid))]
    assert not trip.account.positions


@pytest.mark.parametrize("bid", [0.481, 0.509])
def test_between_stop_and_target_it_is_held(bid: float) -> None:
    trip = RoundTrip()
    assert trip.at(1, a_market("1", bid + 0.01, bid=bid)) == []


def test_after_a_stop_the_market_is_left_alone_for_its_time() -> None:
    trip = RoundTrip()
    assert trip.at(1, a_market("1", 0.48, bid=0.47))
    dip = a_dip(fell=0.05, bid=0.45, ask=0.46)
    assert trip.at(24.5, dip) == []
    (entry,) = trip.at(25, dip)
    assert entry.trade is not None


def test_after_a_profit_it_may_come_back_at_once() -> None:
    trip = RoundTrip()
    assert trip.at(1, a_market("1", 0.56))
    (entry,) = trip.at(1.5, a_dip())
    assert entry.trade is not None


def test_no_scalping_signal_is_refused_for_its_spread() -> None:
    outcomes, _ = traded(
        a_capture(*[a_dip(f"{cents}", bid=cents / 100, ask=0.50) for cents in range(40, 50)]), opened(D(9))
    )
    assert RejectReason.SPREAD_EXCEEDS_STOP not in {outcome.reject_reason for outcome in outcomes}
