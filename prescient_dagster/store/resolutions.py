"""Resolutions: what the venue said of markets that are or were held, once they had closed or left its listing.

A row per change.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import nan
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from prescient_dagster.domain import money
from prescient_dagster.domain.ledger import Trade, TradeKind
from prescient_dagster.domain.markets import Capture
from prescient_dagster.domain.settlement import CORRECTION_DAYS, Ending, Verdict
from prescient_dagster.store import ledger
from prescient_dagster.store.captures import CaptureRecord
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import portfolios, positions, resolutions, trades

PAYMENTS = (TradeKind.SETTLEMENT, TradeKind.REFUND)


@dataclass(frozen=True, slots=True)
class Pending:
    """A held market that has closed and is not resolved; `since` by the venue's clock."""

    market_id: str
    market_question: str
    reason: str
    since: datetime


def to_ask(database: Database, capture: Capture, *, daily: bool) -> list[str]:
    """The markets to be asked for by id: held ones that the capture does not list as open.

    Args:
        daily: those that were settled in the last 30 days too, and those that were sold before they ended: whether what
            was paid for them was right is told by how they end.
    """
    with database.begin() as connection:
        ending = _held(connection) | (_sold(connection) if daily else set())
        again = _settled(connection, capture.captured_at) if daily else set()
    return sorted(again | {market_id for market_id in ending if not capture.lists_open(market_id)})


def watched(database: Database, captured_at: datetime) -> list[str]:
    """The markets whose verdict matters: those that are held, and those settled in the last 30 days."""
    with database.begin() as connection:
        return sorted(_held(connection) | _settled(connection, captured_at))


def _held(connection: Connection) -> set[str]:
    return set(connection.scalars(select(positions.c.market_id).distinct()))


def _settled(connection: Connection, captured_at: datetime) -> set[str]:
    since = captured_at - timedelta(days=CORRECTION_DAYS)
    query = select(trades.c.market_id).where(trades.c.kind.in_(PAYMENTS), trades.c.timestamp > since)
    return set(connection.scalars(query.distinct()))


def _sold(connection: Connection) -> set[str]:
    """The markets that were sold by somebody and have not ended yet."""
    sold = select(trades.c.market_id).where(trades.c.kind == TradeKind.SELL).distinct().subquery()
    newest = _newest(select(sold.c.market_id)).subquery()
    unknown = func.coalesce(newest.c.ending, Ending.PENDING) == Ending.PENDING
    query = select(sold.c.market_id).outerjoin(newest, newest.c.market_id == sold.c.market_id).where(unknown)
    return set(connection.scalars(query))


def observe(database: Database, record: CaptureRecord, verdicts: dict[str, Verdict], markets: pd.DataFrame) -> int:
    """Keep the verdicts that differ from the last ones known; how many there were. `markets` tells their prices."""
    told = markets.set_index("market_id")
    with database.begin() as connection:
        known = _latest(connection, verdicts)
        rows = [
            _row(record, market_id, verdict, told)
            for market_id, verdict in verdicts.items()
            if known.get(market_id) != (verdict.ending, verdict.reason)
        ]
        if rows:
            connection.execute(insert(resolutions).on_conflict_do_nothing(), rows)
    return len(rows)


def _row(record: CaptureRecord, market_id: str, verdict: Verdict, told: pd.DataFrame) -> dict[str, Any]:
    listed = told.loc[market_id].to_dict() if market_id in told.index else {}
    return {
        "market_id": market_id,
        "capture_id": record.capture_id,
        "timestamp": record.captured_at,
        "ending": verdict.ending,
        "reason": verdict.reason,
        "yes_price": _price(listed.get("yes_price", nan)),
        "no_price": _price(listed.get("no_price", nan)),
        "resolution_status": listed.get("resolution_status", ""),
    }


def _price(price: float) -> Decimal | None:
    """The price as it is shown beside a verdict; what is no price of a share is left out."""
    return money.price(price) if 0 <= price <= 1 else None


def _newest(market_ids: Iterable[str] | Select[Any]) -> Select[Any]:
    return (
        select(resolutions)
        .where(resolutions.c.market_id.in_(market_ids))
        .order_by(resolutions.c.market_id, resolutions.c.timestamp.desc())
        .ext(distinct_on(resolutions.c.market_id))
    )


def _latest(connection: Connection, market_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    return {row.market_id: (row.ending, row.reason) for row in connection.execute(_newest(market_ids))}


def final(database: Database, market_ids: Sequence[str]) -> dict[str, Verdict]:
    """The verdicts of those of these markets that have ended, as last seen."""
    with database.begin() as connection:
        latest = _latest(connection, market_ids)
    return {market_id: Verdict(Ending(end)) for market_id, (end, _) in latest.items() if end != Ending.PENDING}


def concerned(database: Database, market_ids: Sequence[str]) -> list[str]:
    """The slugs of the portfolios that hold one of these markets, or were paid by a verdict that no longer stands."""
    newest = _newest(market_ids).subquery()
    ended = newest.c.ending != Ending.PENDING
    held = select(positions.c.portfolio_id).join(newest, newest.c.market_id == positions.c.market_id).where(ended)
    paid_otherwise = (
        select(trades.c.portfolio_id)
        .join(newest, newest.c.market_id == trades.c.market_id)
        .where(
            ended,
            trades.c.kind.in_(PAYMENTS),
            trades.c.details["verdict"].astext != newest.c.ending,
        )
    )
    query = select(portfolios.c.slug).where(
        or_(portfolios.c.portfolio_id.in_(held), portfolios.c.portfolio_id.in_(paid_otherwise))
    )
    with database.begin() as connection:
        return list(connection.scalars(query.order_by(portfolios.c.portfolio_id)))


def pending(database: Database) -> list[Pending]:
    """The held markets that have closed and wait for their resolution, the oldest first."""
    held = (
        select(positions.c.market_id, func.max(positions.c.market_question).label("question"))
        .group_by(positions.c.market_id)
        .subquery()
    )
    with database.begin() as connection:
        questions = {row.market_id: row.question for row in connection.execute(select(held))}
        waiting = {
            market_id: reason
            for market_id, (ending, reason) in _latest(connection, questions).items()
            if ending == Ending.PENDING
        }
        first = (
            select(resolutions.c.market_id, func.min(resolutions.c.timestamp).label("since"))
            .where(resolutions.c.market_id.in_(waiting))
            .group_by(resolutions.c.market_id)
        )
        found = [Pending(row[0], questions[row[0]], waiting[row[0]], row[1]) for row in connection.execute(first)]
    return sorted(found, key=lambda market: (market.since, market.market_id))


def payments(database: Database, portfolio_ids: Iterable[int], market_ids: Iterable[str]) -> dict[int, list[Trade]]:
    """The settlements and refunds of these portfolios in these markets so far, by portfolio, in their order."""
    query = (
        select(trades)
        .where(
            trades.c.portfolio_id.in_(portfolio_ids),
            trades.c.market_id.in_(market_ids),
            trades.c.kind.in_(PAYMENTS),
        )
        .order_by(trades.c.trade_id)
    )
    made: dict[int, list[Trade]] = defaultdict(list)
    with database.begin() as connection:
        for row in connection.execute(query).mappings():
            made[row["portfolio_id"]].append(ledger.trade_of(row))
    return made
