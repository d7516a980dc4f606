"""Who does not keep up is told: fills that came too late for their order book, captures that nobody traded."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from prescient_dagster.domain.watch.lateness import Lateness, warnings
from prescient_dagster.store.figures.reports import load_report
from prescient_dagster.store.lateness import lateness
from prescient_dagster.usecases.state import DagsterState, read_state
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Lateness(), 0),
        (Lateness(fills=5, late=1), 0),  # a fifth is not more than a fifth
        (Lateness(fills=5, late=2), 1),
        (Lateness(missed={"momentum": 1, "scalping": 4}), 2),
    ],
)
def test_more_than_a_fifth_late_or_anything_missed_is_told(found: Lateness, told: int) -> None:
    assert len(list(warnings(found))) == told


def found_in(platform: Platform) -> Lateness:
    with platform.database.view() as connection:
        return lateness(connection)


def lived(platform: Platform, venue: str, traded: tuple[int, ...]) -> None:
    """Four captures, an hour apart, some of them traded, by a portfolio that fills by the order book and gets none.

    They are played from a recording; afterwards the database is that of a home of the venue.
    """
    platform.portfolio("first", fill_model="book", max_positions=9)
    for hour in range(4):
        platform.capture(a_listing(*favourites(hour + 1), hours=hour))
        if hour in traded:
            assert platform.run(["first"]).success
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.world SET venue = :venue"), {"venue": venue})


def test_captures_between_two_cycles_that_have_none_were_missed(platform: Platform) -> None:
    lived(platform, "simulated", traded=(0, 3))

    assert found_in(platform).missed == {"momentum": 2}


def test_what_is_not_traded_yet_is_not_missed(platform: Platform) -> None:
    lived(platform, "simulated", traded=(1, 2))

    assert found_in(platform).missed == {}


def test_fills_without_the_book_they_should_have_had_are_late(platform: Platform) -> None:
    lived(platform, "simulated", traded=(0, 1, 2, 3))

    found = found_in(platform)

    assert (found.fills, found.late) == (4, 4)
    state = read_state(platform.database, datetime.now(UTC), 10, DagsterState())
    assert state.warnings == list(warnings(found))
    assert load_report(platform.database).warnings == state.warnings


def test_where_a_venue_keeps_no_books_nothing_is_late(platform: Platform) -> None:
    lived(platform, "recorded", traded=(0, 3))

    assert found_in(platform) == Lateness()
