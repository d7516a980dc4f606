"""What forecasters said: the probability that YES of a market pays, when they said it, and when it was read.

A forecast counts on the captures that are stamped at or after `made_at` and after `read_after`, the newest capture that
there was when it was read. Of what a source said of a market, the newest word counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from prescient_dagster.domain.market.markets import Capture, Floats, Mask, Rows

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Forecast:
    """One source's word on one market.

    Attributes:
        market_id: the venue's id of the market; empty where it is named by its slug.
        probability: that YES pays, 0 to 1.
        made_at: when the source said so, by the venue's clock.
        read_after: `captured_at` of the newest capture when it was read; None: there was none.
    """

    source: str
    market_id: str
    slug: str
    probability: float
    made_at: datetime
    read_after: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ToldOf:
    """What is known of some markets, in their order; NaN, NaT and no source where nothing is.

    Attributes:
        probability: that YES pays.
        age_hours: since the forecast was made.
    """

    probability: Floats
    age_hours: Floats
    made_at: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    source: np.ndarray[tuple[int], np.dtype[np.object_]]

    def at(self, rows: Rows) -> "ToldOf":
        """What is known of the markets in these rows."""
        return ToldOf(self.probability[rows], self.age_hours[rows], self.made_at[rows], self.source[rows])


def none_known() -> Sequence[Forecast]:
    """What is known where nobody reads forecasts."""
    return ()


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Everything that was ever read, in the order of reading; which of it counts, the capture decides.

    Attributes:
        read: gives it, when somebody asks for the first time.
    """

    read: Callable[[], Sequence[Forecast]] = none_known
    _found: dict[tuple[int, datetime, tuple[str, ...] | None], ToldOf] = field(default_factory=dict)

    def of(self, capture: Capture, sources: Sequence[str] | None = None) -> ToldOf:
        """What counts on a capture of each of its markets: of several sources the newest word.

        Args:
            sources: whose words; None: everybody's.
        """
        key = (capture.capture_id, capture.captured_at, None if sources is None else tuple(sources))
        if key not in self._found:
            if any(each[:2] != key[:2] for each in self._found):
                self._found.clear()  # one capture comes after the other
            self._found[key] = self._counting(capture, sources)
        return self._found[key]

    def _counting(self, capture: Capture, sources: Sequence[str] | None) -> ToldOf:
        markets = len(capture.columns["tradable"])
        chosen, rows = self._newest(capture, sources)
        told = ToldOf(
            np.full(markets, np.nan),
            np.full(markets, np.nan),
            np.full(markets, np.datetime64("NaT", "us")),
            np.full(markets, "", dtype=object),
        )
        told.probability[rows] = self._probabilities[chosen]
        told.made_at[rows] = self._made[chosen]
        told.age_hours[rows] = (_moment(capture.captured_at) - self._made[chosen]) / np.timedelta64(1, "h")
        told.source[rows] = [self._known[place].source for place in chosen]
        return told

    def _newest(self, capture: Capture, sources: Sequence[str] | None) -> tuple[Rows, Rows]:
        """The places of the forecasts that count, and the rows of their markets, each once: the newest word."""
        counts = self._counts(_moment(capture.captured_at))
        if sources is not None:
            wanted = set(sources)
            counts &= np.array([each.source in wanted for each in self._known], dtype=bool)
        places = np.flatnonzero(counts)
        places = _last_of_each(places[np.argsort(self._made[places], kind="stable")], self._markets)
        rows = np.array([self._row(capture, place) for place in places.tolist()], dtype=np.intp)
        places, rows = places[rows >= 0], rows[rows >= 0]
        found, last = np.unique(rows[::-1], return_index=True)
        return places[::-1][last], found

    def _counts(self, at: np.datetime64) -> Mask:
        counts: Mask = (self._made <= at) & (self._read_after < at)
        return counts

    def _row(self, capture: Capture, place: int) -> int:
        each = self._known[place]
        return row_of(capture, each.market_id, each.slug)

    @cached_property
    def _known(self) -> Sequence[Forecast]:
        return self.read()

    @cached_property
    def _markets(self) -> Rows:
        """A number for each name of a market."""
        numbers: dict[tuple[str, str], int] = {}
        names = ((each.market_id, "" if each.market_id else each.slug) for each in self._known)
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.intp)

    @cached_property
    def _probabilities(self) -> Floats:
        return np.array([each.probability for each in self._known], dtype=np.float64)

    @cached_property
    def _made(self) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        return np.array([_moment(each.made_at) for each in self._known], dtype="datetime64[us]")

    @cached_property
    def _read_after(self) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        return np.array([_moment(each.read_after or EARLIEST) for each in self._known], dtype="datetime64[us]")


def _last_of_each(places: Rows, numbers: Rows) -> Rows:
    """Of places in an order, the last with each number, still in that order."""
    _, last = np.unique(numbers[places][::-1], return_index=True)
    return places[np.sort(len(places) - 1 - last)]


def row_of(capture: Capture, market_id: str, slug: str) -> int:
    """The row of a market that is named by its id, or else by its slug; -1: the capture does not list it."""
    if market_id:
        return capture.row_of.get(market_id, -1)
    key = ("rows by slug", "")
    if key not in capture.remembered:
        slugs = capture.text_column("slug").tolist()
        capture.remembered[key] = {slug: row for row, slug in enumerate(slugs) if slug}
    return int(capture.remembered[key].get(slug, -1))


def _moment(time: datetime) -> np.datetime64:
    return np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "us")
