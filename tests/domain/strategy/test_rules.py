"""Rules: which markets pass them, and what one market makes of them."""

import numpy as np
import pytest

from prescient_dagster.domain.strategy.rules import Step, above, at_least, at_most, passing, steps_of

VALUES = np.array([0.74, 0.75, 0.76, np.nan])


@pytest.mark.parametrize(
    ("comparison", "passes"),
    [
        (at_least, [False, True, True, False]),
        (at_most, [True, True, False, False]),
        (above, [False, False, True, False]),
    ],
    ids=["at_least", "at_most", "above"],
)
def test_bounds_count_as_they_are_named_and_a_missing_value_passes_none(comparison: object, passes: list[bool]) -> None:
    assert comparison("price", 0.75, VALUES).passes.tolist() == passes  # type: ignore[operator]


def test_a_market_is_taken_where_it_passes_them_all() -> None:
    assert (
        passing([at_least("low", 0.75, VALUES), at_most("high", 0.75, VALUES)], 4).tolist()
        == [False, True] + [False] * 2
    )
    assert passing([], 2).tolist() == [True, True]


def test_a_step_tells_threshold_and_value_and_no_value_where_there_is_none() -> None:
    rule = at_least("min_confidence", 0.75, VALUES)
    assert steps_of([rule], 0) == [Step("min_confidence", False, "≥", 0.75, 0.74)]
    assert steps_of([rule], 3) == [Step("min_confidence", False, "≥", 0.75, None)]
