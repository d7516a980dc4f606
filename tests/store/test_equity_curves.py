"""Curves of many portfolios in one query, thinned evenly in time."""

from datetime import timedelta
from pathlib import Path

import pytest

from prescient_dagster.store.books.snapshots import equity_curves
from prescient_dagster.store.database import Database
from tests.builders import D
from tests.store.histories import Books
from tests.store.listings import NOON


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    return Books(database, tmp_path)


def test_a_short_life_is_told_whole_and_in_order(books: Books) -> None:
    bold, calm, new = (books.portfolio(slug) for slug in ("bold", "calm", "new"))
    assert new
    for hours, equity in ((2, 900), (0, 1_000), (1, 1_100.5)):
        books.snapshot(bold, hours, equity)
    books.snapshot(calm, 1, 500)

    curves = equity_curves(books.database, ["bold", "calm", "new", "stranger"])

    assert curves["bold"] == [
        (NOON + timedelta(hours=hour), D(equity)) for hour, equity in enumerate((1_000, 1_100.5, 900))
    ]
    assert [equity for _, equity in curves["calm"]] == [500]
    assert set(curves) == {"bold", "calm"}


def test_a_long_life_is_thinned_from_its_first_snapshot_to_its_last(books: Books) -> None:
    bold = books.portfolio("bold")
    for hour in range(21):
        books.snapshot(bold, hour, 1_000 + hour)

    points = equity_curves(books.database, ["bold"], most_points=5)["bold"]

    assert [float(equity) for _, equity in points] == [1_000, 1_005, 1_010, 1_015, 1_020]


def test_a_snapshot_stands_until_the_next(books: Books) -> None:
    bold = books.portfolio("bold")
    for hour in (0, 1, 100):
        books.snapshot(bold, hour, 1_000 + hour)

    points = equity_curves(books.database, ["bold"], most_points=11)["bold"]

    assert [float(equity) for _, equity in points] == [1_000, 1_001, 1_100]
