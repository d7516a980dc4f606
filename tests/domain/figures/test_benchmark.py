"""All candidates bought equally: what is bought, at what price, and what it comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.benchmark import NOT_ASKED, Basket, Benchmark, BenchmarkCurve, benchmark
from tests.builders import NO, NOON, YES, D, a_bundle, a_capture, a_market, a_wish

PRICES = st.integers(2, 98).map(lambda cents: cents / 100)


def test_each_candidate_is_bought_once_at_its_ask_and_worth_its_bid() -> None:
    basket = Basket()
    basket.buy([a_wish("1"), a_wish("2", NO)], a_capture(a_market("1", 0.80), a_market("2", 0.30)))
    assert basket.cost == {(("1", YES),): D("0.81"), (("2", NO),): D("0.71")}
    basket.buy([a_wish("1"), a_wish("2", NO)], a_capture(a_market("1", 0.50), a_market("2", 0.50)))
    assert basket.growth == (D("0.79") / D("0.81") + D("0.69") / D("0.71")) / 2


def test_the_legs_of_a_bundle_are_one_candidate_and_share_alike() -> None:
    basket = Basket()
    capture = a_capture(a_market("1", 0.30), a_market("2", 0.60), a_market("3", 0.50))
    basket.buy([*a_bundle(("1", YES), ("2", YES)), a_wish("3")], capture)
    assert basket.cost == {(("1", YES), ("2", YES)): D("0.92"), (("3", YES),): D("0.51")}
    basket.mark({("1", YES): money.ONE, ("2", YES): money.ZERO})
    assert basket.growth == (1 / D("0.92") + D("0.49") / D("0.51")) / 2


@pytest.mark.parametrize(
    "unpriced",
    [{"ask": None}, {"fee_rate": None}, {"tradable": False}, {"ask": 0.9999}],
    ids=["nobody asks", "the fee is unknown", "it takes no orders", "no price one can trade at"],
)
def test_what_cannot_be_bought_is_bought_once_it_can(unpriced: dict[str, object]) -> None:
    basket = Basket()
    basket.buy([a_wish("1"), *a_bundle(("1", YES), ("2", YES))], a_capture(a_market("1", **unpriced), a_market("2")))
    assert not basket.cost
    basket.buy([a_wish("1")], a_capture(a_market("1", 0.80)))
    assert basket.cost == {(("1", YES),): D("0.81")}


def test_what_is_told_of_other_markets_changes_nothing() -> None:
    basket = Basket()
    basket.buy([a_wish("1")], a_capture(a_market("1", 0.80)))
    basket.mark({("1", NO): money.ONE, ("2", YES): money.ONE})
    assert set(basket.markets) == {"1"}
    assert basket.growth == D("0.79") / D("0.81")


@given(st.lists(st.tuples(PRICES, PRICES), min_size=1, max_size=8))
def test_the_growth_is_the_mean_of_what_each_made_alone(moves: list[tuple[float, float]]) -> None:
    together, alone = Basket(), []
    names = [str(number) for number in range(len(moves))]
    capture = a_capture(*(a_market(name, price) for name, (price, _) in zip(names, moves, strict=True)))
    together.buy([a_wish(name) for name in names], capture)
    for name, (_, end) in zip(names, moves, strict=True):
        single = Basket()
        single.buy([a_wish(name)], capture)
        for basket in (together, single):
            basket.mark({(name, YES): D(end)})
        if single.cost:
            alone.append(single.growth)
    if alone:
        assert together.growth == pytest.approx(sum(alone) / len(alone))


def test_the_figures_are_differences_of_returns_and_empty_ones_say_why() -> None:
    points = [(NOON, D(1_000)), (NOON, D(1_250))]
    assert benchmark(BenchmarkCurve(points, ""), D(1_000), 0.1) == Benchmark(0.25, pytest.approx(-0.15))
    assert benchmark(BenchmarkCurve(), D(1_000), 0.1) == Benchmark(None, None, NOT_ASKED)
