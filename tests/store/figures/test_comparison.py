"""What several portfolios did on the captures that all of them have seen."""

from decimal import Decimal
from pathlib import Path

import pytest

from prescient_dagster.domain.errors import InvalidInput, NotFound
from prescient_dagster.domain.figures.comparison import Course
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.comparison import Courses, load_courses
from tests.builders import D
from tests.store.histories import Books
from tests.store.listings import NOON

HELD = {"7:yes": ["0.880000", "bid"]}


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    return Books(database, tmp_path / "captures")


def test_the_window_holds_the_captures_that_all_have_seen(books: Books) -> None:
    early, late = books.portfolio("early"), books.portfolio("late")
    for hours in (0, 1, 2, 3):
        books.snapshot(early, hours, 1_000)
    for hours in (1, 3, 4):
        books.snapshot(late, hours, 1_000)
    found = load_courses(books.database, ["early", "late"])
    assert found.window.captures == 2
    assert ((found.window.first - NOON).seconds, (found.window.last - NOON).seconds) == (3_600, 3 * 3_600)
    assert [(each.slug, each.captures_alone) for each in found.portfolios] == [("early", 1), ("late", 0)]


def of(books: Books, *names: str) -> Course:
    found: Courses = load_courses(books.database, names)
    return found.portfolios[0]


def test_what_was_held_before_the_window_counts_with_its_value_then(books: Books) -> None:
    one, other = books.portfolio("one"), books.portfolio("other")
    books.buy(one, 0)
    books.snapshot(one, 0, 1_010, trade_count=1, marks=HELD)
    books.snapshot(other, 1, 1_000)
    books.settle(one, 1)
    books.snapshot(one, 1, 1_025, trade_count=2)
    course = of(books, "one", "other")
    assert (course.equity_before, course.value_before, course.value_after) == (1_010, {"7": D(110)}, {})
    assert [trade.kind for trade in course.trades] == ["settlement"]
    assert course.profits() == {"7": D(15)}
    assert course.profit == Decimal(1_025) - course.equity_before


def test_what_came_after_the_window_does_not_count(books: Books) -> None:
    one, other = books.portfolio("one"), books.portfolio("other")
    books.buy(one, 0)
    books.snapshot(one, 0, 1_010, trade_count=1, marks=HELD)
    books.snapshot(other, 0, 1_000)
    books.settle(one, 1)
    books.snapshot(one, 1, 1_025, trade_count=2)
    course = of(books, "one", "other")
    assert (course.equity_before, course.value_after, course.profit) == (1_000, {"7": D(110)}, 10)
    assert course.questions == {"7": "Rain?"}


def test_a_day_counts_with_its_last_snapshot(books: Books) -> None:
    one, other = books.portfolio("one"), books.portfolio("other")
    for hours, equity in ((0, 1_000), (5, 1_001), (13, 1_002), (20, 1_003)):
        books.snapshot(one, hours, equity)
        books.snapshot(other, hours, 1_000)
    assert list(of(books, "one", "other").daily_equity.values()) == [1_001, 1_003]


def test_two_different_portfolios_are_needed(books: Books) -> None:
    number = books.portfolio("one")
    for names in (["one"], ["one", str(number)]):
        with pytest.raises(InvalidInput, match="two or more different portfolios"):
            load_courses(books.database, names)
    with pytest.raises(NotFound, match="'nobody'"):
        load_courses(books.database, ["one", "nobody"])


def test_portfolios_that_never_saw_the_same_capture_cannot_be_compared(books: Books) -> None:
    books.snapshot(books.portfolio("one"), 0, 1_000)
    books.snapshot(books.portfolio("two"), 1, 1_000)
    with pytest.raises(NotFound, match="no capture that all of them have seen"):
        load_courses(books.database, ["one", "two"])
