"""What the snapshots of a portfolio came to, in the portfolio's row."""

from typing import Any

from sqlalchemy import Row, case, func

from prescient_dagster.domain.books.equity_track import EquityTrack, Halt
from prescient_dagster.store.tables import portfolios

COLUMNS = {
    "last_equity": "last",
    "last_equity_at": "at",
    "day_equity": "before_day",
    "high_equity": "high",
    "halted_at": "halted_at",
    "halted_by": "halted_by",
}
"""The columns of the table, and what they hold."""
STATUS = case(
    (portfolios.c.halted_at.is_(None), portfolios.c.status),
    else_=portfolios.c.status
    + ", halted since "
    + func.to_char(func.timezone("UTC", portfolios.c.halted_at), "YYYY-MM-DD HH24:MI")
    + case((portfolios.c.halted_by == Halt.DRAWDOWN, " by its drawdown"), else_=" by hand"),
).label("status")
"""The status of a portfolio, with since when and by what it is halted, for reading."""


def row_of(track: EquityTrack) -> dict[str, Any]:
    """The values of the columns."""
    return {column: getattr(track, name) for column, name in COLUMNS.items()}


def of_row(row: Row[Any]) -> EquityTrack | None:
    """The track in a row of the table; None: the portfolio was never valued nor halted."""
    if row.last_equity is None:
        return None
    values = {name: getattr(row, column) for column, name in COLUMNS.items()}
    return EquityTrack(**values | {"halted_by": row.halted_by and Halt(row.halted_by)})
