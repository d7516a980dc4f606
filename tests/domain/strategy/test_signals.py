"""How signals are ranked."""

from prescient_dagster.domain.strategy.signals import Action, Signal, ranked
from tests.builders import NO, YES, D, a_wish


def order(*wishes: Signal) -> list[str]:
    return [wish.market_id for wish in ranked(wishes)]


def test_the_highest_confidence_comes_first() -> None:
    assert order(a_wish("1", confidence=D("0.2")), a_wish("2", confidence=D("0.3"))) == ["2", "1"]


def test_at_equal_confidence_the_highest_liquidity_comes_first() -> None:
    assert order(a_wish("1", liquidity=D(1)), a_wish("2", liquidity=D(2))) == ["2", "1"]


def test_then_the_market_id_decides_compared_as_text() -> None:
    assert order(a_wish("9"), a_wish("10"), a_wish("100")) == ["10", "100", "9"]


def test_the_legs_of_a_bundle_stay_together() -> None:
    legs = a_wish("1", bundle="a"), a_wish("2", bundle="b"), a_wish("3", bundle="a"), a_wish("4", bundle="b")
    assert order(*reversed(legs)) == ["1", "3", "2", "4"]


def test_an_action_knows_its_side_and_direction() -> None:
    assert [action.side for action in Action] == [YES, NO, YES, NO]
    assert [action.is_entry for action in Action] == [True, True, False, False]
    assert [Action.buy(YES), Action.buy(NO), Action.sell(YES), Action.sell(NO)] == list(Action)
