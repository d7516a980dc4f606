"""Numbers become money in one place."""

from prescient_dagster.domain import money
from tests.builders import D


def test_a_float_becomes_the_decimal_it_was_read_from() -> None:
    assert money.exact(0.1) == D("0.1")


def test_usd_has_six_decimals_and_a_half_goes_to_the_even_digit() -> None:
    assert money.usd("0.0000005") == 0
    assert money.usd("0.0000015") == D("0.000002")


def test_shares_are_rounded_down_to_the_hundredth() -> None:
    assert money.shares_down("163.0499") == D("163.04")


def test_a_fee_has_five_decimals_and_a_half_goes_up() -> None:
    assert money.fee("0.000005") == D("0.00001")
    assert money.fee("0.672165") == D("0.67217")


def test_a_plain_amount_is_an_int_where_it_has_no_decimals() -> None:
    assert money.plain(D("100.000000")) == 100
    assert isinstance(money.plain(D("100.000000")), int)
    assert money.plain(D("9998.7952")) == 9998.7952
