"""The stationary bootstrap: how sure a mean is."""

import numpy as np
import pytest

from prescient_dagster.domain.figures.bootstrap import drawn, mean_interval


def test_the_same_values_and_seed_give_the_same_interval() -> None:
    values = list(np.random.default_rng(1).normal(0.001, 0.01, 60))
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_fewer_than_ten_values_have_no_interval() -> None:
    assert mean_interval([0.01] * 9) is None
    assert mean_interval([]) is None


def test_a_constant_series_leaves_no_doubt() -> None:
    interval = mean_interval([0.25] * 10)
    assert interval is not None
    assert (interval.low, interval.high) == (0.25, 0.25)


def test_for_independent_values_it_is_the_textbook_interval() -> None:
    values = np.random.default_rng(7).normal(0.0, 1.0, 400)
    interval = mean_interval(list(values))
    assert interval is not None
    margin = 1.96 * values.std(ddof=1) / np.sqrt(400)
    assert interval.low == pytest.approx(values.mean() - margin, rel=0.1, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + margin, rel=0.1, abs=0.02)


def test_values_that_hang_together_are_told_with_less_certainty() -> None:
    """Runs of ten equal values: 400 days, but 40 facts."""
    facts = np.random.default_rng(3).normal(0.0, 1.0, 40)
    together, mixed = np.repeat(facts, 10), np.random.default_rng(4).permutation(np.repeat(facts, 10))
    wide, narrow = mean_interval(list(together)), mean_interval(list(mixed))
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_blocks_follow_the_series_and_wrap_around_its_end() -> None:
    places = drawn(27, np.random.default_rng(0), resamples=2_000)
    assert (places.min(), places.max()) == (0, 26)
    follows = (places[:, 1:] - places[:, :-1]) % 27 == 1
    # ∛27 = 3: a block goes on with 2/3, and where it ends the next may begin there by chance.
    assert follows.mean() == pytest.approx(2 / 3 + 1 / 3 / 27, abs=0.01)
    assert ((places[:, :-1] == 26) & (places[:, 1:] == 0)).any()
