"""Paying what has been resolved: the positions of every portfolio in markets that have ended, paused or not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from prescient_dagster.domain.books.answers import Answer, Answers, answers
from prescient_dagster.domain.books.ledger import Trade
from prescient_dagster.domain.books.settlement import UNKNOWN, UNREADABLE, Ending, Verdict, first_of_day, settled
from prescient_dagster.domain.errors import Conflict
from prescient_dagster.domain.market.markets import Capture, Listing
from prescient_dagster.store.books import cycles, ledger
from prescient_dagster.store.books.ledger import Booking
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.store.market.resolutions import Due
from prescient_dagster.venue.interface import Venue

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """What the venue said of how markets ended; `unanswered`: of which it did not answer, and why."""

    told: Answers = field(default_factory=dict)
    unanswered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """What one portfolio was paid, or had to give back, on a capture."""

    slug: str
    entries: tuple[Trade, ...]


def ask(database: Database, capture: Capture, record: CaptureRecord, venue: Venue) -> Heard:
    """Ask the venue how the markets ended that are held and no longer open, and keep what is new.

    Once a day also those that were paid, in case that has to be corrected, and those that were sold, since calibration
    counts how they ended. On a capture of a wrong clock nobody is asked: it is nobody's day.
    """
    if captures.wrong_clock(database, record):
        return Heard()
    asked = resolutions.to_ask(database, capture)
    if not asked:
        return Heard()
    found = venue.find_markets(asked, record.captured_at)
    told = _silence(asked, found) | answers(found.markets, capture)
    statuses = dict(zip(found.markets["market_id"], found.markets["resolution_status"], strict=True))
    resolutions.observe(database, record, told, statuses)
    return Heard(told, found.unanswered)


def _first_of_day(database: Database, record: CaptureRecord) -> bool:
    before = captures.previous_ready(database, record.capture_id)
    return first_of_day(record.captured_at, None if before is None else before.captured_at)


def _silence(asked: Sequence[str], found: Listing) -> dict[str, Answer]:
    """What is known of markets that the venue was asked for and does not know; of those unanswered nothing is."""
    unreadable = {rejection.record_id for rejection in found.rejections}
    heard = [market_id for market_id in asked if market_id not in found.unanswered]
    why = {market_id: UNREADABLE if market_id in unreadable else UNKNOWN for market_id in heard}
    return {market_id: Answer(Verdict(Ending.PENDING, reason)) for market_id, reason in why.items()}


def settle(database: Database, record: CaptureRecord) -> Iterator[Settled]:
    """Book what the verdicts known so far call for, one transaction per portfolio; repeated, it books nothing.

    On a capture of a wrong clock nothing is booked: the books would carry that time.
    """
    if captures.wrong_clock(database, record):
        return
    look = partial(resolutions.due, database, record, daily=_first_of_day(database, record))
    due = look()
    for slug in due.standings:
        entries = _settled(database, record, slug, due, look)
        if entries:
            yield Settled(slug, tuple(entries))


def _settled(database: Database, record: CaptureRecord, slug: str, due: Due, look: Callable[[], Due]) -> list[Trade]:
    for _ in range(ATTEMPTS):
        standing = due.standings.get(slug)
        if standing is None:
            return []
        portfolio_id = standing.portfolio.portfolio_id
        account, entries = settled(standing.account, due.paid.get(portfolio_id, ()), due.final, record.captured_at)
        with database.begin() as connection:
            if cycles.locked(connection, [standing]):
                if entries:
                    ledger.append(connection, [Booking(portfolio_id, record.capture_id, entry) for entry in entries])
                    cycles.save_accounts(connection, [(standing, account)], record.captured_at)
                return entries
        due = look()  # a cycle or another settlement came between: look again at what is there
    raise Conflict(f"portfolio {slug} is being changed by others all the time: run it again")
