"""What a capture says of one side of a market."""

from typing import Any

from prescient_dagster.domain.market.quotes import Quote, quote, token_id
from prescient_dagster.domain.market.sides import Side
from tests.builders import NO, YES, D, a_capture, a_market


def quoted(side: Side = YES, **columns: Any) -> Quote:
    found = quote(a_capture(a_market("1", **columns)), "1", side)
    assert found is not None
    return found


def test_the_yes_side_has_the_listed_quotes() -> None:
    market = quoted(YES, yes=0.8, bid=0.79, ask=0.82)
    assert (market.listed_price, market.bid, market.ask) == (D("0.8"), D("0.79"), D("0.82"))


def test_the_no_side_has_their_complements() -> None:
    market = quoted(NO, yes=0.8, bid=0.79, ask=0.82)
    assert (market.listed_price, market.bid, market.ask) == (D("0.2"), D("0.18"), D("0.21"))


def test_where_nobody_bids_for_yes_nobody_asks_for_no() -> None:
    market = quoted(NO, yes=0.8, bid=None, ask=0.82)
    assert (market.bid, market.ask) == (D("0.18"), None)


def test_nobody_can_trade_at_a_quote_beyond_the_first_or_last_tick() -> None:
    market = quoted(YES, yes=0.999, bid=0.995, ask=0.999, tick_size=0.01)
    assert (market.bid, market.ask) == (None, None)


def test_a_market_that_takes_fees_and_does_not_say_which_has_no_fee_schedule() -> None:
    assert quoted(fee_rate=None).fees is None


def test_where_no_price_is_listed_the_middle_of_the_quotes_stands_in_with_no_bid_as_nothing() -> None:
    assert quoted(yes=0.5, yes_price=None, bid=0.40, ask=0.50).mid == D("0.45")
    assert quoted(yes=0.5, yes_price=None, bid=None, ask=0.50).mid == D("0.25")
    assert quoted(yes=0.5, yes_price=None, bid=0.40, ask=None).mid is None


def test_a_market_that_is_not_listed_has_no_quote() -> None:
    assert quote(a_capture(a_market("1")), "2", YES) is None


def test_each_side_has_its_own_token() -> None:
    capture = a_capture(a_market("1"))
    assert (token_id(capture, "1", YES), token_id(capture, "1", NO)) == ("1-yes", "1-no")
