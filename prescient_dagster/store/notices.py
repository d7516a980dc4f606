"""What has happened to portfolios since somebody last looked, by the numbers of the rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, or_, select

from prescient_dagster.domain.watch.notices import Read
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import captures, portfolio_log, portfolios, trades

MOST_ROWS = 20_000
SHOWN = ("trade_id", "kind", "market_question", "side", "side_label", "shares", "price", "cash_delta", "source_ref")


def ends(database: Database) -> tuple[int, int]:
    """The highest numbers of trades and of the log now: who begins to look tells nothing of before."""
    with database.begin() as connection:
        trade, entry = (
            connection.scalar(select(func.max(column))) for column in (trades.c.trade_id, portfolio_log.c.log_id)
        )
    return int(trade or 0), int(entry or 0)


def new_trades(database: Database, read: Read) -> list[RowMapping]:
    """The trades that have not been read, with their portfolio, in their order."""
    columns = (*(trades.c[name] for name in SHOWN), portfolios.c.slug)
    return _new(database, select(*columns).join_from(trades, portfolios), trades.c.trade_id, read)


def new_log(database: Database, read: Read) -> list[RowMapping]:
    """The entries of the portfolios' logs that have not been read, in their order."""
    columns = (portfolio_log.c.log_id, portfolio_log.c.what, portfolio_log.c.by, portfolio_log.c.details)
    query = select(*columns, portfolios.c.slug).join_from(portfolio_log, portfolios)
    return _new(database, query, portfolio_log.c.log_id, read)


def _new(database: Database, query: Select[Any], number: Any, read: Read) -> list[RowMapping]:
    unread = or_(number > read.last, number.in_(list(read.gaps)))
    with database.begin() as connection:
        return list(connection.execute(query.where(unread).order_by(number).limit(MOST_ROWS)).mappings())


def trades_between(database: Database, after: datetime, until: datetime) -> dict[str, int]:
    """How many trades were booked in this time, by our clock, by slug."""
    query = (
        select(portfolios.c.slug, func.count())
        .join_from(trades, portfolios)
        .join(captures, captures.c.capture_id == trades.c.capture_id)
        .where(captures.c.stored_at > after, captures.c.stored_at <= until)
        .group_by(portfolios.c.slug)
    )
    with database.begin() as connection:
        return {slug: int(count) for slug, count in connection.execute(query)}
