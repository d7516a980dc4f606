"""Portfolios side by side: paired returns, and the markets that made the difference."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from prescient_dagster.domain.figures.comparison import Course, comparison, daily_differences
from prescient_dagster.domain.figures.round_trips import PricedTrade
from tests.builders import D
from tests.track_records import a_buy, a_payment, a_sale

FIRST = date(2026, 3, 2)


def a_course(
    slug: str,
    equity: Sequence[float] = (),
    trades: Sequence[PricedTrade] = (),
    before: float = 1_000,
    after: dict[str, float] | None = None,
    **fields: Any,
) -> Course:
    values: dict[str, Any] = {
        "daily_equity": {FIRST + timedelta(days=day): D(amount) for day, amount in enumerate(equity)},
        "value_before": {},
        "value_after": {market_id: D(value) for market_id, value in (after or {}).items()},
        "trades": [priced.trade for priced in trades],
        "questions": {priced.trade.market_id: priced.trade.market_question for priced in trades},
    }
    return Course(slug, "momentum", D(before), **(values | fields))


def test_what_was_made_of_each_market_adds_up_to_the_profit() -> None:
    course = a_course(
        "bold",
        trades=[
            a_buy(125, 0.80, market_id="1"),
            a_payment(125, 1, 100, market_id="1"),
            a_buy(100, 0.50, fee=1.25, market_id="2"),
            a_sale(40, 0.45, 20.5, market_id="2"),
        ],
        after={"2": 27.0},
    )
    assert course.profits() == {"1": D(25), "2": D("-6.25")}
    assert course.profit == D("18.75")
    assert course.total_return == pytest.approx(0.01875)
    assert (course.entered, course.fills) == ({"1", "2"}, 3)


def test_what_was_held_before_counts_with_its_value_then() -> None:
    course = a_course("bold", trades=[a_payment(125, 1, 100)], value_before={"1": D(110)})
    assert course.profits() == {"1": D(15)}
    assert course.entered == set()


def test_portfolios_of_different_size_are_compared_by_return() -> None:
    small = a_course("small", [101, 102.01], before=100)
    large = a_course("large", [1_010, 1_015.05])
    assert daily_differences(small, large) == pytest.approx([0, 0.01 - 0.005])


def test_a_day_on_which_only_one_was_valued_is_left_out_of_both() -> None:
    one = a_course("one", [1_010, 1_020, 1_050])
    other = a_course("other", daily_equity={FIRST: D(1_000), FIRST + timedelta(days=2): D(1_000)})
    assert daily_differences(one, other) == pytest.approx([0.01, 1_050 / 1_010 - 1])


def test_who_has_nothing_left_has_no_returns_to_compare() -> None:
    broke = a_course("broke", [-1, 5, 6])
    assert daily_differences(broke, a_course("other", [1_000, 1_000, 1_000])) == []
    found = comparison(broke, a_course("other", [1_000, 1_000, 1_000]))
    assert (found.mean_daily_difference, found.interval, found.days) == (None, None, 0)


def test_the_greatest_difference_stands_first_and_equal_markets_are_left_out() -> None:
    both = [a_buy(125, 0.80, market_id="1"), a_payment(125, 1, 100, market_id="1")]
    ours = [
        *both,
        a_buy(100, 0.50, market_id="2"),
        a_buy(100, 0.30, market_id="3"),
        a_sale(100, 0.2, 30, market_id="3"),
    ]
    one = a_course("one", trades=ours, after={"2": 55})
    two = a_course("two", trades=[*both, a_buy(10, 0.30, market_id="3")], after={"3": 3})
    found = comparison(one, two)
    assert [(row.market_id, row.entered_by, row.difference) for row in found.markets] == [
        ("3", "both", pytest.approx(-0.01)),
        ("2", "one", pytest.approx(0.005)),
    ]
    assert sum(row.difference for row in found.markets) == pytest.approx(found.difference)


def test_a_steady_lead_is_clear_and_a_coin_toss_is_not() -> None:
    flat = a_course("flat", [1_000] * 40)
    growing = a_course("growing", [1_000 * 1.001 ** (day + 1) for day in range(40)])
    tossing = a_course("tossing", [1_000 + 10 * (-1) ** day for day in range(40)])
    ahead = comparison(growing, flat)
    assert ahead.is_clear
    assert (ahead.days, ahead.days_ahead, ahead.days_behind) == (40, 40, 0)
    assert not comparison(tossing, flat).is_clear


def test_under_ten_days_nothing_is_said() -> None:
    found = comparison(a_course("one", [1_010] * 9), a_course("two", [1_000] * 9))
    assert found.interval is None
    assert not found.is_clear
    assert found.mean_daily_difference == pytest.approx(0.01 / 9)
