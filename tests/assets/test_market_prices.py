"""What the markets of stories cost, from shortly before they were bought to the end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.domain.figures.position_histories import Story
from prescient_dagster.store.market import price_marks
from prescient_dagster.usecases.write_report import load
from tests.assets.conftest import Platform
from tests.assets.test_benchmark import priced, round_of
from tests.assets.worlds import START, a_listing

BIDS = (0.75, 0.79, 0.80, 0.82, 0.90)
SETTINGS: dict[str, Any] = {"profit_target": 0.05, "max_positions": 1}


def only_story(platform: Platform) -> Story:
    report = load(platform.database, platform.captures_folder, ["one"])
    (chapter,) = report.chapters
    (found,) = chapter.best(report.remarks["one"])
    return found


def path(platform: Platform) -> list[tuple[float, float]]:
    """Hours since the start, and the price."""
    return [((at - START) / timedelta(hours=1), float(price)) for at, price in only_story(platform).path]


def lived(platform: Platform) -> None:
    """Bought on the second of five captures, sold on the last."""
    platform.portfolio("one", **SETTINGS)
    platform.capture(a_listing(priced(0.75, 0.77), hours=0))
    for hour, bid in enumerate(BIDS[1:], start=1):
        round_of(platform, hour, priced(bid, round(bid + 0.02, 2)))


def test_the_price_runs_from_before_the_entry_to_the_sale(platform: Platform) -> None:
    lived(platform)
    assert path(platform) == [(hour, pytest.approx(bid + 0.01)) for hour, bid in enumerate(BIDS)]


def test_hourly_prices_stand_in_for_captures_that_were_pruned(platform: Platform) -> None:
    lived(platform)
    platform.capture(a_listing(priced(0.5, 0.52), hours=24))
    price_marks.write_due(platform.database, platform.captures_folder)
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET pruned_at = now()"))
    assert path(platform) == [(hour, pytest.approx(bid + 0.01)) for hour, bid in enumerate(BIDS)]


def test_without_prices_there_is_no_picture(platform: Platform) -> None:
    lived(platform)
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET pruned_at = now()"))
    assert only_story(platform).path == []


def test_a_market_that_takes_no_orders_has_no_price_then(platform: Platform) -> None:
    platform.portfolio("one", **SETTINGS)
    round_of(platform, 0, priced(0.79, 0.81))
    round_of(platform, 1, priced(0.79, 0.81, tradable=False))
    round_of(platform, 2, priced(0.90, 0.92))
    assert path(platform) == [(0, 0.8), (2, pytest.approx(0.91))]
