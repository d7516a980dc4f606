"""Stored captures in the order of time, as a replay meets them, with what was known at each; and what was not there.

A capture that cannot be read is left out and told. Only captures that may be traded, or were refused, take part: one
that has not been judged yet is nobody's.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select

from prescient_dagster.domain.books.answers import Answer
from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.cycle.players import Moment
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures as stored
from prescient_dagster.store.market import order_books
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import CaptureRow, capture_rows, open_capture
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.forecasts import stored_forecasts
from prescient_dagster.store.market.lazy_captures import Habits
from prescient_dagster.store.market.resolutions import answer_of
from prescient_dagster.store.market.stamps import misdated_ids
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.store.tables import captures, resolutions

WRONG_CLOCK = "its time cannot be true, a clock was wrong"


@dataclass(frozen=True, slots=True)
class Gap:
    """A capture that took no part, and why."""

    captured_at: datetime
    reason: str
    capture_id: int | None = None


@dataclass
class ReadSoFar:
    """How much of a source was read, as far as it has been read.

    Attributes:
        read: refused ones among them; `missing` and `duplicated` are those that took no part.
        unnamed: files of a folder whose names tell no time.
        unread: captures that a strategy looked back at and that cannot be read any more, with why.
    """

    read: int = 0
    first: datetime | None = None
    last: datetime | None = None
    missing: list[Gap] = field(default_factory=list)
    duplicated: list[Gap] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    unread: Mapping[datetime, str] = field(default_factory=dict)

    def count(self, captured_at: datetime) -> None:
        """One more was read."""
        self.read += 1
        self.first, self.last = self.first or captured_at, captured_at

    def add(self, part: "ReadSoFar") -> None:
        """What was told of a part of the source."""
        self.read += part.read
        self.first, self.last = self.first or part.first, part.last or self.last
        self.missing += part.missing
        self.duplicated += part.duplicated
        self.unread = {**self.unread, **part.unread}

    def notes(self) -> list[str]:
        """What a reader has to know, a sentence each."""
        told = [*_sentences("missing", self.missing), *_sentences("left out", self.duplicated)]
        unread = [Gap(at, reason) for at, reason in self.unread.items()]
        told += _sentences("looked back at in vain", unread)
        if self.unnamed:
            files = "1 file was" if len(self.unnamed) == 1 else f"{len(self.unnamed)} files were"
            told.append(f"{files} left out for a name that tells no time: {self.unnamed[0]}")
        return told


def _sentences(what: str, gaps: list[Gap]) -> Iterator[str]:
    for reason, number in Counter(gap.reason for gap in gaps).items():
        first = next(gap for gap in gaps if gap.reason == reason)
        name = f"{first.captured_at:%Y-%m-%d %H:%M:%S}" + (f", {first.capture_id}" if first.capture_id else "")
        captured = "capture was" if number == 1 else "captures were"
        yield f"{number} {captured} {what}, the first of {name}: {reason}"


@dataclass(frozen=True, slots=True)
class StoredWindow:
    """Some neighbouring captures of a database, as a value that another process can open.

    Attributes:
        content: of all their files, in hex, so that nobody takes those of another database for them.
    """

    capture_ids: tuple[int, ...]
    content: str


class CaptureSource(Protocol):
    """Captures in the order of time."""

    name: str
    told: ReadSoFar

    def __len__(self) -> int: ...
    @property
    def times(self) -> Sequence[datetime]: ...
    def window(self, begin: int, end: int) -> Any: ...
    def opened(self, window: Any) -> "CaptureSource": ...
    def moments(self) -> Iterator[Moment]: ...
    def order_books(self, capture: Capture, token_ids: Iterable[str]) -> dict[str, Book]: ...


class Resolutions:
    """What the venue said of markets, told in the order of the captures on which it was asked."""

    def __init__(self, database: Database) -> None:
        self.told: dict[str, Answer] = {}
        query = select(resolutions).order_by(resolutions.c.capture_id, resolutions.c.market_id)
        with database.begin() as connection:
            self._rows = connection.execute(query).all()
        self._next = 0

    def up_to(self, capture_id: int) -> frozenset[str]:
        """Take in what was said until this capture; the markets of which that is new."""
        news = set()
        while self._next < len(self._rows) and self._rows[self._next].capture_id <= capture_id:
            row = self._rows[self._next]
            self.told[row.market_id] = answer_of(row)
            news.add(row.market_id)
            self._next += 1
        return frozenset(news)


class StoredCaptures:
    """The captures of the database, from one moment to another, both inclusive; checksums are verified."""

    name = "captures"

    def __init__(
        self,
        database: Database,
        folder: CaptureFolder,
        since: datetime | None = None,
        until: datetime | None = None,
        only: StoredWindow | None = None,
    ) -> None:
        self.told, self._habits = ReadSoFar(), Habits()
        self._database, self._folder = database, folder
        judged = captures.c.status.in_((CaptureStatus.READY, CaptureStatus.REFUSED))
        bounds = [captures.c.captured_at >= since] if since else []
        bounds += [captures.c.captured_at <= until] if until else []
        bounds += [captures.c.capture_id.in_(only.capture_ids)] if only else []
        with database.begin() as connection:
            self._rows, wrong = _by_clock(capture_rows(connection, judged, *bounds), misdated_ids(connection))
        self.told.duplicated += [Gap(row.captured_at, WRONG_CLOCK, row.capture_id) for row in wrong]
        if only is not None and self.window(0, len(self)) != only:
            raise StoreError(
                f"these are not the captures that are asked for, of {len(only.capture_ids)} there are {len(self)}: "
                "does PRESCIENT_DATABASE_URL name the same database everywhere?"
            )

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def times(self) -> Sequence[datetime]:
        return [row.captured_at for row in self._rows]

    def window(self, begin: int, end: int) -> StoredWindow:
        """Some of the captures, by their places."""
        rows = self._rows[begin:end]
        content = hashlib.sha256("".join(row.markets_sha256 for row in rows).encode()).hexdigest()
        return StoredWindow(tuple(row.capture_id for row in rows), content)

    def opened(self, window: StoredWindow) -> "StoredCaptures":
        """Some of the captures, as a source of their own."""
        return StoredCaptures(self._database, self._folder, only=window)

    def moments(self) -> Iterator[Moment]:
        """Every capture that can be read."""
        said = Resolutions(self._database)
        previous, past = self._before_the_first(), StoredPast(self._database, self._folder)
        self.told.unread, said_before = past.missed, stored_forecasts(self._database)
        news: frozenset[str] = frozenset()
        for row in self._rows:
            news |= said.up_to(row.capture_id)
            capture = self._opened(row)
            if capture is not None:
                ready = row.status == CaptureStatus.READY
                yield Moment(capture, ready, previous, said.told, news, PriceHistory(past), said_before)
                previous, news = row.captured_at if ready else previous, frozenset()

    def _before_the_first(self) -> datetime | None:
        before = stored.previous_ready(self._database, self._rows[0].capture_id) if self._rows else None
        return None if before is None else before.captured_at

    def _opened(self, row: CaptureRow) -> Capture | None:
        try:
            capture = open_capture(self._folder, row, self._habits)
        except StoreError as error:
            self.told.missing.append(Gap(row.captured_at, str(error), row.capture_id))
            return None
        self.told.count(row.captured_at)
        return capture

    def order_books(self, capture: Capture, token_ids: Iterable[str]) -> dict[str, Book]:
        """The books that were kept with the capture; nobody is asked for others."""
        return order_books.load(self._database, capture.capture_id, token_ids)


def _by_clock(rows: Iterable[CaptureRow], misdated: Collection[int]) -> tuple[list[CaptureRow], list[CaptureRow]]:
    """The captures whose stamps can be true, and those from the future, or refused since they go back in time."""
    right: list[CaptureRow] = []
    wrong: list[CaptureRow] = []
    for row in rows:
        goes_back = bool(right) and row.captured_at < right[-1].captured_at and row.status == CaptureStatus.REFUSED
        (wrong if goes_back or row.capture_id in misdated else right).append(row)
    return right, wrong
