"""Where a profit came from: every part worked by hand, and the sum exact."""

from collections.abc import Sequence

from prescient_dagster.domain.figures.profit_split import ProfitSplit, added, profit_split
from prescient_dagster.domain.figures.round_trips import PricedTrade, round_trips
from tests.builders import D
from tests.track_records import a_buy, a_payment, a_reversal, a_sale


def split(trades: Sequence[PricedTrade], value: float = 0, at_mid: float = 0) -> ProfitSplit:
    return profit_split(round_trips(trades), D(value), D(at_mid))


def parts(spread: float, fees: float, price_move: float, settlement: float) -> ProfitSplit:
    return ProfitSplit(D(spread), D(fees), D(price_move), D(settlement))


def test_a_sale_at_the_old_middle_costs_the_spread_and_the_fees() -> None:
    """Bought at .52 and sold at .48 while the middle stays at .50."""
    trades = [a_buy(100, 0.52, mid=0.50, fee=1.2), a_sale(100, 0.48, released=53.2, mid=0.50, fee=1.1)]
    assert split(trades) == parts(-4, -2.3, 0, 0)


def test_what_the_middle_gained_is_the_price_move() -> None:
    trades = [a_buy(100, 0.52, mid=0.50), a_sale(100, 0.68, released=52, mid=0.70)]
    assert split(trades) == parts(-4, 0, 20, 0)


def test_what_is_held_counts_to_the_present_middle_and_pays_the_spread_to_the_bid() -> None:
    """100 shares with the middle at .60 and the bid at .57."""
    assert split([a_buy(100, 0.52, mid=0.50)], value=57, at_mid=60) == parts(-5, 0, 10, 0)


def test_a_settlement_counts_from_the_middle_at_the_entry() -> None:
    trades = [a_buy(125, 0.80, mid=0.79), a_payment(125, 1, released=100)]
    assert split(trades) == parts(-1.25, 0, 0, 26.25)


def test_a_void_is_a_settlement_too() -> None:
    assert split([a_buy(125, 0.80, mid=0.80), a_payment(125, 0.5, released=100)]) == parts(0, 0, 0, -37.5)


def test_a_partial_sale_takes_its_part_of_the_middle_at_the_entry() -> None:
    """100 shares from a middle of .50; 40 go at a middle of .60, 60 are paid 1."""
    trades = [a_buy(100, 0.50), a_sale(40, 0.59, released=20, mid=0.60), a_payment(60, 1, released=30)]
    assert split(trades) == parts(-0.4, 0, 4, 30)


def test_rounding_in_a_partial_sale_leaves_nothing_over() -> None:
    trades = [a_buy(3, 0.333333), a_sale(1, 0.4, released=0.333333), a_sale(1, 0.4, released=0.333333)]
    trades.append(a_sale(1, 0.4, released=0.333333))
    assert split(trades).total == sum(each.trade.cash_delta for each in trades)


def test_a_correction_takes_the_settlement_back() -> None:
    paid = [a_buy(125, 0.80, mid=0.79), a_payment(125, 1, released=100)]
    corrected = [*paid, a_reversal(125, 1, released=100), a_payment(125, 0, released=100, number=2)]
    assert split(corrected) == parts(-1.25, 0, 0, -98.75)


def test_a_trade_whose_middle_is_unknown_has_no_spread() -> None:
    unknown = PricedTrade(a_buy(100, 0.52).trade)
    assert split([unknown], value=57, at_mid=57) == parts(0, 0, 5, 0)


def test_a_part_of_a_cent_stays_exact() -> None:
    """0.07 shares at a middle of .123457 are 0.00864199: each part has six decimals, the sum is exact all the same."""
    trades = [a_buy(0.07, 0.13, mid=0.123457), a_sale(0.03, 0.12, released=0.0039, mid=0.123456)]
    found = split(trades, value=0.01, at_mid=0.011)
    assert found.total == sum(each.trade.cash_delta for each in trades) + D("0.01")
    assert all(part == round(part, 6) for part in (found.spread, found.price_move, found.settlement))


def test_splits_of_several_portfolios_add_up() -> None:
    assert added([parts(-1, -2, 3, 4), parts(-0.5, 0, 1, 1)]) == parts(-1.5, -2, 4, 5)
    assert added([]).total == 0
