"""Fetching what prices were from the venue, and keeping it as hourly marks beside those of our own captures.

Twenty markets at a time are asked for, and what came is noted before the next ones are: whatever breaks off, the next
fetch of the same goes on after them. The marks are written once everything is there.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from prescient_dagster.domain.errors import Conflict, InvalidInput, StoreError
from prescient_dagster.store import private_folders
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, price_marks
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.price_marks import MarksFile, MarkSourceKind
from prescient_dagster.venue.interface import TellsPastPrices

Answered = dict[str, dict[str, Any]]
"""What came of one request: points and refusals, by token."""
TOGETHER = 20
HOUR = 3_600
PLAN = "plan.json"
FRESH = timedelta(days=1)
"""A fetch that broke off is gone on with for so long; after that its end lies too far back, and it begins anew."""

Watch = Callable[[int, int], None]
"""Is told how many markets have been asked for, and of how many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A market whose past is wanted, by its YES token."""

    market_id: str
    token_id: str


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What is fetched: it stays the same for who goes on with it. Times are whole hours, in seconds."""

    since: int
    until: int
    markets: tuple[tuple[str, str], ...]

    @property
    def batches(self) -> list[tuple[tuple[str, str], ...]]:
        """Markets and their tokens, as they are asked for together."""
        return [self.markets[first : first + TOGETHER] for first in range(0, len(self.markets), TOGETHER)]


@dataclass(slots=True)
class FetchedHistory:
    """What came of a fetch.

    Attributes:
        marks: hourly prices, in `days` of UTC; those that were here before are not among them.
        without: the markets of which the venue has no price of that time, and `refused` those it refuses, with why.
        younger: the markets whose first price is more than a day later than what was asked for.
        resumed: how many markets had been fetched before, when it broke off.
    """

    since: datetime
    until: datetime
    markets: int
    marks: int = 0
    days: int = 0
    without: list[str] = field(default_factory=list)
    younger: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    resumed: int = 0


def fetch(  # noqa: PLR0913, PLR0917 - where from, where to, and what
    database: Database,
    captures: CaptureFolder,
    workshop: Path,
    venue: object,
    wanted: Sequence[Wanted],
    days: int,
    now: datetime,
    watch: Watch = lambda _done, _of: None,
) -> FetchedHistory:
    """Ask the venue for the prices of the last `days` of these markets, and keep them as marks.

    Args:
        workshop: a folder for what has come so far.

    Raises:
        InvalidInput: the venue tells no past prices, or nothing is wanted.
        Conflict: another fetch is going on.
        VenueError: the venue does not answer; what has come is kept, the same fetch again goes on.
    """
    if not isinstance(venue, TellsPastPrices):
        raise InvalidInput("this venue tells no past prices: set PRESCIENT_VENUE=polymarket")
    if not wanted:
        raise InvalidInput("no market is meant: name others with --search or --market")
    with _alone(workshop) as folder:
        plan = _plan(folder, wanted, days, now)
        found = FetchedHistory(_time(plan.since), _time(plan.until), len(plan.markets))
        prices = _all(plan, folder, venue, found, watch)
        for file in _kept(database, captures, prices):
            found.marks, found.days = found.marks + file.marks, found.days + 1
        _empty(folder)
    return found


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    private_folders.make(folder)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    except BlockingIOError:
        raise Conflict("history is being fetched already: wait for that") from None
    except OSError as error:
        raise StoreError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _plan(folder: Path, wanted: Sequence[Wanted], days: int, now: datetime) -> FetchPlan:
    """What is fetched: what broke off, if the same is asked for and it is not too old."""
    until = int(now.timestamp()) // HOUR * HOUR
    new = FetchPlan(until - days * 24 * HOUR, until, tuple((each.market_id, each.token_id) for each in wanted))
    there = _broken_off(folder)
    if there is not None and _same(there, new) and new.until - there.until <= FRESH.total_seconds():
        return there
    _empty(folder)
    capture_files.write(folder / PLAN, json.dumps(asdict(new)).encode())
    return new


def _empty(folder: Path) -> None:
    for each in folder.iterdir():
        each.unlink()


def _same(one: FetchPlan, other: FetchPlan) -> bool:
    return one.markets == other.markets and one.until - one.since == other.until - other.since


def _broken_off(folder: Path) -> FetchPlan | None:
    try:
        told = json.loads((folder / PLAN).read_bytes())
        return FetchPlan(told["since"], told["until"], tuple((market, token) for market, token in told["markets"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _all(plan: FetchPlan, folder: Path, venue: TellsPastPrices, found: FetchedHistory, watch: Watch) -> pd.DataFrame:
    """The points of all markets: columns market_id, at (second), yes_price."""
    parts, done = [], 0
    for batch in plan.batches:
        file = folder / f"{hashlib.sha256(json.dumps(batch).encode()).hexdigest()[:32]}.json"
        told = _noted(file)
        if told is None:
            answered = venue.past_prices([token for _, token in batch], plan.since, plan.until)
            told = {"points": dict(answered.points), "refused": dict(answered.refused)}
            capture_files.write(file, json.dumps(told).encode())
        else:
            found.resumed += len(batch)
        parts += [_points(market_id, token, told, plan, found) for market_id, token in batch]
        done += len(batch)
        watch(done, len(plan.markets))
    return pd.concat(parts, ignore_index=True)


def _noted(file: Path) -> Answered | None:
    try:
        told: Answered = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return told


def _points(market_id: str, token: str, told: Answered, plan: FetchPlan, found: FetchedHistory) -> pd.DataFrame:
    if token in told["refused"]:
        found.refused[market_id] = str(told["refused"][token])
    points = pd.DataFrame(told["points"].get(token, []), columns=["at", "yes_price"])
    if token not in told["refused"] and points.empty:
        found.without.append(market_id)
    elif len(points) and points["at"].iloc[0] > plan.since + 24 * HOUR:
        found.younger.append(market_id)
    points["market_id"] = market_id
    return points


def _kept(database: Database, captures: CaptureFolder, prices: pd.DataFrame) -> Iterator[MarksFile]:
    """The files of what is new: of each market and UTC hour the last price."""
    prices = prices.astype({"at": "int64", "yes_price": "float64"}).sort_values(["at", "market_id"], kind="stable")
    last = prices.assign(hour=prices["at"] // HOUR).drop_duplicates(["market_id", "hour"], keep="last")
    last = last.assign(captured_at=pd.to_datetime(last["at"], unit="s", utc=True).astype("datetime64[us, UTC]"))
    last[["best_bid", "best_ask", "volume"]] = float("nan")
    for day, marks in last.groupby(last["captured_at"].dt.date, sort=True):
        known = price_marks.of_venue(database, captures, day)
        hours = pd.MultiIndex.from_arrays([known["market_id"], known["captured_at"].dt.floor("h")])
        there = pd.MultiIndex.from_arrays([marks["market_id"], marks["captured_at"].dt.floor("h")]).isin(hours)
        if not there.all():
            new = marks[~there][price_marks.SCHEMA.names]
            yield price_marks.write(database, captures, day, [new], MarkSourceKind.VENUE)
