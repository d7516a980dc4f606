"""A folder of recordings as a venue: its clock is the time in the files' names.

A recording is `<UTC time>.json`, an array of Gamma events, or a capture: `<UTC time>.events.parquet` and
`<UTC time>.markets.parquet`. The time reads 2025-06-11T02-28-00Z. There are no order books.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.errors import InvalidInput, PrescientError, VenueAnswerInvalid
from prescient_dagster.domain.market.capture_schema import filled
from prescient_dagster.domain.market.markets import EVENTS as EVENT_TABLE
from prescient_dagster.domain.market.markets import MARKETS as MARKET_TABLE
from prescient_dagster.domain.market.markets import Listing, check_events, check_markets
from prescient_dagster.venue import kinds
from prescient_dagster.venue.interface import BooksOf, Progress, no_progress
from prescient_dagster.venue.polymarket.answers import decode_event_page
from prescient_dagster.venue.polymarket.crawl import Crawl, require_whole
from prescient_dagster.venue.sizes import MOST_ROWS, TooLargeError, read_file

TIME_FORMAT = "%Y-%m-%dT%H-%M-%SZ"
MOST_LETTERS = 60
PARQUET = b"PAR1"
JSON, EVENTS, MARKETS = ".json", ".events.parquet", ".markets.parquet"


class RecordedVenue:
    """What a venue once listed, one recording after the other."""

    name = "recorded"
    order_books_of = BooksOf.NO_CAPTURE

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def next_listing(self, after: datetime | None, progress: Progress = no_progress) -> Listing | None:
        """The first recording later than `after`, without the events that were closed by then; None at the end.

        Raises:
            InvalidInput: there is no such folder, or it holds no recordings, or a name tells no time.
            VenueError: the recording cannot be read, or lists nothing.
        """
        recordings = self._recordings()
        later = [captured_at for captured_at in recordings if after is None or captured_at > after]
        if not later:
            return None
        captured_at = min(later)
        listing = read_recording(recordings[captured_at], captured_at, open_only=True)
        progress(len(listing.events))
        return require_whole(listing)

    def find_markets(self, market_ids: Sequence[str], captured_at: datetime) -> Listing:
        """The given markets, open or closed, in the recording of exactly this time.

        Raises:
            InvalidInput: there is no recording of this time.
            VenueError: it cannot be read.
        """
        path = self._recordings().get(captured_at)
        if path is None:
            raise InvalidInput(f"{self._folder} has no recording of {captured_at.strftime(TIME_FORMAT)}; put it back")
        listing = read_recording(path, captured_at, open_only=False)
        markets = listing.markets[listing.markets["market_id"].isin(market_ids)].reset_index(drop=True)
        events = listing.events[listing.events["event_id"].isin(markets["event_id"])].reset_index(drop=True)
        rejections = tuple(rejection for rejection in listing.rejections if rejection.record_id in market_ids)
        return Listing(self.name, captured_at, events, markets, rejections)

    def order_books(self, token_ids: Sequence[str], captured_at: datetime) -> dict[str, Book]:
        """Nothing is known: recordings keep no order books."""
        return {}

    def close(self) -> None:
        """Nothing is open."""

    def _recordings(self) -> dict[datetime, Path]:
        """The file of each time; of a capture, the one with its events."""
        found: dict[datetime, Path] = {}
        for path in self._files():
            captured_at = time_of(path)
            if captured_at in found:
                raise InvalidInput(f"{found[captured_at]} and {path.name} are recordings of the same time; keep one")
            found[captured_at] = path
        if not found:
            told = "expected files like 2025-06-11T02-28-00Z.json"
            raise InvalidInput(f"{self._folder} holds no recordings: {told}{self._instead()}")
        return found

    def _instead(self) -> str:
        """What the folder holds in place of recordings."""
        names = sorted(path.name for path in self._folder.iterdir())
        return f"; found {ascii(names[0])[:MOST_LETTERS]} and {len(names) - 1} more" if names else ""

    def _files(self) -> Iterator[Path]:
        try:
            names = {path.name.replace(MARKETS, EVENTS) for path in self._folder.iterdir()}
        except OSError as error:
            raise InvalidInput(f"the recordings in {self._folder} cannot be read: {error.strerror}") from error
        return (self._folder / name for name in sorted(names) if name.endswith((JSON, EVENTS)))


def time_of(path: Path) -> datetime:
    """The time in the name of a recording's file.

    Raises:
        InvalidInput: it tells none.
    """
    stem = path.name.removesuffix(JSON).removesuffix(EVENTS).removesuffix(MARKETS)
    try:
        return datetime.strptime(stem, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(f"{path}: the name tells no time; it should read like 2025-06-11T02-28-00Z.json") from error


def read_recording(path: Path, captured_at: datetime, *, open_only: bool) -> Listing:
    """What a recording lists; of a capture, `path` is the file with its events.

    Args:
        open_only: without the events that were closed by then.

    Raises:
        VenueAnswerInvalid: it cannot be read.
    """
    try:
        if path.name.endswith(JSON):
            return _from_json(path, captured_at, open_only=open_only)
        return _from_capture(path, captured_at, open_only=open_only)
    except PrescientError as error:
        raise VenueAnswerInvalid(f"{path}: {error}") from error
    except TooLargeError as error:
        raise VenueAnswerInvalid(f"{path} is {error}: no recording is") from error
    except OSError as error:
        raise VenueAnswerInvalid(f"{path} cannot be read: {_why(path)}") from error
    except (pa.ArrowException, ValueError, KeyError, TypeError) as error:
        raise VenueAnswerInvalid(f"{path} cannot be read: {_why(path)}") from error


def _table(path: Path) -> pd.DataFrame:
    with pq.ParquetFile(pa.BufferReader(read_file(path))) as file:
        if file.metadata.num_rows > MOST_ROWS:
            raise TooLargeError(f"a table of more than {MOST_ROWS:,} rows")
        frame: pd.DataFrame = file.read().to_pandas()
        return frame


def _why(path: Path) -> str:
    """Why a recording, or one of the two files of a capture, cannot be read."""
    files = (path,) if path.name.endswith(JSON) else (path, path.with_name(path.name.removesuffix(EVENTS) + MARKETS))
    try:
        for each in files:
            content = each.read_bytes()
            if not content.startswith(PARQUET):
                return f"{each.name} is {kinds.of_content(content) or 'text'}, expected a Parquet file of a capture"
    except OSError as error:
        return f"{each.name}: {error.strerror}"
    return "its content is damaged"


def _from_json(path: Path, captured_at: datetime, *, open_only: bool) -> Listing:
    crawl = Crawl()
    crawl.add_events(decode_event_page(read_file(path)), open_only=open_only)
    return crawl.listing(RecordedVenue.name, captured_at)


def _from_capture(path: Path, captured_at: datetime, *, open_only: bool) -> Listing:
    events = filled(_table(path), EVENT_TABLE)
    markets = filled(_table(path.with_name(path.name.removesuffix(EVENTS) + MARKETS)), MARKET_TABLE)
    check_events(events)
    check_markets(markets)
    if open_only:
        events = events[~events["closed"]].reset_index(drop=True)
        markets = markets[markets["event_id"].isin(events["event_id"])].reset_index(drop=True)
    return Listing(RecordedVenue.name, captured_at, events, markets)
