"""What the venue charges for taking liquidity."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.market.fees import NO_FEE, FeeSchedule
from prescient_dagster.domain.market.top_of_book import TopOfBook
from tests.builders import D


def test_100_shares_at_half_a_dollar_with_rate_a_quarter_and_exponent_2_pay_1_5625() -> None:
    assert FeeSchedule(D("0.25"), D(2)).of(D(100), D("0.50")) == D("1.5625")


def test_the_fee_is_the_same_at_a_price_and_at_its_complement() -> None:
    fees = FeeSchedule(D("0.05"), D(1))
    assert fees.of(D("33.33"), D("0.2")) == fees.of(D("33.33"), D("0.8")) == D("0.26664")


def test_a_fee_is_rounded_half_up_at_the_fifth_decimal() -> None:
    assert FeeSchedule(D("0.04"), D(1)).of(D("159.13"), D("0.12")) == D("0.67217")


def test_a_market_without_fees_charges_nothing() -> None:
    assert NO_FEE.of(D(1_000_000), D("0.5")) == 0


@given(
    price=st.decimals("0.001", "0.999", places=3),
    rate=st.decimals(0, "0.3", places=3),
    exponent=st.sampled_from([1, 2, D("0.5")]),
)
def test_the_fee_of_one_market_is_that_of_many_at_once(price: Decimal, rate: Decimal, exponent: Decimal) -> None:
    one = FeeSchedule(rate, D(exponent)).per_share(price)
    prices, rates = np.array([float(price)] * 2), np.array([float(rate)] * 2)
    many = TopOfBook(prices, prices, prices, rates, np.array([float(exponent), 1.0]))
    assert many.fee(prices) == pytest.approx([float(one), float(rate * price * (1 - price))], abs=1e-12)
    assert many.cost[0] == pytest.approx(float(price + one))
    assert many.proceeds[0] == pytest.approx(float(price - one))
