"""Halting and resuming portfolios by hand. Who is halted makes exits, is valued and settled, and enters nothing."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from prescient_dagster.domain.books.equity_track import EquityTrack, Halt, begun
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.errors import Conflict
from prescient_dagster.store.books import equity_tracks, portfolio_log
from prescient_dagster.store.books.portfolio_log import Logged
from prescient_dagster.store.books.portfolios import become, lock
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import portfolios


def halt(database: Database, name: str, by: str = "") -> Portfolio:
    """Let a portfolio enter nothing until it is resumed. Halted again, nothing changes.

    Raises:
        NotFound: no such portfolio.
        Conflict: it is closed.
    """
    with database.begin() as connection:
        there = lock(connection, name)
        if there.status is PortfolioStatus.CLOSED:
            raise Conflict(f"portfolio {there.slug!r} is closed: that is final, there is nothing to halt")
        track, at = _track(connection, there)
        halted = track.halted(at, Halt.BY_HAND)
        if halted != track:
            _write(connection, there, halted)
            portfolio_log.note(connection, [(there.portfolio_id, Logged.HALTED, by, {"by": str(Halt.BY_HAND)})])
        return there


def resume(database: Database, name: str, by: str = "") -> Portfolio:
    """Let a paused, closing or halted portfolio trade again; one that was halted counts its highest equity anew.

    Raises:
        NotFound: no such portfolio.
        Conflict: it is closed.
    """
    with database.begin() as connection:
        there = lock(connection, name)
        resumed = become(connection, there, PortfolioStatus.ACTIVE, by)
        track, _ = _track(connection, there)
        if track.halted_at is not None:
            _write(connection, there, track.resumed())
            told = {"halted_by": track.halted_by, "high_before": str(track.high), "high": str(track.last)}
            portfolio_log.note(connection, [(there.portfolio_id, Logged.RESUMED, by, told)])
        return resumed


def _track(connection: Connection, there: Portfolio) -> tuple[EquityTrack, datetime]:
    """What its snapshots came to, and the moment up to which its books have come."""
    row = connection.execute(select(portfolios).where(portfolios.c.portfolio_id == there.portfolio_id)).one()
    return equity_tracks.of_row(row) or begun(there.initial_balance), row.books_at or there.created_at


def _write(connection: Connection, there: Portfolio, track: EquityTrack) -> None:
    values = equity_tracks.row_of(track) | {"version": portfolios.c.version + 1}
    connection.execute(update(portfolios).where(portfolios.c.portfolio_id == there.portfolio_id).values(values))
