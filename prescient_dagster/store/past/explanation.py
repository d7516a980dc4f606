"""What an explanation starts from: a portfolio as its cycle on a capture found it, and what that cycle did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from prescient_dagster.domain.books.equity_track import EquityTrack, of_document
from prescient_dagster.domain.books.ledger import Account, Trade, rebuilt
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.cycle.order_books import NoBook
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import token_id
from prescient_dagster.domain.strategy.signals import Action, RejectReason
from prescient_dagster.store.books import equity_tracks, ledger
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.ledger import Booked
from prescient_dagster.store.books.portfolios import get
from prescient_dagster.store.books.signals import list_signals
from prescient_dagster.store.books.trades import list_trades
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, order_books
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.store.tables import configs, cycles, portfolios

ENDING = {PortfolioStatus.CLOSING, PortfolioStatus.CLOSED}
NO_BOOK_REASONS = {RejectReason.NO_BOOK, RejectReason.BOOK_UNUSABLE, RejectReason.VENUE_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class FoundCycle:
    """A cycle as it is stored; `config` is the effective one.

    Attributes:
        portfolio_status: as the cycle found it; None: it was stored by the first version, which does not tell.
        track: what the snapshots before it had come to; None: it is from before that was kept.
        started_at: by our clock.
    """

    stage: Stage
    config: dict[str, Any]
    code_version: str
    portfolio_status: PortfolioStatus | None = None
    track: EquityTrack | None = None
    started_at: datetime | None = None


def found_cycle(row: RowMapping, config: dict[str, Any]) -> FoundCycle:
    """The cycle in a row of the table, under this effective config."""
    noted, track = row["portfolio_status"], row["equity_track"]
    status = None if noted is None else PortfolioStatus(noted)
    track = track and of_document(track)
    return FoundCycle(Stage(row["stage"]), config, row["code_version"], status, track, row["started_at"])


@dataclass(frozen=True, slots=True)
class Situation:
    """A portfolio at a capture.

    Attributes:
        account: its books before its cycle there, without marks.
        previous: `captured_at` of the capture that could be traded before; None: there was none.
        cycle: its cycle on the capture; None: it has none.
        failure: why its last cycle failed, on whatever capture.
        signals: of the cycle, in their order; `trades` are those booked on the capture, settlements among them.
    """

    portfolio: Portfolio
    record: CaptureRecord
    account: Account
    previous: datetime | None
    cycle: FoundCycle | None
    failure: str | None
    signals: list[dict[str, Any]]
    trades: list[dict[str, Any]]

    @property
    def entries(self) -> set[str]:
        """The markets that the cycle wished to enter."""
        return {signal["market_id"] for signal in self.signals if Action(signal["action"]).is_entry}

    @property
    def status(self) -> PortfolioStatus:
        """What the portfolio was when the cycle began, as far as the cycle tells; without a cycle what it is now."""
        if self.cycle is None:
            return self.portfolio.status
        return status_then(self.cycle.portfolio_status, self.portfolio.status, enters=bool(self.entries))


def status_then(noted: PortfolioStatus | None, now: PortfolioStatus, *, enters: bool) -> PortfolioStatus:
    """What a portfolio was when a cycle began: as the cycle noted it, or as far as one can tell."""
    if noted is not None:
        return noted
    return PortfolioStatus.CLOSING if now in ENDING and not enters else PortfolioStatus.ACTIVE


def situation(database: Database, name: str, capture_id: int | None = None) -> Situation:
    """The portfolio with this slug or number at a capture; None: at the newest that may be traded.

    Raises:
        NotFound: there is no such portfolio or no such capture.
    """
    portfolio = get(database, name)
    record = captures.ready(database) if capture_id is None else captures.find(database, capture_id)
    before = captures.previous_ready(database, record.capture_id)
    with database.view() as connection:
        cycle = _cycle(connection, portfolio.portfolio_id, record.capture_id)
        booked = ledger.load_booked(connection, portfolio.portfolio_id)
        row = connection.execute(select(portfolios).where(portfolios.c.portfolio_id == portfolio.portfolio_id)).one()
    account = rebuilt(portfolio.initial_balance, before_cycle(booked, record.capture_id))
    track = equity_tracks.of_row(row) if cycle is None else cycle.track
    return Situation(
        portfolio=portfolio,
        record=record,
        account=replace(account, track=track),
        previous=None if before is None else before.captured_at,
        cycle=cycle,
        failure=row.last_error,
        signals=list_signals(database, portfolio.portfolio_id, record.capture_id),
        trades=list_trades(database, portfolio.portfolio_id, record.capture_id),
    )


def before_cycle(booked: Sequence[Booked], capture_id: int) -> list[Trade]:
    """The books, in the order in which they were booked, as the cycle on this capture found them.

    A cycle may come late: what newer captures have settled by then is booked before its trades. Where it traded
    nothing, only what was settled up to its capture is taken to have been there.
    """
    traded = [number for number, each in enumerate(booked) if not each.trade.is_before_cycle]
    first = next((number for number in traded if booked[number].capture_id >= capture_id), len(booked))
    sure = 1 + max((number for number in traded if number < first), default=-1)
    here = first < len(booked) and booked[first].capture_id == capture_id
    found = [*booked[:sure], *(each for each in booked[sure:first] if here or each.capture_id <= capture_id)]
    return [each.trade for each in found]


def book_fault(database: Database, capture: Capture, signal: Mapping[str, Any]) -> str | None:
    """What was wrong with the order book that a signal of this capture was refused for; None: it was not refused so."""
    reason, market_id = signal["reject_reason"], signal["market_id"]
    if reason not in NO_BOOK_REASONS or market_id not in capture.row_of:
        return None
    token = token_id(capture, market_id, Action(signal["action"]).side)
    unavailable = [token] if reason == RejectReason.VENUE_UNAVAILABLE else []
    book = order_books.load(database, capture.capture_id, [token], unavailable=unavailable).get(token)
    return book.why if isinstance(book, NoBook) and book.reason == reason else None


def _cycle(connection: Connection, portfolio_id: int, capture_id: int) -> FoundCycle | None:
    mine = (cycles.c.portfolio_id == portfolio_id, cycles.c.capture_id == capture_id)
    row = connection.execute(select(cycles, configs.c.config).join(configs).where(*mine)).mappings().one_or_none()
    return None if row is None else found_cycle(row, row["config"])
