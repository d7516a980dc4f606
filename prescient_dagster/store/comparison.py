"""What several portfolios did on the captures that all of them have seen."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from prescient_dagster.domain.comparison import Course, Window
from prescient_dagster.domain.errors import InvalidInput, NotFound
from prescient_dagster.domain.ledger import Trade, rebuilt
from prescient_dagster.domain.snapshots import worth
from prescient_dagster.store import ledger
from prescient_dagster.store.database import Database
from prescient_dagster.store.portfolios import found, named
from prescient_dagster.store.positions import marked
from prescient_dagster.store.tables import portfolios, snapshots, trades


@dataclass(frozen=True, slots=True)
class Courses:
    """The window, and what each portfolio did in it, in the order in which they were named."""

    window: Window
    portfolios: Sequence[Course]


def load_courses(database: Database, names: Sequence[str]) -> Courses:
    """What the portfolios with these slugs or numbers did on the captures that all of them have seen.

    Raises:
        NotFound: there is no such portfolio, or no capture that all of them have seen.
        InvalidInput: fewer than two portfolios are named, or one of them twice.
    """
    with database.view() as connection:
        rows = [_portfolio(connection, name) for name in names]
        ids = [row["portfolio_id"] for row in rows]
        if len(set(ids)) < 2 or len(set(ids)) < len(ids):
            raise InvalidInput("name two or more different portfolios to compare")
        window = _window(connection, ids)
        return Courses(window, _courses(connection, rows, window))


def _portfolio(connection: Connection, name: str) -> RowMapping:
    return found(connection.execute(select(portfolios).where(named(name))).mappings().one_or_none(), name)


def _window(connection: Connection, ids: Sequence[int]) -> Window:
    shared = (
        select(snapshots.c.capture_id, snapshots.c.timestamp)
        .where(snapshots.c.portfolio_id.in_(ids))
        .group_by(snapshots.c.capture_id, snapshots.c.timestamp)
        .having(func.count() == len(ids))
        .order_by(snapshots.c.timestamp, snapshots.c.capture_id)
    )
    rows = connection.execute(shared).all()
    if not rows:
        raise NotFound("there is no capture that all of them have seen: let them trade side by side, or replay them")
    return Window(rows[0].capture_id, rows[-1].capture_id, rows[0].timestamp, rows[-1].timestamp, len(rows))


@dataclass(frozen=True, slots=True)
class _Records:
    """What is stored of all portfolios of a comparison, by their numbers; before and after are the window's ends."""

    window: Window
    before: dict[int, RowMapping]
    after: dict[int, RowMapping]
    daily: dict[int, dict[date, Decimal]]
    seen: dict[int, int]
    booked: dict[int, list[Trade]]


def _courses(connection: Connection, rows: Sequence[RowMapping], window: Window) -> list[Course]:
    ids = [row["portfolio_id"] for row in rows]
    records = _Records(
        window,
        before=_newest(connection, ids, snapshots.c.timestamp < window.first),
        after=_newest(connection, ids, snapshots.c.timestamp <= window.last),
        daily=_daily(connection, ids, window),
        seen=_seen(connection, ids, window),
        booked=_trades(connection, ids),
    )
    return [_course(row, records) for row in rows]


def _course(row: RowMapping, records: _Records) -> Course:
    number = row["portfolio_id"]
    before, after = records.before.get(number), records.after[number]
    until = [trade for trade in records.booked[number] if trade.timestamp <= after["timestamp"]]
    earlier = [trade for trade in until if before is not None and trade.timestamp <= before["timestamp"]]
    return Course(
        slug=row["slug"],
        strategy_type=row["strategy_type"],
        equity_before=row["initial_balance"] if before is None else before["equity"],
        daily_equity=records.daily[number],
        value_before={} if before is None else _values(earlier, before["marks"]),
        value_after=_values(until, after["marks"]),
        trades=[trade for trade in until if before is None or trade.timestamp > before["timestamp"]],
        questions={trade.market_id: trade.market_question for trade in until},
        captures_alone=records.seen[number] - records.window.captures,
    )


def _values(booked: Sequence[Trade], marks: dict[str, Any]) -> dict[str, Decimal]:
    """What is held after these trades, by market, at the marks of a snapshot."""
    values: dict[str, Decimal] = defaultdict(Decimal)
    # The balance does not matter here: positions follow from the trades alone.
    for position in marked(rebuilt(Decimal(0), booked).positions.values(), marks):
        values[position.market_id] += worth(position)
    return dict(values)


def _newest(connection: Connection, ids: Iterable[int], when: Any) -> dict[int, RowMapping]:
    """The newest snapshot of each portfolio at that time, with its marks."""
    query = (
        select(snapshots)
        .where(snapshots.c.portfolio_id.in_(ids), when)
        .order_by(snapshots.c.portfolio_id, snapshots.c.timestamp.desc(), snapshots.c.capture_id.desc())
        .ext(distinct_on(snapshots.c.portfolio_id))
    )
    return {row["portfolio_id"]: row for row in connection.execute(query).mappings()}


def _daily(connection: Connection, ids: Iterable[int], window: Window) -> dict[int, dict[date, Decimal]]:
    """The equity at the last snapshot of each UTC day of the window; every connection is in UTC."""
    day = func.date_trunc("day", snapshots.c.timestamp)
    query = (
        select(snapshots.c.portfolio_id, snapshots.c.timestamp, snapshots.c.equity)
        .where(snapshots.c.portfolio_id.in_(ids), snapshots.c.timestamp.between(window.first, window.last))
        .order_by(snapshots.c.portfolio_id, day, snapshots.c.timestamp.desc(), snapshots.c.capture_id.desc())
        .ext(distinct_on(snapshots.c.portfolio_id, day))
    )
    daily: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for portfolio_id, timestamp, equity in connection.execute(query):
        daily[portfolio_id][timestamp.astimezone(UTC).date()] = equity
    return daily


def _seen(connection: Connection, ids: Iterable[int], window: Window) -> dict[int, int]:
    """How many captures of the window each portfolio was valued on."""
    query = (
        select(snapshots.c.portfolio_id, func.count())
        .where(snapshots.c.portfolio_id.in_(ids), snapshots.c.timestamp.between(window.first, window.last))
        .group_by(snapshots.c.portfolio_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _trades(connection: Connection, ids: Iterable[int]) -> dict[int, list[Trade]]:
    query = select(trades).where(trades.c.portfolio_id.in_(ids)).order_by(trades.c.trade_id)
    booked: dict[int, list[Trade]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        booked[row["portfolio_id"]].append(ledger.trade_of(row))
    return booked
