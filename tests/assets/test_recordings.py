"""Three real recordings traded through Dagster, to the last digit of the worked numbers."""

from pathlib import Path

import pytest

from prescient_dagster.definitions import defs
from tests.assets.conftest import Platform

AGGRESSIVE = {
    "event_min_liquidity": 100_000,
    "event_min_volume": 200_000,
    "market_min_conviction": 0.60,
    "market_max_conviction": 0.75,
    "min_confidence": 0.80,
    "max_positions": 5,
    "trade_amount": 500,
}


@pytest.fixture
def recordings(platform: Platform, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{shared_data / 'events'}")
    return platform


def next_capture(platform: Platform) -> None:
    job = defs.resolve_job_def("market_data")
    assert job.execute_in_process(instance=platform.instance, raise_on_error=False).success


def test_momentum_over_three_recordings_gives_the_worked_table(recordings: Platform) -> None:
    recordings.portfolio("one", balance=10_000)

    for _ in range(3):
        next_capture(recordings)
        assert recordings.run(["one"]).success

    figures = [
        tuple(f"{row[name]:f}" for name in ("balance", "market_value", "equity"))
        for row in recordings.rows("snapshots", "one")
    ]
    assert figures == [
        ("9900.001600", "98.793600", "9998.795200"),
        ("9900.001600", "79.516800", "9979.518400"),
        ("9500.022510", "492.825660", "9992.848170"),
    ]
    bought = [(row["market_id"], row["side"]) for row in recordings.rows("trades", "one")]
    assert bought == [("507884", "yes"), ("507868", "no"), ("514497", "no"), *bought[3:]]
    assert [market_id for market_id, _ in bought[3:]] == ["509096", "509095"]
    assert dict(bought)["509095"] == "no"


def test_aggressive_momentum_and_mean_reversion_take_the_strongest_in_order(recordings: Platform) -> None:
    recordings.portfolio("aggressive", balance=50_000, **AGGRESSIVE)
    recordings.portfolio("reversion", "mean_reversion", balance=10_000)
    next_capture(recordings)

    recordings.run(["aggressive"])
    recordings.run(["reversion"], "mean_reversion")

    aggressive = recordings.rows("signals", "aggressive")
    assert [row["market_id"] for row in aggressive] == ["516978", "507868", "507884"]
    assert aggressive[0]["status"] == "partially_executed"
    assert f"{recordings.rows('trades', 'aggressive')[0]['cash_delta']:f}" == "-273.728100"
    reversion = recordings.rows("signals", "reversion")
    assert len(reversion) == 5
    assert reversion[0]["market_id"] == "516728"
