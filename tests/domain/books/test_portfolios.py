"""What portfolios may be called and what they begin with."""

import pytest

from prescient_dagster.domain.books.portfolios import checked_balance, checked_slug
from prescient_dagster.domain.errors import InvalidInput
from tests.builders import D


@pytest.mark.parametrize("slug", ["a", "momentum-1", "mean_reversion", "a" * 63])
def test_a_short_name_of_lower_case_letters_digits_and_dashes_is_a_slug(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "A", "1a", "-a", "a,b", "a b", "a/b", "a\n", "ä", "a" * 64, "a...b"])
def test_anything_else_is_not(slug: str) -> None:
    with pytest.raises(InvalidInput, match="use 1 to 63 lower-case letters"):
        checked_slug(slug)


@pytest.mark.parametrize("balance", ["10000", 1, 0.1 + 9.9, "1000000000", "12.345678"])
def test_a_balance_is_an_amount_of_at_least_a_dollar(balance: str | float) -> None:
    assert checked_balance(balance) == D(balance)


@pytest.mark.parametrize("balance", ["-1", 0, "0.99", "1000000001", "nan", "inf", "1.2345678", "1e400"])
def test_a_balance_that_no_portfolio_can_begin_with_is_refused(balance: str | float) -> None:
    with pytest.raises(InvalidInput, match="give 1 to 1,000,000,000 USD"):
        checked_balance(balance)


def test_a_balance_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'ten' is not a number"):
        checked_balance("ten")
