"""How a wish to trade becomes shares and money."""

from pathlib import Path

import pytest

from prescient_dagster.domain.cycle import fills
from prescient_dagster.domain.cycle.fills import Fill, Level, OrderBook
from prescient_dagster.domain.market.fees import NO_FEE, FeeSchedule
from prescient_dagster.domain.market.quotes import valid_touch
from tests.builders import D, a_book
from tests.recordings import recorded_book

FOUR_PERCENT = FeeSchedule(D("0.04"), D(1))
FIVE_PERCENT = FeeSchedule(D("0.05"), D(1))
WALK = a_book(asks="1000@.90 50@.80 100@.82")


def bought(book: OrderBook, budget: float, *, touch: str, slippage: float, fees: FeeSchedule = NO_FEE) -> Fill:
    return fills.buy(fills.asks_within(book, D(touch), D(slippage)), D(budget), fees)


def sold(book: OrderBook, shares: float, *, touch: str, slippage: float) -> Fill:
    return fills.take(fills.bids_within(book, D(touch), D(slippage)), D(shares), NO_FEE)


def test_100_usd_buy_195_12_shares_at_half_a_dollar_with_a_fee_of_five_percent() -> None:
    fill = bought(a_book(asks="1000@.50"), 100, touch=".50", slippage=0.05, fees=FIVE_PERCENT)
    assert (fill.shares, fill.notional, fill.fee, fill.spent) == (D("195.12"), D("97.56"), D("2.439"), D("99.999"))
    assert fill.complete


def test_a_walk_takes_the_cheapest_offers_first_whatever_their_order() -> None:
    fill = bought(WALK, 100, touch=".80", slippage=0.05)
    assert (fill.shares, fill.notional, fill.average_price) == (D("123.17"), D("99.9994"), D("0.811881"))
    assert [level.price for level in fill.levels] == [D(".80"), D(".82")]


def test_a_walk_pays_the_fee_of_each_level() -> None:
    fill = bought(WALK, 100, touch=".80", slippage=0.05, fees=FOUR_PERCENT)
    assert (fill.shares, fill.notional) == (D("122.26"), D("99.2532"))
    assert fill.fees == (D("0.32"), D("0.42662"))
    assert fill.spent == D("99.99982")


def test_a_walk_that_runs_out_of_offers_within_the_limit_is_partial() -> None:
    fill = bought(a_book(asks="50@.80 20@.82 1000@.90"), 100, touch=".80", slippage=0.05)
    assert (fill.shares, fill.notional, fill.complete) == (D(70), D("56.40"), False)


def test_the_price_limit_is_inclusive() -> None:
    levels = fills.asks_within(a_book(asks="1@.84 1@.8401"), D(".80"), D("0.05"))
    assert [level.price for level in levels] == [D(".84")]
    assert [level.price for level in fills.bids_within(a_book(bids="1@.76 1@.7599"), D(".80"), D("0.05"))] == [D(".76")]


@pytest.mark.parametrize(("slippage", "shares", "usd"), [(0.05, "705", "98.70"), (0.50, "711.5", "100.00")])
def test_a_purchase_from_the_recorded_book(shared_data: Path, slippage: float, shares: str, usd: str) -> None:
    book = recorded_book(shared_data / "books" / "book-2024-09-18.json")
    touch = str(min(level.price for level in book.asks))
    fill = bought(book, 100, touch=touch, slippage=slippage)
    assert (fill.shares, fill.notional) == (D(shares), D(usd))


@pytest.mark.parametrize(("slippage", "shares", "usd"), [(0.05, "125", "12.50"), (0.10, "200", "19.25")])
def test_a_sale_into_the_recorded_book(shared_data: Path, slippage: float, shares: str, usd: str) -> None:
    book = recorded_book(shared_data / "books" / "book-2024-09-18.json")
    touch = str(max(level.price for level in book.bids))
    fill = sold(book, 200, touch=touch, slippage=slippage)
    assert (fill.shares, fill.notional) == (D(shares), D(usd))


def test_a_sale_takes_the_dearest_bids_first_and_leaves_what_they_do_not_reach() -> None:
    fill = sold(a_book(bids="1000@.80 20@.88 40@.90"), 123.17, touch=".90", slippage=0.05)
    assert (fill.shares, fill.notional, fill.complete) == (D(60), D("53.60"), False)


def test_a_budget_can_be_used_to_the_last_cent() -> None:
    fill = bought(a_book(asks="1000@.80"), 100, touch=".80", slippage=0)
    assert (fill.shares, fill.spent, fill.complete) == (D(125), D(100), True)


def test_where_rounding_the_fee_up_breaks_the_budget_the_last_level_gives_back_a_hundredth() -> None:
    # 1.01 shares at .45 cost .4545 + .009999, which is charged as .01000: a millionth more than there is.
    fill = fills.buy([Level(D("0.45"), D(100))], D("0.464499"), FOUR_PERCENT)
    assert (fill.shares, fill.spent, fill.complete) == (D(1), D("0.4599"), True)


def test_offers_of_less_than_a_hundredth_of_a_share_are_passed_over() -> None:
    fill = bought(a_book(asks="0.004@.50 100@.51"), 10, touch=".50", slippage=0.05)
    assert [level.price for level in fill.levels] == [D(".51")]


def test_no_offers_fill_nothing() -> None:
    fill = fills.buy([], D(100), NO_FEE)
    assert (fill.shares, fill.complete) == (D(0), False)


def test_the_touch_offers_two_percent_of_the_markets_liquidity() -> None:
    (level,) = fills.touch_levels(D("0.87"), D("13686.6345"))
    assert level.shares == D("314.63")


@pytest.mark.parametrize(("touch", "valid"), [("0.01", True), ("0.99", True), ("0.009", False), ("0.991", False)])
def test_a_price_is_valid_between_one_tick_and_one_minus_one_tick(touch: str, valid: bool) -> None:
    assert (valid_touch(D(touch), D("0.01")) is not None) is valid


@pytest.mark.parametrize(("price", "shares", "small"), [("0.5", 2, False), ("0.5", 1.99, True), ("0.2", 4.99, True)])
def test_a_fill_of_less_than_one_dollar_is_below_the_minimum_however_many_shares(
    price: str, shares: float, small: bool
) -> None:
    filled = fills.take([Level(D(price), D(shares))], D(shares), NO_FEE)
    assert fills.is_below_minimum(filled) is small
