"""Resolutions: what the venue said of markets that are or were held, once they had closed or left its listing.

A row per change. The newest is that of the newest capture, by its number: times depend on clocks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, SelectBase, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from prescient_dagster.domain.books.answers import PRICES, Answer, Answers
from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.domain.books.settlement import OPEN, Ending, Verdict, may_be_corrected
from prescient_dagster.domain.books.unresolved import Pending
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.store.books import ledger
from prescient_dagster.store.books.cycles import Standing, standings
from prescient_dagster.store.database import Database
from prescient_dagster.store.many_rows import write_rows
from prescient_dagster.store.market.captures import CaptureRecord, CaptureStatus
from prescient_dagster.store.tables import captures, portfolios, positions, resolutions, trades

PAYMENTS = (TradeKind.SETTLEMENT, TradeKind.REFUND)
JUDGED = (CaptureStatus.READY, CaptureStatus.REFUSED)


def to_ask(database: Database, capture: Capture) -> list[str]:
    """The markets to be asked for by id: held ones that the capture does not list as open.

    Also those that it does, where the venue's last word was another: one that is open again has not ended. And once a
    day those that were paid or sold, while that may have to be corrected; where nobody answers, again the next time.
    """
    with database.begin() as connection:
        markets = set(connection.scalars(select(positions.c.market_id).distinct()))
        said: dict[str, Answer | None] = {**_latest(connection, select(positions.c.market_id))}
        left = _left(connection, capture.captured_at)
        markets, said = markets | left.keys(), said | left
    return sorted(
        market_id for market_id in markets if not capture.lists_open(market_id) or _is_news(said.get(market_id))
    )


def _is_news(said: Answer | None) -> bool:
    """Whether it would be news that a market is open."""
    return said is not None and said.verdict.reason != OPEN


def _left(connection: Connection, at: datetime) -> dict[str, Answer | None]:
    """The markets that somebody sold, or was paid for, and that may be corrected, with the venue's last word."""
    left = select(trades.c.market_id).where(trades.c.kind.in_((TradeKind.SELL, *PAYMENTS))).distinct()
    said = {row.market_id: row for row in connection.execute(_newest(left))}
    watched: dict[str, Answer | None] = dict.fromkeys(set(connection.scalars(left)) - said.keys())
    for market_id, row in said.items():
        answer = answer_of(row)
        if may_be_corrected(answer.verdict, row.timestamp, row.confirmed_at, at):
            watched[market_id] = answer
    return watched


@dataclass(frozen=True, slots=True)
class Due:
    """What may have to be booked on a capture, as one view of the store tells it.

    Attributes:
        final: how markets ended, as last seen.
        standings: by slug the portfolios that hold one of them, or were paid by a verdict that no longer stands.
        paid: by number of a portfolio what it was paid in these markets so far, in that order.
    """

    final: Mapping[str, Verdict] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    paid: Mapping[int, Sequence[Trade]] = field(default_factory=dict)


def due(database: Database, record: CaptureRecord, *, daily: bool) -> Due:
    """What a settlement on a capture starts from.

    Args:
        daily: look at all that was ever paid; otherwise at what has been said since the last capture that was judged,
            on which all was booked that was known.
    """
    with database.view() as connection:
        verdicts = final(connection, _to_settle(record, daily=daily))
        if not verdicts:
            return Due()
        slugs = _concerned(connection, verdicts)
        found = standings(connection, slugs)
        ids = [standing.portfolio.portfolio_id for standing in found.values()]
        return Due(verdicts, {slug: found[slug] for slug in slugs}, _payments(connection, ids, verdicts))


def final(connection: Connection, market_ids: Iterable[str] | SelectBase) -> dict[str, Verdict]:
    """The verdicts of those of these markets that have ended, as last seen."""
    latest = _latest(connection, market_ids)
    return {market_id: answer.verdict for market_id, answer in latest.items() if answer.verdict.is_final}


def _to_settle(record: CaptureRecord, *, daily: bool) -> SelectBase:
    """The markets whose endings may have to be booked: the held ones, and those paid otherwise than they ended."""
    before = select(func.max(captures.c.capture_id)).where(
        captures.c.capture_id < record.capture_id, captures.c.status.in_(JUDGED)
    )
    since = literal(0) if daily else func.coalesce(before.scalar_subquery(), 0)
    ended = (resolutions.c.ending != Ending.PENDING, resolutions.c.capture_id > since)
    told = select(resolutions.c.market_id, resolutions.c.ending).where(*ended).subquery()
    otherwise = trades.c.kind.in_(PAYMENTS) & (trades.c.details["verdict"].astext != told.c.ending)
    paid = select(told.c.market_id).join(trades, (trades.c.market_id == told.c.market_id) & otherwise)
    return select(positions.c.market_id).union(paid)


def observe(database: Database, record: CaptureRecord, said: Answers, statuses: Mapping[str, str]) -> int:
    """Keep the answers that differ from the last ones known, and when the others were said again; how many differ.

    That a held market has ended is kept as often as it is said: it may have been bought after it was said before.

    Args:
        statuses: the oracle's last word of a market, as far as there is one.
    """
    with database.begin() as connection:
        known = _latest(connection, said)
        held = set(connection.scalars(select(positions.c.market_id).where(positions.c.market_id.in_(said))))
        new = {
            market_id
            for market_id, answer in said.items()
            if answer.is_news_after(known.get(market_id)) or (answer.verdict.is_final and market_id in held)
        }
        rows = [_row(record, market_id, said[market_id], statuses.get(market_id, "")) for market_id in sorted(new)]
        if rows:
            write_rows(connection, insert(resolutions).on_conflict_do_nothing(), rows)
        _confirm(connection, record, said.keys() - new)
    return len(rows)


