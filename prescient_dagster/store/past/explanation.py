"""What an explanation starts from: a portfolio as its cycle on a capture found it, and what that cycle did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from prescient_dagster.domain.books.ledger import Account, Trade, rebuilt
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.cycle.order_books import NoBook
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import token_id
from prescient_dagster.domain.strategy.signals import Action, RejectReason
from prescient_dagster.store.books import ledger
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.ledger import Booked
from prescient_dagster.store.books.portfolios import get
from prescient_dagster.store.books.signals import list_signals
from prescient_dagster.store.books.trades import list_trades
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, order_books
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.store.market.resolutions import PAYMENTS
from prescient_dagster.store.tables import configs, cycles, portfolios

ENDING = {PortfolioStatus.CLOSING, PortfolioStatus.CLOSED}
NO_BOOK_REASONS = {RejectReason.NO_BOOK, RejectReason.BOOK_UNUSABLE, RejectReason.VENUE_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class FoundCycle:
    """A cycle as it is stored; `config` is the effective one.

    Attributes:
        portfolio_status: as the cycle found it; None: it was stored by the first version, which does not tell.
    """

    stage: Stage
    config: dict[str, Any]
    code_version: str
    portfolio_status: PortfolioStatus | None = None


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
        failure = connection.scalar(
            select(portfolios.c.last_error).where(portfolios.c.portfolio_id == portfolio.portfolio_id)
        )
    return Situation(
        portfolio=portfolio,
        record=record,
        account=rebuilt(portfolio.initial_balance, before_cycle(booked, record.capture_id)),
        previous=None if before is None else before.captured_at,
        cycle=cycle,
        failure=failure,
        signals=list_signals(database, portfolio.portfolio_id, record.capture_id),
        trades=list_trades(database, portfolio.portfolio_id, record.capture_id),
    )


def before_cycle(booked: Sequence[Booked], capture_id: int) -> list[Trade]:
    """The books, in the order in which they were booked, as the cycle on this capture found them.

    A cycle may come late: what newer captures have settled by then is booked before its trades. Where it traded
    nothing, only what was settled up to its capture is taken to have been there.
    """
    traded = [number for number, each in enumerate(booked) if each.trade.kind not in PAYMENTS]
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
    row = connection.execute(select(cycles, configs.c.config).join(configs).where(*mine)).one_or_none()
    if row is None:
        return None
    status = None if row.portfolio_status is None else PortfolioStatus(row.portfolio_status)
    return FoundCycle(Stage(row.stage), row.config, row.code_version, status)
