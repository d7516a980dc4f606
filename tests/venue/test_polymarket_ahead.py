"""The next page is fetched while one is worked on: never two at once, errors where they belong, no waiting in vain."""

from collections.abc import Iterator
from threading import Event, Thread
from threading import enumerate as threads

import pytest

from prescient_dagster.domain.errors import VenueUnavailable
from prescient_dagster.venue.polymarket.ahead import one_ahead

PATIENCE_SECONDS = 10


class Pages:
    """Numbers as pages; each may be held back, and tells that it has been asked for."""

    def __init__(self, count: int, held: int | None = None, failing: int | None = None) -> None:
        self.asked = [Event() for _ in range(count + 1)]
        self.release = Event()
        self._count, self._held, self._failing = count, held, failing

    def __iter__(self) -> Iterator[int]:
        for number, asked in enumerate(self.asked):
            asked.set()
            if number == self._held:
                self.release.wait(PATIENCE_SECONDS)
            if number == self._failing:
                raise VenueUnavailable("gone")
            if number < self._count:
                yield number


def test_the_pages_are_the_same() -> None:
    assert list(one_ahead(iter(Pages(5)))) == [0, 1, 2, 3, 4]
    assert list(one_ahead(iter(()))) == []


def test_while_a_page_is_worked_on_the_next_one_is_asked_for_and_no_other() -> None:
    pages = Pages(4, held=1)
    ahead = one_ahead(iter(pages))
    assert next(ahead) == 0
    assert pages.asked[1].wait(PATIENCE_SECONDS)
    assert not pages.asked[2].is_set()
    pages.release.set()
    assert list(ahead) == [1, 2, 3]


def test_an_error_comes_after_the_pages_before_it() -> None:
    ahead = one_ahead(iter(Pages(4, failing=2)))
    assert [next(ahead), next(ahead)] == [0, 1]
    with pytest.raises(VenueUnavailable, match="gone"):
        next(ahead)


def test_who_stops_early_waits_for_nothing() -> None:
    pages = Pages(4, held=1)
    ahead = one_ahead(iter(pages))
    next(ahead)
    stopped = Thread(target=ahead.close)  # type: ignore[attr-defined]
    stopped.start()
    stopped.join(PATIENCE_SECONDS / 2)
    assert not stopped.is_alive()
    assert all(thread.daemon for thread in threads() if thread.name == "next page")
    pages.release.set()
    assert not pages.asked[2].is_set()