def _confirm(connection: Connection, record: CaptureRecord, market_ids: Collection[str]) -> None:
    """Note that what was said last of these markets has been said again."""
    if not market_ids:
        return
    newest = _newest(market_ids).subquery()
    which = tuple_(resolutions.c.market_id, resolutions.c.capture_id)
    change = update(resolutions).where(which.in_(select(newest.c.market_id, newest.c.capture_id)))
    connection.execute(change.values(confirmed_at=record.captured_at))


def _row(record: CaptureRecord, market_id: str, answer: Answer, status: str) -> dict[str, Any]:
    return {
        "market_id": market_id,
        "capture_id": record.capture_id,
        "timestamp": record.captured_at,
        "confirmed_at": record.captured_at,
        "ending": answer.verdict.ending,
        "reason": answer.verdict.reason,
        **{name: answer.prices.get(name) for name in PRICES},
        "resolution_status": status,
    }


def answer_of(row: Row[Any]) -> Answer:
    """The answer in a row of the table."""
    prices = {name: price for name in PRICES if (price := getattr(row, name)) is not None}
    return Answer(Verdict(Ending(row.ending), row.reason, row.timestamp), prices)


def _newest(market_ids: Iterable[str] | SelectBase) -> Select[Any]:
    return (
        select(resolutions)
        .where(resolutions.c.market_id.in_(market_ids))
        .order_by(resolutions.c.market_id, resolutions.c.capture_id.desc())
        .ext(distinct_on(resolutions.c.market_id))
    )


def _latest(connection: Connection, market_ids: Iterable[str] | SelectBase) -> dict[str, Answer]:
    return {row.market_id: answer_of(row) for row in connection.execute(_newest(market_ids))}


def told_by(database: Database, capture_id: int) -> dict[str, Answer]:
    """What the venue had said of the markets that are held, by the time this capture was judged."""
    until = _newest(select(positions.c.market_id)).where(resolutions.c.capture_id <= capture_id)
    with database.begin() as connection:
        return {row.market_id: answer_of(row) for row in connection.execute(until)}


def _concerned(connection: Connection, market_ids: Iterable[str]) -> list[str]:
    """The slugs of the portfolios that hold one of these markets, or were paid by a verdict that no longer stands."""
    newest = _newest(market_ids).subquery()
    ended = newest.c.ending != Ending.PENDING
    held = select(positions.c.portfolio_id).join(newest, newest.c.market_id == positions.c.market_id).where(ended)
    paid_otherwise = (
        select(trades.c.portfolio_id)
        .join(newest, newest.c.market_id == trades.c.market_id)
        .where(ended, trades.c.kind.in_(PAYMENTS), trades.c.details["verdict"].astext != newest.c.ending)
    )
    query = select(portfolios.c.slug).where(
        or_(portfolios.c.portfolio_id.in_(held), portfolios.c.portfolio_id.in_(paid_otherwise))
    )
    return list(connection.scalars(query.order_by(portfolios.c.portfolio_id)))


def pending(database: Database) -> list[Pending]:
    """The held markets that wait for their resolution, the oldest first."""
    counts = (func.max(positions.c.market_question), func.count(positions.c.portfolio_id.distinct()))
    held = select(positions.c.market_id, *counts).group_by(positions.c.market_id)
    with database.begin() as connection:
        told = {market_id: (question, portfolios) for market_id, question, portfolios in connection.execute(held)}
        said = _latest(connection, select(positions.c.market_id))
        waiting = {market_id: answer.verdict.reason for market_id, answer in said.items() if _waits(answer)}
        since = {row.market_id: row.since for row in connection.execute(_since(waiting))}
    found = [
        Pending(market_id, told[market_id][0], reason, since[market_id], told[market_id][1])
        for market_id, reason in waiting.items()
    ]
    return sorted(found, key=lambda market: (market.since, market.market_id))


def _waits(answer: Answer) -> bool:
    return not answer.verdict.is_final and answer.verdict.reason != OPEN


def _since(market_ids: Collection[str]) -> Select[Any]:
    """When each of these markets began to wait: after it was last listed as open, or said to have ended."""
    before = resolutions.alias("before")
    at_rest = (before.c.ending != Ending.PENDING) | (before.c.reason == OPEN)
    rested = (
        select(func.coalesce(func.max(before.c.capture_id), 0))
        .where(before.c.market_id == resolutions.c.market_id, at_rest)
        .correlate(resolutions)
        .scalar_subquery()
    )
    return (
        select(resolutions.c.market_id, func.min(resolutions.c.timestamp).label("since"))
        .where(resolutions.c.market_id.in_(market_ids), resolutions.c.capture_id > rested)
        .group_by(resolutions.c.market_id)
    )


def _payments(
    connection: Connection, portfolio_ids: Iterable[int], market_ids: Iterable[str]
) -> dict[int, list[Trade]]:
    """The settlements and refunds of these portfolios in these markets so far, by portfolio, in their order."""
    query = (
        select(trades)
        .where(
            trades.c.portfolio_id.in_(portfolio_ids), trades.c.market_id.in_(market_ids), trades.c.kind.in_(PAYMENTS)
        )
        .order_by(trades.c.trade_id)
    )
    made: dict[int, list[Trade]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        made[row["portfolio_id"]].append(ledger.trade_of(row))
    return made
