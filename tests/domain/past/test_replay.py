"""A replay's steps: what is known when, what is settled by it, and what stays open."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from prescient_dagster.domain.books.answers import Answer
from prescient_dagster.domain.books.ledger import TradeKind, opened
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.engine import Decision, Selections
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past import replay
from prescient_dagster.domain.past.replay import Known, ReplayState
from tests.builders import NOON, D, a_capture, a_closed_market, a_config, a_market, a_strategy, a_trade, a_wish, later

YES, NO, VOID, PENDING = (Verdict(ending) for ending in (Ending.YES, Ending.NO, Ending.VOID, Ending.PENDING))
PLAYER = Player(a_strategy(a_wish("1")), a_config(max_positions=5), D(1_000))


def holding(*market_ids: str, balance: float = 1_000) -> ReplayState:
    """A portfolio that bought 125 shares of these for 100 USD each, at noon."""
    bought = [a_trade(market_id) for market_id in market_ids]
    return replay.given(replay.begun(D(balance)), bought)


def known(news: str = "", *, daily: bool = False, listing: Capture | None = None, **told: Verdict) -> Known:
    """What the venue said of markets, `m1` being market 1, and which of it is new."""
    by_id = {name.removeprefix("m"): Answer(verdict) for name, verdict in told.items()}
    at = NOON if listing is None else listing.captured_at
    return Known(at, by_id, frozenset(news), daily, listing)


def test_what_is_held_is_settled_once_the_venue_has_said_how_it_ended() -> None:
    state, entries = replay.settle(holding("1", "2"), known(m1=YES))
    assert [(entry.market_id, entry.cash_delta, entry.source_ref) for entry in entries] == [
        ("1", D(125), "settle:1:yes:1")
    ]
    assert state.held == {"2"}
    assert state.endings == {"1": YES}
    assert replay.settle(state, known(m1=YES))[1] == ()


def test_a_market_nobody_asked_for_is_settled_by_the_listing() -> None:
    listing = a_capture(a_closed_market("1", 0.0), a_market("2"))
    state, entries = replay.settle(holding("1", "2"), known(listing=listing))
    assert [(entry.market_id, entry.cash_delta) for entry in entries] == [("1", D(0))]
    assert state.endings == {"1": NO}


def test_what_the_venue_said_stands_against_the_listing() -> None:
    listing = a_capture(a_closed_market("1", 1.0))
    assert replay.settle(holding("1"), known(listing=listing, m1=PENDING))[1] == ()


def test_a_market_that_is_listed_as_open_again_is_not_paid_by_what_was_said_before() -> None:
    again = a_capture(a_market("1"))
    assert replay.settle(holding("1"), known(listing=again, m1=YES))[1] == ()
    assert len(replay.settle(holding("1"), known(news="1", listing=again, m1=YES))[1]) == 1  # said after the listing


def test_what_was_bought_after_it_was_said_how_it_ended_is_not_paid_by_that() -> None:
    before, after = (replace(YES, said_at=NOON + timedelta(hours=hours)) for hours in (-1, 1))
    listing = a_capture(a_market("2"), **later(2, hours=2))
    assert replay.settle(holding("1"), known(listing=listing, m1=before))[1] == ()
    assert len(replay.settle(holding("1"), known(listing=listing, m1=after))[1]) == 1


def test_a_corrected_resolution_is_taken_back_and_paid_anew_when_it_is_told() -> None:
    state, _ = replay.settle(holding("1"), known(m1=YES))
    state, entries = replay.settle(state, known(news="1", m1=NO))
    assert [entry.source_ref for entry in entries] == ["settle:1:yes:1:reversal", "settle:1:yes:2"]
    assert state.account.balance == D(900)
    assert state.endings == {"1": NO}


def test_a_correction_that_only_the_listing_tells_is_seen_at_the_first_capture_of_a_day() -> None:
    state, _ = replay.settle(holding("1"), known(listing=a_capture(a_closed_market("1", 1.0))))
    corrected = a_capture(a_closed_market("1", 0.0), **later(2, days=2))
    assert replay.settle(state, known(listing=corrected))[1] == ()
    assert len(replay.settle(state, known(listing=corrected, daily=True))[1]) == 2
    long_after = replace(corrected, captured_at=NOON + timedelta(days=300))
    assert len(replay.settle(state, known(listing=long_after, daily=True))[1]) == 2


def test_markets_that_are_left_out_are_not_settled() -> None:
    assert replay.settle(holding("1"), known(m1=YES), {"1"})[1] == ()


def test_how_a_sold_market_ended_is_seen_and_pays_nothing() -> None:
    state = replay.given(holding("1"), [a_trade("1", shares=-125, cash=110, kind=TradeKind.SELL, cost_delta=D(-100))])
    assert state.sold == {"1"}
    state, entries = replay.settle(state, known(m1=YES, daily=True))
    assert (entries, state.endings, state.sold) == ((), {"1": YES}, frozenset())


def decided(player: Player, previous: datetime | None = None) -> Decision:
    """What a player without positions wishes for in market 1."""
    capture = a_capture(a_market("1", ask=0.80))
    return engine.decide(player, opened(D(1_000)), Moment(capture, True, previous), Selections())


def test_a_step_decides_trades_and_values() -> None:
    moment = Moment(a_capture(a_market("1", ask=0.80)))
    act = engine.act(decided(PLAYER), opened(D(1_000)), moment, {})
    assert [outcome.trade.cash_delta for outcome in act.outcomes if outcome.trade] == [D(-100)]
    assert act.snapshot is not None
    assert act.snapshot.equity == D(900) + Decimal("98.75")
    assert replay.acted(replay.begun(D(1_000)), act).account == act.account


@pytest.mark.parametrize("status", [status for status in PortfolioStatus if status is not PortfolioStatus.ACTIVE])
def test_only_an_active_portfolio_enters(status: PortfolioStatus) -> None:
    assert decided(replace(PLAYER, status=status)).signals == ()


def test_what_has_left_the_listing_with_no_known_end_is_counted() -> None:
    moment = Moment(a_capture(a_market("2"), a_market("3")), True, None, {"4": Answer(PENDING)})
    held = holding("1", "2", "4")
    state = replay.acted(held, engine.act(None, held.account, moment, None))
    assert replay.unknown_ends(state, moment) == ["1", "4"]


def test_the_last_capture_tells_how_sold_markets_ended() -> None:
    sold = replace(holding(), sold=frozenset({"1", "2"}))
    found = replay.ended(sold, Moment(a_capture(a_closed_market("1", 0.0), a_market("2")), True, NOON))
    assert found.endings == {"1": NO}
    assert found.account == sold.account


def test_an_entry_waits_for_the_first_capture_of_the_period() -> None:
    player = replace(PLAYER, config=a_config(max_positions=5, trade_frequency="low"))
    assert len(decided(player, NOON - timedelta(days=1)).signals) == 1
    assert decided(player, NOON - timedelta(hours=1)).signals == ()
