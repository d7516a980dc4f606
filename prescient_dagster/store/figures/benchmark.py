"""What a benchmark is worked out from: where a portfolio bought, what markets were worth by day, how they ended."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.errors import StoreError
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import price_marks
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import CaptureRow, capture_rows, open_capture
from prescient_dagster.store.market.price_marks import READY, MarkSourceKind
from prescient_dagster.store.tables import captures, configs, cycles, portfolios, resolutions, trades


@dataclass(frozen=True, slots=True)
class Purchase:
    """A capture on which a portfolio bought, its effective config there, and when its cycle began, by our clock."""

    row: CaptureRow
    config: dict[str, Any]
    started_at: datetime


def first_purchases(connection: Connection, slug: str) -> list[Purchase]:
    """The first capture of each UTC day on which its cycle bought something, by day."""
    bought = select(trades.c.capture_id).where(
        trades.c.portfolio_id == cycles.c.portfolio_id,
        trades.c.capture_id == cycles.c.capture_id,
        trades.c.kind == TradeKind.BUY,
    )
    query = (
        select(cycles.c.capture_id, configs.c.config, cycles.c.started_at)
        .select_from(cycles.join(configs).join(portfolios))
        .where(portfolios.c.slug == slug, bought.exists())
    )
    decided = {capture_id: told for capture_id, *told in connection.execute(query)}
    rows = capture_rows(connection, READY, captures.c.capture_id.in_(decided))
    first = {row.captured_at.astimezone(UTC).date(): row for row in sorted(rows, key=_time, reverse=True)}
    return [Purchase(row, *decided[row.capture_id]) for _, row in sorted(first.items())]


def _time(row: CaptureRow) -> datetime:
    return row.captured_at


def day_ends(database: Database, folder: CaptureFolder, since: datetime, until: datetime) -> Iterator[pd.DataFrame]:
    """The marks of each UTC day's last capture that can still be read, from one moment to another, both included."""
    with database.view() as connection:
        kept = {file.day: file for file in price_marks.files(connection, MarkSourceKind.CAPTURES)}
        rows = capture_rows(connection, READY, captures.c.captured_at.between(since, until))
    for day, row in {row.captured_at.astimezone(UTC).date(): row for row in sorted(rows, key=_time)}.items():
        with suppress(StoreError):  # what is not told keeps the value it had
            if row.pruned_at is None:
                yield price_marks.of_capture(open_capture(folder, row))
            elif day in kept:
                yield from price_marks.last_of(folder, kept[day], until)


def endings(connection: Connection, market_ids: Collection[str]) -> list[tuple[str, datetime, Verdict]]:
    """How these markets ended, as far as it is final: market, from when on it could be known, and what it pays.

    In the order in which it became known: a correction follows what it corrects.
    """
    query = select(resolutions).where(resolutions.c.market_id.in_(market_ids)).order_by(resolutions.c.capture_id)
    found = [(row.market_id, row.timestamp, Verdict(Ending(row.ending))) for row in connection.execute(query)]
    return [(market_id, known, verdict) for market_id, known, verdict in found if verdict.is_final]
