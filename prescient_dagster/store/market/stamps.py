"""Captures whose stamps cannot be true. What came first is told by the numbers of captures, never by their stamps.

Numbers are given in the order in which captures are stored, whatever any clock says. A capture from the future has no
place among days: figures by day and replays leave it out, and what was booked on it counts from when it was stored.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, func, literal, select

from prescient_dagster.domain.market.capture_clock import STAMPED_BY_OUR_CLOCK, TOLERANCE
from prescient_dagster.store.tables import captures

STORED = func.least(captures.c.stored_at, func.now())
MISDATED = and_(captures.c.venue.in_(STAMPED_BY_OUR_CLOCK), captures.c.captured_at > STORED + literal(TOLERANCE))
"""Captures from the future: stamped by a clock that was ahead. They are nobody's newest, whatever their status.

A database on the same machine shares its clock: then they are from the future as soon as that is right again.
"""


def true_times(connection: Connection) -> dict[int, datetime]:
    """When the captures from the future were stored, by number; there is hardly ever one."""
    rows = connection.execute(select(captures.c.capture_id, STORED).where(MISDATED))
    return {row[0]: row[1] for row in rows}


def misdated_ids(connection: Connection) -> Collection[int]:
    """The numbers of the captures from the future."""
    return true_times(connection).keys()
