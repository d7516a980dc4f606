"""Sizes: Kelly's formula and the part of the equity, worked out by hand, and what is refused."""

from decimal import Decimal
from typing import Any, ClassVar

import pytest

from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.strategy.configs import DirectionalConfig, StrategyConfig, validated
from prescient_dagster.domain.strategy.sizing import Size, kelly
from strategy_assets.arbitrage.strategy import ArbitrageConfig
from strategy_assets.hybrid.strategy import HybridConfig
from strategy_assets.momentum import MomentumConfig
from tests.builders import D

EQUITY = D(10_000)


class Informed(DirectionalConfig):
    """Settings of a strategy whose signals carry a probability."""

    gives_probability: ClassVar[bool] = True


def size(equity: Decimal = EQUITY, q: float | None = None, c: float | None = None, **settings: Any) -> Size | None:
    probability, cost = (None if number is None else D(number) for number in (q, c))
    return validated(Informed, settings).size(equity, probability, cost)


@pytest.mark.parametrize(
    ("q", "c", "part"),
    [
        ("0.60", "0.50", "0.2"),
        ("0.60", "0.51", "0.1836734693877551020408163265"),
        ("0.51", "0.51", "0"),
        ("0.40", "0.50", "0"),
        ("1", "0.99", "1"),
        ("1", "1", "0"),
    ],
)
def test_kelly_is_the_edge_over_what_a_loss_costs(q: str, c: str, part: str) -> None:
    assert kelly(D(q), D(c)) == D(part)


@pytest.mark.parametrize(
    ("settings", "amount"),
    [
        ({"trade_fraction": 0.02}, "200"),
        ({"trade_fraction": 0.02, "trade_amount_max": 200}, "200"),
        ({"trade_fraction": 0.02, "trade_amount_max": 199.99}, "199.99"),
        ({"trade_fraction": 0.0001}, "1"),
        ({"trade_fraction": 0.00009}, "1"),
    ],
)
def test_a_part_of_the_equity_is_at_least_one_usd_and_at_most_the_cap(settings: dict[str, Any], amount: str) -> None:
    found = size(sizing="equity", **settings)
    assert found is not None
    assert found.amount == D(amount)


@pytest.mark.parametrize(
    ("settings", "q", "c", "amount"),
    [
        ({"kelly_fraction": 1}, 0.60, 0.50, "2000"),
        ({"kelly_fraction": 1}, 0.60, 0.51, "1836.734694"),
        ({"kelly_fraction": 0.25}, 0.60, 0.51, "459.183673"),
        ({"kelly_fraction": 0.25, "trade_amount_max": 300}, 0.60, 0.51, "300"),
        ({"kelly_fraction": 0.01}, 0.505, 0.50, "1"),
        ({"kelly_fraction": 1}, 0.50, 0.50, "0"),
        ({"kelly_fraction": 1}, 0.30, 0.50, "0"),
        ({"kelly_fraction": 1}, None, 0.50, "0"),
        ({"kelly_fraction": 1}, 0.60, None, "0"),
    ],
)
def test_kelly_is_sized_within_the_same_bounds_and_nothing_where_there_is_no_edge(
    settings: dict[str, Any], q: float | None, c: float | None, amount: str
) -> None:
    found = size(q=q, c=c, sizing="kelly", **settings)
    assert found is not None
    assert found.amount == D(amount)


def test_a_fixed_size_is_the_strategys_own() -> None:
    assert size() is None
    assert size(sizing="fixed", trade_amount=7) is None


def test_a_size_tells_its_rule_and_its_numbers() -> None:
    told = [
        size(sizing="equity", trade_fraction=0.02),
        size(sizing="equity", trade_fraction=0.02, trade_amount_max=50),
        size(D(30), sizing="equity", trade_fraction=0.02),
        size(q=0.6, c=0.51, sizing="kelly"),
        size(q=0.4, c=0.51, sizing="kelly"),
    ]
    assert [each.told for each in told if each] == [
        "equity: 0.02 of 10000 USD is 200",
        "equity: 0.02 of 10000 USD is 200, at most 50",
        "equity: 0.02 of 30 USD is 0.6, at least 1",
        "kelly: 0.25 × (0.6 - 0.51) / (1 - 0.51) of 10000 USD is 459.183673",
        "kelly: probability 0.4 is not above the cost 0.51",
    ]


@pytest.mark.parametrize("model", [MomentumConfig, HybridConfig, ArbitrageConfig])
def test_kelly_without_a_probability_can_never_trade(model: type[StrategyConfig]) -> None:
    with pytest.raises(InvalidConfig, match="can never trade: sizing kelly needs a probability"):
        validated(model, {"sizing": "kelly"})
    assert validated(Informed, {"sizing": "kelly"}).gives_probability


@pytest.mark.parametrize(
    "settings", [{"trade_amount": 1.99}, {"sizing": "equity", "trade_amount_max": 1.99}], ids=["fixed", "equity"]
)
def test_a_size_below_the_least_set_can_never_trade(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig, match="is less than 2 USD, the least that an entry spends"):
        validated(ArbitrageConfig, settings)


def test_what_does_not_count_under_another_rule_is_not_judged_by_it() -> None:
    assert validated(ArbitrageConfig, {"sizing": "equity", "trade_amount": 1}).sizing == "equity"


@pytest.mark.parametrize(
    ("settings", "doubt"),
    [
        ({"trade_fraction": 0.5}, "trade_fraction 0.5 counts for nothing under sizing fixed, the default"),
        ({"sizing": "equity", "trade_amount": 5}, "trade_amount 5 counts for nothing under sizing equity"),
        ({"trade_amount": 1}, "trade_amount 1 is the least order: rounding and a fee leave less"),
        ({"sizing": "equity", "trade_amount_max": 1}, "trade_amount_max 1 is the least order"),
    ],
)
def test_a_size_that_is_probably_not_meant_is_warned_of(settings: dict[str, Any], doubt: str) -> None:
    assert [told for told in validated(MomentumConfig, settings).doubtful() if doubt in told]


def test_a_part_of_too_little_is_warned_of_once_the_balance_is_known() -> None:
    config = validated(MomentumConfig, {"sizing": "equity"})
    assert list(config.rather_small(D(101))) == []
    (told,) = config.rather_small(D(100))
    assert told.startswith("trade_fraction 0.01, the default, of 100 USD is not more than 1 USD, the least order")
