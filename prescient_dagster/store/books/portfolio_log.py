"""What was changed of portfolios: when, by whom, and what was known of it then."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import portfolio_log

SHOWN = ("at", "what", "by", "details")


class Logged(StrEnum):
    """What was changed."""

    CONFIG = "config"
    HALTED = "halted"
    RESUMED = "resumed"
    PAUSED = "paused"
    CLOSED = "closed"


def note(connection: Connection, entries: Iterable[tuple[int, Logged, str, Mapping[str, Any]]]) -> None:
    """Add to the log, of each entry the portfolio's number, what was changed, by whom, and the details."""
    rows = [
        {"portfolio_id": number, "what": str(what), "by": by, "details": dict(details)}
        for number, what, by, details in entries
    ]
    if rows:
        connection.execute(portfolio_log.insert(), rows)


def entries(database: Database, portfolio_id: int) -> list[dict[str, Any]]:
    """The log of a portfolio, the newest first."""
    query = select(*(portfolio_log.c[name] for name in SHOWN)).where(portfolio_log.c.portfolio_id == portfolio_id)
    with database.begin() as connection:
        return [dict(row) for row in connection.execute(query.order_by(portfolio_log.c.log_id.desc())).mappings()]
