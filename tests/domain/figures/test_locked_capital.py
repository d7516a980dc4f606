"""What is tied up, and until when."""

from datetime import datetime, timedelta

import pytest

from prescient_dagster.domain.figures.locked_capital import PAST, TERMS, UNKNOWN, Locked, locked_capital
from prescient_dagster.domain.figures.round_trips import PricedTrade, round_trips
from tests.builders import NO, NOON, D
from tests.track_records import a_buy, a_payment, a_sale


def locked(*trades: PricedTrade, at: datetime | None = NOON, **days: float | None) -> dict[str, Locked]:
    """What is not empty, by term; `m1=3`: the event of market 1 ends in three days."""
    ends = {name[1:]: None if each is None else NOON + timedelta(days=each) for name, each in days.items()}
    return {each.term: each for each in locked_capital(round_trips(trades), ends, at) if each.holdings}


def test_what_is_held_counts_at_its_cost_with_fees() -> None:
    found = locked(a_buy(100, 0.5, fee=1, market_id="1"), a_buy(10, 0.2, market_id="2"), m1=3, m2=3)
    assert found == {"1 to 7 days": Locked("1 to 7 days", D(53), 2, 2)}


def test_a_part_that_was_sold_is_not_locked() -> None:
    found = locked(a_buy(100, 0.5), a_sale(40, 0.6, released=20), m1=0.5)
    assert found["within 1 day"].cost == D(30)


def test_what_is_closed_is_not_locked_nor_is_a_leg_that_has_settled() -> None:
    legs = (a_buy(10, 0.5, market_id="1", bundle="b"), a_buy(10, 0.4, market_id="2", side=NO, bundle="b"))
    assert list(locked(*legs, a_payment(10, 0, 5, market_id="1", bundle="b"), m1=3, m2=40)) == ["30 to 90 days"]
    assert locked_capital(round_trips([a_buy(10, 0.5), a_payment(10, 1, 5)]), {}, NOON) == []


def test_two_holdings_of_one_event_are_one_event() -> None:
    found = locked(*(a_buy(10, 0.5, market_id=name, event_id="same") for name in "12"), m1=3, m2=3)
    assert (found["1 to 7 days"].holdings, found["1 to 7 days"].events) == (2, 1)


@pytest.mark.parametrize(
    ("days", "term"),
    [
        *((-1, PAST), (0, PAST), (0.01, "within 1 day"), (1, "within 1 day"), (1.01, "1 to 7 days")),
        *((7, "1 to 7 days"), (30, "7 to 30 days"), (90, "30 to 90 days"), (90.01, "later"), (None, UNKNOWN)),
    ],
)
def test_each_end_date_has_its_term(days: float | None, term: str) -> None:
    assert list(locked(a_buy(10, 0.5), m1=days)) == [term]


def test_all_terms_are_told_where_anything_is_held() -> None:
    found = locked_capital(round_trips([a_buy(10, 0.5)]), {}, None)
    assert [each.term for each in found] == list(TERMS)
    assert [each.holdings for each in found] == [0] * 6 + [1]
