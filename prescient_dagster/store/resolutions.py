"""Resolutions: what the venue said of markets that are or were held, once they had closed or left its listing.

A row per change. The newest is that of the newest capture, by its number: times depend on clocks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import nan
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, Select, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from prescient_dagster.domain import money
from prescient_dagster.domain.ledger import Trade, TradeKind
from prescient_dagster.domain.markets import Capture
from prescient_dagster.domain.settlement import OPEN, UNLISTED, Ending, Verdict, may_be_corrected
from prescient_dagster.store import ledger
from prescient_dagster.store.captures import CaptureRecord, CaptureStatus
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import captures, portfolios, positions, resolutions, trades

PAYMENTS = (TradeKind.SETTLEMENT, TradeKind.REFUND)
JUDGED = (CaptureStatus.READY, CaptureStatus.REFUSED)


@dataclass(frozen=True, slots=True)
class Pending:
    """A held market that has closed and is not resolved; `since` by the venue's clock."""

    market_id: str
    market_question: str
    reason: str
    since: datetime


def to_ask(database: Database, capture: Capture, *, daily: bool) -> list[str]:
    """The markets to be asked for by id: held ones that the capture does not list as open.

    Also those that it does, where the venue's last word was another: one that is open again has not ended.

    Args:
        daily: those that were paid or sold too, while that may have to be corrected.
    """
    with database.begin() as connection:
        markets = set(connection.scalars(select(positions.c.market_id).distinct()))
        said: dict[str, Verdict | None] = {**_latest(connection, select(positions.c.market_id))}
        if daily:
            left = _left(connection, capture.captured_at)
            markets, said = markets | left.keys(), said | left
    return sorted(
        market_id for market_id in markets if not capture.lists_open(market_id) or _is_news(said.get(market_id))
    )


def _is_news(said: Verdict | None) -> bool:
    """Whether it would be news that a market is open."""
    return said is not None and said.reason != OPEN


def _left(connection: Connection, at: datetime) -> dict[str, Verdict | None]:
    """The markets that somebody sold, or was paid for, and that may be corrected, with the venue's last word."""
    left = select(trades.c.market_id).where(trades.c.kind.in_((TradeKind.SELL, *PAYMENTS))).distinct()
    said = {row.market_id: row for row in connection.execute(_newest(left))}
    watched: dict[str, Verdict | None] = dict.fromkeys(set(connection.scalars(left)) - said.keys())
    for market_id, row in said.items():
        if may_be_corrected(_verdict(row), row.timestamp, row.confirmed_at, at):
            watched[market_id] = _verdict(row)
    return watched


def to_settle(database: Database, record: CaptureRecord, *, daily: bool) -> list[str]:
    """The markets whose endings may have to be booked: those that are held, and those paid otherwise than they ended.

    Args:
        daily: look at all that was ever paid; otherwise at what has been said since the last capture that was judged,
            on which all was booked that was known.
    """
    before = select(func.max(captures.c.capture_id)).where(
        captures.c.capture_id < record.capture_id, captures.c.status.in_(JUDGED)
    )
    since = literal(0) if daily else func.coalesce(before.scalar_subquery(), 0)
    ended = (resolutions.c.ending != Ending.PENDING, resolutions.c.capture_id > since)
    told = select(resolutions.c.market_id, resolutions.c.ending).where(*ended).subquery()
    otherwise = trades.c.kind.in_(PAYMENTS) & (trades.c.details["verdict"].astext != told.c.ending)
    paid = select(told.c.market_id).join(trades, (trades.c.market_id == told.c.market_id) & otherwise)
    with database.begin() as connection:
        held = set(connection.scalars(select(positions.c.market_id).distinct()))
        return sorted(held | set(connection.scalars(paid.distinct())))


def observe(
    database: Database, record: CaptureRecord, verdicts: Mapping[str, Verdict], capture: Capture, markets: pd.DataFrame
) -> int:
    """Keep the verdicts that differ from the last ones known, and when the others were said again; how many differ.

    That a held market has ended is kept as often as it is said: it may have been bought after it was said before.

    Args:
        capture: what the venue lists.
        markets: tells the prices that were told with the verdicts.
    """
    told = markets.set_index("market_id")
    said = {market_id: _listed(verdict, capture, market_id) for market_id, verdict in verdicts.items()}
    with database.begin() as connection:
        known = _latest(connection, said)
        held = set(connection.scalars(select(positions.c.market_id).where(positions.c.market_id.in_(said))))
        new = {
            market_id
            for market_id, verdict in said.items()
            if known.get(market_id) != verdict or (verdict.is_final and market_id in held)
        }
        rows = [_row(record, market_id, said[market_id], told) for market_id in sorted(new)]
        if rows:
            connection.execute(insert(resolutions).on_conflict_do_nothing(), rows)
        _confirm(connection, record, said.keys() - new)
    return len(rows)


def _listed(verdict: Verdict, capture: Capture, market_id: str) -> Verdict:
    """The verdict, which tells of an open market whether it is listed, too."""
    hidden = verdict.reason == OPEN and not capture.lists_open(market_id)
    return Verdict(verdict.ending, UNLISTED) if hidden else verdict


def _confirm(connection: Connection, record: CaptureRecord, market_ids: Collection[str]) -> None:
    """Note that what was said last of these markets has been said again."""
    if not market_ids:
        return
    newest = _newest(market_ids).subquery()
    which = tuple_(resolutions.c.market_id, resolutions.c.capture_id)
    change = update(resolutions).where(which.in_(select(newest.c.market_id, newest.c.capture_id)))
    connection.execute(change.values(confirmed_at=record.captured_at))


def _row(record: CaptureRecord, market_id: str, verdict: Verdict, told: pd.DataFrame) -> dict[str, Any]:
    listed = told.loc[market_id].to_dict() if market_id in told.index else {}
    return {
        "market_id": market_id,
        "capture_id": record.capture_id,
        "timestamp": record.captured_at,
        "confirmed_at": record.captured_at,
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
        .order_by(resolutions.c.market_id, resolutions.c.capture_id.desc())
        .ext(distinct_on(resolutions.c.market_id))
    )


def _latest(connection: Connection, market_ids: Iterable[str] | Select[Any]) -> dict[str, Verdict]:
    return {row.market_id: _verdict(row) for row in connection.execute(_newest(market_ids))}


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(Ending(row.ending), row.reason)


def final(database: Database, market_ids: Sequence[str]) -> dict[str, Verdict]:
    """The verdicts of those of these markets that have ended, as last seen."""
    with database.begin() as connection:
        latest = _latest(connection, market_ids)
    return {market_id: verdict for market_id, verdict in latest.items() if verdict.is_final}


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
            market_id: verdict.reason
            for market_id, verdict in _latest(connection, questions).items()
            if not verdict.is_final
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
