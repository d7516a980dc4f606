"""A folder of recordings, or of captures named by their time, as a source of captures. It has no order books.

Files may lie in folders of any depth; only the time in a name counts. What has no time, has lost its half, cannot be
read or comes twice is left out and told. What may be traded is judged as a live capture is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.books.answers import Answer, answers
from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.cycle.players import Moment
from prescient_dagster.domain.errors import InvalidInput, PrescientError, StoreError
from prescient_dagster.domain.market import plausibility
from prescient_dagster.domain.market.capture_schema import version
from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import EVENTS as EVENT_TABLE
from prescient_dagster.domain.market.markets import PRICES, Capture, Listing
from prescient_dagster.store.market.capture_sources import Gap, ReadSoFar
from prescient_dagster.store.market.lazy_captures import Habits, LazyCapture, MarketsFile
from prescient_dagster.store.market.past_captures import PastCaptures
from prescient_dagster.store.market.price_shelf import priced
from prescient_dagster.venue.polymarket.crawl import require_whole
from prescient_dagster.venue.recorded import EVENTS, JSON, MARKETS, read_recording, time_of
from prescient_dagster.venue.sizes import TooLargeError, read_file

Recordings = tuple[datetime, list[Path]]
"""All recordings of one moment, by path."""
NUMBERED = 0
"""The number of captures that have none."""


@dataclass(frozen=True)
class Opened:
    """A recording that could be read: what it lists as open, and how the markets of its closed events ended."""

    capture: Capture
    ended: dict[str, Answer]


@dataclass(frozen=True, slots=True)
class FolderWindow:
    """Some neighbouring recordings of a folder, as a value that another process can open."""

    folder: str
    first: datetime
    last: datetime
    forecasts: Sequence[Forecast] = ()


class FolderCaptures:
    """The recordings of a folder, from one moment to another, both inclusive; forecasts are those of the home."""

    def __init__(
        self,
        folder: Path,
        since: datetime | None = None,
        until: datetime | None = None,
        forecasts: Forecasts | None = None,
    ) -> None:
        self.name, self.told, self._habits = str(folder), ReadSoFar(), Habits()
        self._folder = folder
        self._forecasts = forecasts or Forecasts()
        found = _by_time(folder, self.told)
        self._earlier = {at: found[at] for at in sorted(found) if since is not None and at < since}
        self._before = max(self._earlier, default=None)
        self._paths = {
            at: found[at] for at in sorted(found) if (since is None or at >= since) and (until is None or at <= until)
        }

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def times(self) -> Sequence[datetime]:
        return list(self._paths)

    def window(self, begin: int, end: int) -> FolderWindow:
        """Some of the recordings, by their places."""
        times = self.times[begin:end]
        return FolderWindow(str(self._folder), times[0], times[-1], tuple(self._forecasts.read()))

    @classmethod
    def of(cls, window: FolderWindow) -> "FolderCaptures":
        """Some of the recordings of a folder, as a source of their own."""
        return cls(Path(window.folder), window.first, window.last, Forecasts(lambda: window.forecasts))

    def opened(self, window: FolderWindow) -> "FolderCaptures":
        """The same, of this folder."""
        return self.of(window)

    def moments(self) -> Iterator[Moment]:
        """Every recording that can be read."""
        previous, markets_before = self._before, None
        told: dict[str, Answer] = {}
        past = PastCaptures(self._tradable_before, lambda recordings: priced(_open_one(recordings)[1].capture))
        self.told.unread = past.missed
        for captured_at, paths in self._paths.items():
            opened = self._opened(captured_at, paths)
            if opened is not None:
                news = {market_id for market_id, ending in opened.ended.items() if told.get(market_id) != ending}
                told.update(opened.ended)
                ready = _is_plausible(opened.capture, markets_before)
                if ready:
                    past.add(captured_at, (captured_at, paths))
                yield Moment(
                    opened.capture, ready, previous, told, frozenset(news), PriceHistory(past), self._forecasts
                )
                previous = captured_at if ready else previous
                markets_before = len(opened.capture.columns["tradable"])

    def _tradable_before(self, since: datetime) -> dict[datetime, Recordings]:
        """The recordings from a moment up to the first that is played which a live capture would have let through."""
        found: dict[datetime, Recordings] = {}
        markets_before = None
        for captured_at in (at for at in self._earlier if at >= since):
            recordings = (captured_at, self._earlier[captured_at])
            with suppress(PrescientError):
                capture = _open_one(recordings)[1].capture
                if _is_plausible(capture, markets_before):
                    found[captured_at] = recordings
                markets_before = len(capture.columns["tradable"])
        return found

    def _opened(self, captured_at: datetime, paths: list[Path]) -> Opened | None:
        """The first of several recordings of a moment that can be read."""
        try:
            number, opened = _open_one((captured_at, paths), self._habits)
        except PrescientError as error:
            self.told.missing.append(Gap(captured_at, str(error)))
            return None
        again = Gap(captured_at, "there is another recording of the same moment")
        self.told.duplicated += [again] * (len(paths) - number)
        self.told.count(captured_at)
        return opened

    def order_books(self, _capture: Capture, _token_ids: Iterable[str]) -> dict[str, Book]:
        """None: recordings keep no order books."""
        return {}


def _by_time(folder: Path, told: ReadSoFar) -> dict[datetime, list[Path]]:
    """The recordings of each time, by path; of a capture the file with its markets."""
    found: dict[datetime, list[Path]] = defaultdict(list)
    try:
        files = {_of_markets(path) for path in folder.rglob("*") if path.name.endswith((JSON, EVENTS, MARKETS))}
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be read: {error.strerror}") from error
    for path in sorted(files):
        try:
            found[time_of(path)].append(path)
        except InvalidInput:
            told.unnamed.append(path.name)
    if not found:
        raise InvalidInput(
            f"{folder} holds no recordings: expected names like 2025-06-11T02-28-00Z{JSON} or …{MARKETS}"
        )
    return found


def _of_markets(path: Path) -> Path:
    """A recording by one file: a capture by that of its markets."""
    return path.with_name(path.name.removesuffix(EVENTS) + MARKETS) if path.name.endswith(EVENTS) else path


def _open_one(recordings: Recordings, habits: Habits | None = None) -> tuple[int, Opened]:
    """The first recording of a moment that can be read, and which it is, from 1; else what is wrong with the first."""
    captured_at, paths = recordings
    faults = []
    for number, path in enumerate(paths, start=1):
        try:
            return number, _open(path, captured_at, habits or Habits())
        except PrescientError as error:
            faults.append(error)
    raise faults[0]


def _open(path: Path, captured_at: datetime, habits: Habits) -> Opened:
    if path.name.endswith(JSON):
        return _listed(read_recording(path, captured_at, open_only=False))
    events = path.with_name(path.name.removesuffix(MARKETS) + EVENTS)
    if not (path.exists() and events.exists()):
        raise StoreError("one of its two files is gone")
    try:
        if _some_closed(events):
            return _listed(read_recording(events, captured_at, open_only=False))
        return Opened(LazyCapture(NUMBERED, captured_at, MarketsFile(path, read_file(path), habits, foreign=True)), {})
    except (OSError, pa.ArrowException, TooLargeError) as error:
        raise StoreError(f"it cannot be read: {error}") from error


def _some_closed(path: Path) -> bool:
    """Whether an event of this file is closed; `SchemaUnknown` where it is not a file of events."""
    with pq.ParquetFile(path) as file:
        version(file.schema_arrow.names, EVENT_TABLE)
        return any(file.read(columns=["closed"]).column("closed").to_pylist())


def _listed(listing: Listing) -> Opened:
    """The open events as the capture, as a live one would have them; the closed ones tell how their markets ended."""
    events = listing.events[~listing.events["closed"]].reset_index(drop=True)
    is_open = listing.markets["event_id"].isin(events["event_id"])
    markets = listing.markets[is_open].reset_index(drop=True)
    whole = require_whole(Listing(listing.venue, listing.captured_at, events, markets, listing.rejections))
    capture = Capture(NUMBERED, whole.captured_at, events, markets)
    return Opened(capture, answers(listing.markets[~is_open], capture))


def _is_plausible(capture: Capture, markets_before: int | None) -> bool:
    """Whether a live capture would have been let through."""
    columns = capture.columns
    tradable = columns["tradable"]
    found = [plausibility.counts(len(tradable), int(tradable.sum()), markets_before)]
    if (columns["spread"] < 0).any() or any(((columns[name] < 0) | (columns[name] > 1)).any() for name in PRICES):
        found += [plausibility.prices(capture.markets), plausibility.quotes(capture.markets)]
    return plausibility.refusal(found) is None
