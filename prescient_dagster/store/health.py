"""What health is judged by, in queries small enough for every half minute."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from prescient_dagster.domain.books.equity_track import EquityTrack
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.watch.health import CaptureSeen, MarketData
from prescient_dagster.store.books import equity_tracks
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.captures import CaptureRecord, CaptureStatus
from prescient_dagster.store.tables import captures as captures_table
from prescient_dagster.store.tables import cycles, portfolios


def market_data_seen(database: Database) -> MarketData:
    """The newest capture, the newest that may be traded, and the last one where its time cannot be true."""
    newest, latest = captures.newest(database), captures.latest(database)
    wrong = "" if latest is None or latest == newest else captures.wrong_clock(database, latest)
    misdated = CaptureSeen(latest.capture_id, latest.stored_at, wrong) if latest is not None and wrong else None
    return MarketData(_seen(newest), _seen(captures.newest_ready(database)), misdated)


def _seen(record: CaptureRecord | None) -> CaptureSeen | None:
    if record is None:
        return None
    refused = record.status is CaptureStatus.REFUSED
    return CaptureSeen(record.capture_id, record.stored_at, (record.status_reason or "no reason") if refused else None)


def rounds(database: Database) -> tuple[datetime, datetime] | None:
    """When the first and the newest round of trading began, by our clock; None where nothing has been traded."""
    ends = [select(bound(cycles.c.capture_id)).scalar_subquery() for bound in (func.min, func.max)]
    with database.begin() as connection:
        first, newest = (
            connection.scalar(select(func.max(cycles.c.started_at)).where(cycles.c.capture_id == end)) for end in ends
        )
    return None if first is None or newest is None else (first, newest)


def refused_between(database: Database, after: datetime, until: datetime) -> list[CaptureSeen]:
    """The captures stored in this time, by our clock, that were refused, the oldest first."""
    table = captures_table.c
    query = (
        select(table.capture_id, table.stored_at, table.status_reason)
        .where(table.status == CaptureStatus.REFUSED, table.stored_at > after, table.stored_at <= until)
        .order_by(table.capture_id)
    )
    with database.begin() as connection:
        return [CaptureSeen(row[0], row[1], row[2] or "no reason") for row in connection.execute(query)]


def failing_portfolios(database: Database, strategy: str | None = None) -> Mapping[str, str]:
    """Why the last cycle failed, by slug, of the portfolios whose last cycle failed and that are not closed.

    Args:
        strategy: None: of all of them.
    """
    query = (
        select(portfolios.c.slug, portfolios.c.last_error)
        .where(portfolios.c.last_error.is_not(None), portfolios.c.status != PortfolioStatus.CLOSED)
        .order_by(portfolios.c.portfolio_id)
    )
    if strategy is not None:
        query = query.where(portfolios.c.strategy_type == strategy)
    with database.begin() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def halted_portfolios(database: Database) -> Mapping[str, EquityTrack]:
    """Since when and by what those are halted that are, by slug."""
    query = select(portfolios).where(portfolios.c.halted_at.is_not(None), portfolios.c.status != PortfolioStatus.CLOSED)
    with database.begin() as connection:
        found = connection.execute(query.order_by(portfolios.c.portfolio_id))
        return {row.slug: track for row in found if (track := equity_tracks.of_row(row)) is not None}
