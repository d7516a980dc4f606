"""What a portfolio is worth on a capture."""

from typing import Any

import pytest

from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.books.snapshots import MarkSource, marked, valued
from tests.builders import NO, NOON, YES, D, a_capture, a_closed_market, a_market, a_position, an_account


def the_mark(market: dict[str, Any], position: Position | None = None) -> tuple[object, object]:
    held = position or a_position()
    account, _ = valued(an_account(0, held), a_capture(market), {})
    (position,) = account.positions.values()
    return position.mark, position.mark_source


def test_a_share_is_worth_the_bid() -> None:
    assert the_mark(a_market(yes=0.80, bid=0.79)) == (D("0.79"), MarkSource.BID)


def test_a_no_share_is_worth_what_a_buyer_of_no_bids() -> None:
    assert the_mark(a_market(yes=0.80, ask=0.82), a_position(side=NO)) == (D("0.18"), MarkSource.BID)


def test_without_a_bid_a_share_is_worth_the_lower_of_last_price_and_mid() -> None:
    assert the_mark(a_market(yes=0.80, bid=None, last_price=0.70)) == (D("0.70"), MarkSource.NO_BID)
    assert the_mark(a_market(yes=0.80, bid=None, last_price=0.90)) == (D("0.80"), MarkSource.NO_BID)


@pytest.mark.parametrize("tick", [0.01, 0.001])
@pytest.mark.parametrize("listed", [0.0005, None])
def test_a_last_price_of_99_cents_is_no_mark_where_nobody_bids_and_someone_asks_a_tenth_of_a_cent(
    tick: float, listed: float | None
) -> None:
    market = a_market(yes=0.0005, yes_price=listed, bid=None, ask=0.001, last_price=0.99, tick_size=tick)
    mark, source = the_mark(market)
    # The middle of nobody's bid and the ask, half to even at the sixth decimal.
    assert (mark, source) == (D("0.0005"), MarkSource.NO_BID)


def test_a_market_that_is_closed_and_not_settled_is_worth_the_venues_price_and_not_its_stale_bid() -> None:
    assert the_mark(a_closed_market(yes=0.97, bid=0.10, status="proposed")) == (D("0.97"), MarkSource.PENDING)


def test_a_market_that_is_not_listed_keeps_its_last_known_mark() -> None:
    gone = a_position("2", mark=D("0.61"), mark_source=MarkSource.BID)
    assert the_mark(a_market("1"), gone) == (D("0.61"), MarkSource.STALE)


def test_what_never_had_a_mark_is_worth_what_it_cost() -> None:
    assert the_mark(a_market("1"), a_position("2", shares=125, cost=100)) == (D("0.80"), MarkSource.STALE)


def test_a_market_without_any_price_keeps_its_last_known_mark() -> None:
    blank = a_market(yes=0.5, yes_price=None, bid=None, ask=None, last_price=None)
    position = marked(a_position(mark=D("0.4"), mark_source=MarkSource.BID), None, NOON)
    assert the_mark(blank, position) == (D("0.4"), MarkSource.STALE)


def test_the_worked_example_125_shares_at_80_cents_gain_10_usd_when_the_bid_is_88() -> None:
    capture = a_capture(a_market(yes=0.89, bid=0.88))
    _, snapshot = valued(an_account(9_900, a_position(shares=125, cost=100)), capture, {})
    assert snapshot.market_value == 110
    assert snapshot.unrealized_profit_loss == snapshot.total_profit_loss == 10
    assert snapshot.equity == 10_010


def test_bought_with_a_fee_at_50_cents_the_bid_of_49_loses_4_3902_before_the_exits_fee() -> None:
    capture = a_capture(a_market(yes=0.50, bid=0.49))
    _, snapshot = valued(an_account(9_900, a_position(shares=195.12, cost=99.999)), capture, {})
    assert snapshot.unrealized_profit_loss == D("-4.3902")


def test_beside_the_value_at_the_bid_stands_the_value_at_the_listed_price() -> None:
    capture = a_capture(a_market(yes=0.80, bid=0.79))
    _, snapshot = valued(an_account(0, a_position(shares=100, cost=80)), capture, {})
    assert (snapshot.market_value, snapshot.market_value_at_mid) == (D(79), D(80))


def test_a_snapshot_adds_up() -> None:
    capture = a_capture(a_market("1", yes=0.80), a_market("2", yes=0.30))
    held = a_position("1", YES, 125, 100), a_position("2", NO, 50, 36.5)
    _, snapshot = valued(an_account(500, *held), capture, {})
    assert (snapshot.balance, snapshot.positions, snapshot.total_invested) == (D(500), 2, D("136.5"))
    assert snapshot.equity == snapshot.balance + snapshot.market_value
    assert snapshot.total_profit_loss == snapshot.realized_profit_loss + snapshot.unrealized_profit_loss
