"""Snapshots as they are shown: a portfolio's value, capture by capture."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Float, Interval, Select, cast, func, select, true

from prescient_dagster.store.database import Database
from prescient_dagster.store.market.stamps import misdated_ids
from prescient_dagster.store.tables import portfolios, snapshots

HIDDEN = ("portfolio_id", "capture_id", "marks")
FIELDS = (*(column.name for column in snapshots.columns if column.name not in HIDDEN), "capture_id")


def list_snapshots(database: Database, portfolio_id: int, capture_id: int | None = None) -> list[dict[str, Any]]:
    """All snapshots of a portfolio, the oldest first, or the one of a capture."""
    query = select(*(snapshots.c[field] for field in FIELDS)).where(snapshots.c.portfolio_id == portfolio_id)
    if capture_id is not None:
        query = query.where(snapshots.c.capture_id == capture_id)
    with database.begin() as connection:
        ordered = query.order_by(snapshots.c.capture_id)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def equity_curves(
    database: Database, slugs: Sequence[str], most_points: int = 48
) -> dict[str, list[tuple[datetime, Decimal]]]:
    """The equity of portfolios by slug, over all snapshots, thinned evenly in time; absent where there is none.

    Without those of captures from the future.
    """
    with database.view() as connection:
        return curves(connection, slugs, most_points)


def curves(
    connection: Connection, slugs: Sequence[str], most_points: int = 48
) -> dict[str, list[tuple[datetime, Decimal]]]:
    """The same, as this transaction sees them."""
    found: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for slug, at, equity in connection.execute(_curves(slugs, most_points, misdated_ids(connection))):
        found[slug].append((at, equity))
    return found


def _curves(slugs: Sequence[str], most_points: int, misdated: Collection[int]) -> Select[Any]:
    """One look into the index per portfolio and point: there may be tens of thousands of snapshots."""
    mine = (snapshots.c.portfolio_id == portfolios.c.portfolio_id) & snapshots.c.capture_id.not_in(misdated)
    first, last = func.min(snapshots.c.timestamp), func.max(snapshots.c.timestamp)
    span = select(first.label("first"), last.label("last")).where(mine).correlate(portfolios).lateral("span")
    steps = func.generate_series(0, most_points - 1).table_valued("step").render_derived("steps")
    part = cast(steps.c.step, Float) / (most_points - 1)
    until = span.c.first + (span.c.last - span.c.first).op("*", precedence=8, return_type=Interval())(part)
    point = (
        select(snapshots.c.timestamp, snapshots.c.equity)
        .where(mine, snapshots.c.timestamp <= until)
        .order_by(snapshots.c.timestamp.desc(), snapshots.c.capture_id.desc())
        .limit(1)
        .correlate(portfolios, span, steps)
        .lateral("point")
    )
    joined = portfolios.join(span, true()).join(steps, true()).join(point, true())
    columns = (portfolios.c.slug, point.c.timestamp, point.c.equity)
    return select(*columns).distinct().select_from(joined).where(portfolios.c.slug.in_(slugs)).order_by(*columns[:2])
