"""How good forecasts were beside the prices of their moment, worked by hand."""

import pytest

from prescient_dagster.domain.past.forecast_scores import ScoredForecast, by_source, score, tenths

SAID = [
    ScoredForecast("a", "1", 0.9, 0.7, won=True),
    ScoredForecast("a", "1", 0.8, 0.6, won=True),
    ScoredForecast("a", "2", 0.3, 0.5, won=False),
    ScoredForecast("b", "2", 0.9, 0.5, won=False),
]


def test_the_brier_score_stands_beside_that_of_the_price() -> None:
    """(0.01 + 0.04 + 0.09) / 3 against (0.09 + 0.16 + 0.25) / 3."""
    found = score(SAID[:3])
    assert (found.forecasts, found.markets, found.hit_rate) == (3, 2, pytest.approx(2 / 3))
    assert (found.brier, found.price_brier) == (pytest.approx(0.14 / 3), pytest.approx(0.5 / 3))
    assert found.skill == pytest.approx(1 - 0.14 / 0.5)


def test_each_source_has_its_own() -> None:
    worse = by_source(SAID)[1]
    assert (worse.source, worse.score.brier, worse.score.price_brier) == ("b", pytest.approx(0.81), 0.25)
    assert worse.score.skill == pytest.approx(1 - 0.81 / 0.25)


def test_the_calibration_is_told_by_tenths() -> None:
    assert [(low, each.forecasts, each.hit_rate) for low, each in tenths(SAID)] == [
        (0.3, 1, 0.0),
        (0.8, 1, 1.0),
        (0.9, 2, 0.5),
    ]


def test_nothing_resolved_is_nothing_to_score() -> None:
    assert by_source([]) == []
    assert score([]).brier is None
    assert score([ScoredForecast("a", "1", 1.0, 1.0, won=True)]).skill is None
