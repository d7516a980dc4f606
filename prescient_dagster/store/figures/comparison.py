"""What several portfolios did on the captures that all of them have seen.

A replay is a portfolio of its own here, called `replay:ID`. Captures are the same where they show the same moment.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, RowMapping, Subquery, Text, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from prescient_dagster.domain.books.ledger import Trade, rebuilt, worth
from prescient_dagster.domain.errors import Conflict, InvalidInput, NotFound
from prescient_dagster.domain.figures.comparison import Course, Window
from prescient_dagster.domain.market.sides import labelled
from prescient_dagster.store.books import ledger
from prescient_dagster.store.books.portfolios import row_of
from prescient_dagster.store.books.positions import marked
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.stamps import misdated_ids, true_times
from prescient_dagster.store.past import replays
from prescient_dagster.store.tables import replay_snapshots, replay_trades, snapshots, trades

VALUED = ("capture_id", "timestamp", "equity", "marks")
BOOKED = (*ledger.TRADE_FIELDS, "source_ref", "capture_id")


@dataclass(frozen=True, slots=True)
class Courses:
    """The window, and what each portfolio did in it, in the order in which they were named."""

    window: Window
    portfolios: Sequence[Course]


@dataclass(frozen=True, slots=True)
class _Owner:
    """A portfolio or a replay; the key is its own."""

    key: str
    slug: str
    strategy_type: str
    initial_balance: Decimal


@dataclass(frozen=True, slots=True)
class _Stored:
    """Snapshots and trades of portfolios and replays alike, with the keys of their owners."""

    owners: int
    snapshots: Subquery
    trades: Subquery

    @classmethod
    def of(cls, owners: Sequence[_Owner], misdated: Collection[int]) -> "_Stored":
        """Those of these owners; nobody is compared on captures from the future."""
        replay_ids = [number for number in (replays.labelled(owner.key) for owner in owners) if number is not None]
        live = [int(owner.key) for owner in owners if replays.labelled(owner.key) is None]
        key, replay_key = cast(snapshots.c.portfolio_id, Text), _label(replay_snapshots.c.replay_id)
        valued = union_all(
            select(key.label("key"), *(snapshots.c[name] for name in VALUED)).where(
                snapshots.c.portfolio_id.in_(live), snapshots.c.capture_id.not_in(misdated)
            ),
            select(replay_key, *(replay_snapshots.c[name] for name in VALUED)).where(
                replay_snapshots.c.replay_id.in_(replay_ids)
            ),
        )
        key, replay_key = cast(trades.c.portfolio_id, Text), _label(replay_trades.c.replay_id)
        booked = union_all(
            select(key.label("key"), trades.c.trade_id.label("number"), *(trades.c[name] for name in BOOKED)).where(
                trades.c.portfolio_id.in_(live)
            ),
            select(replay_key, replay_trades.c.number, *(replay_trades.c[name] for name in BOOKED)).where(
                replay_trades.c.replay_id.in_(replay_ids)
            ),
        )
        return cls(len(owners), valued.subquery(), booked.subquery())


def _label(replay_id: ColumnElement[int]) -> ColumnElement[str]:
    return literal(replays.LABEL).concat(cast(replay_id, Text))


def load_courses(database: Database, names: Sequence[str]) -> Courses:
    """What the portfolios with these slugs or numbers, or replays, did on the captures that all of them have seen.

    Raises:
        NotFound: there is no such portfolio or replay, or no capture that all of them have seen.
        InvalidInput: fewer than two are named, or one of them twice.
        Conflict: a replay was played before its marks were kept.
    """
    with database.view() as connection:
        owners = [_owner(connection, name) for name in names]
        if len({owner.key for owner in owners}) < max(2, len(owners)):
            raise InvalidInput("name two or more different portfolios to compare")
        stored = _Stored.of(owners, misdated_ids(connection))
        window = _window(connection, stored)
        return Courses(window, _courses(connection, owners, stored, window))


def _owner(connection: Connection, name: str) -> _Owner:
    replay_id = replays.labelled(name)
    if replay_id is not None:
        row, key = replays.row(connection, replay_id), replays.label(replay_id)
        return _Owner(key, key, row["strategy_type"], row["initial_balance"])
    row = row_of(connection, name)
    return _Owner(str(row["portfolio_id"]), row["slug"], row["strategy_type"], row["initial_balance"])


def _window(connection: Connection, stored: _Stored) -> Window:
    valued = stored.snapshots.c
    shared = (
        select(func.max(valued.capture_id).label("capture_id"), valued.timestamp)
        .group_by(valued.timestamp)
        .having(func.count() == stored.owners)
        .order_by(valued.timestamp)
    )
    rows = connection.execute(shared).all()
    if not rows:
        raise NotFound("there is no capture that all of them have seen: let them trade side by side, or replay them")
    return Window(rows[0].capture_id, rows[-1].capture_id, rows[0].timestamp, rows[-1].timestamp, len(rows))


@dataclass(frozen=True, slots=True)
class _Records:
    """What is stored of all that are compared, by their keys; before and after are the window's ends."""

    window: Window
    before: dict[str, RowMapping]
    after: dict[str, RowMapping]
    daily: dict[str, dict[date, Decimal]]
    seen: dict[str, int]
    booked: dict[str, list[Trade]]


def _courses(connection: Connection, owners: Sequence[_Owner], stored: _Stored, window: Window) -> list[Course]:
    valued = stored.snapshots
    records = _Records(
        window,
        before=_newest(connection, valued, valued.c.timestamp < window.first),
        after=_newest(connection, valued, valued.c.timestamp <= window.last),
        daily=_daily(connection, valued, window),
        seen=_seen(connection, valued, window),
        booked=_trades(connection, stored.trades),
    )
    return [_course(owner, records) for owner in owners]


def _course(owner: _Owner, records: _Records) -> Course:
    before, after = records.before.get(owner.key), records.after[owner.key]
    until = [trade for trade in records.booked[owner.key] if trade.timestamp <= after["timestamp"]]
    earlier = [trade for trade in until if before is not None and trade.timestamp <= before["timestamp"]]
    return Course(
        slug=owner.slug,
        strategy_type=owner.strategy_type,
        equity_before=owner.initial_balance if before is None else before["equity"],
        daily_equity=records.daily[owner.key],
        value_before={} if before is None else _values(owner, earlier, before),
        value_after=_values(owner, until, after),
        trades=[trade for trade in until if before is None or trade.timestamp > before["timestamp"]],
        questions={trade.market_id: trade.market_question for trade in until},
        sides=_sides(until),
        captures_alone=records.seen[owner.key] - records.window.captures,
    )


def _sides(booked: Iterable[Trade]) -> dict[str, str]:
    """What was traded of each market, with the venue's label, in the order of the books."""
    sides: dict[str, dict[str, None]] = defaultdict(dict)
    for trade in booked:
        sides[trade.market_id][labelled(trade.side, trade.side_label)] = None
    return {market_id: " and ".join(found) for market_id, found in sides.items()}


def _values(owner: _Owner, booked: Sequence[Trade], snapshot: RowMapping) -> dict[str, Decimal]:
    """What is held after these trades, by market, at the marks of a snapshot."""
    if snapshot["marks"] is None:
        raise Conflict(f"{owner.slug} was played before the marks of what it held were kept: play it again")
    values: dict[str, Decimal] = defaultdict(Decimal)
    # The balance does not matter here: positions follow from the trades alone.
    for position in marked(rebuilt(Decimal(0), booked).positions.values(), snapshot["marks"]):
        values[position.market_id] += worth(position)
    return dict(values)


def _newest(connection: Connection, valued: Subquery, when: ColumnElement[bool]) -> dict[str, RowMapping]:
    """The newest snapshot of each owner at that time, with its marks."""
    newest = select(valued).where(when).order_by(valued.c.key, valued.c.timestamp.desc())
    rows = connection.execute(newest.ext(distinct_on(valued.c.key))).mappings()
    return {row["key"]: row for row in rows}


def _daily(connection: Connection, valued: Subquery, window: Window) -> dict[str, dict[date, Decimal]]:
    """The equity at the last snapshot of each UTC day of the window; every connection is in UTC."""
    day = func.date_trunc("day", valued.c.timestamp)
    query = (
        select(valued.c.key, valued.c.timestamp, valued.c.equity)
        .where(valued.c.timestamp.between(window.first, window.last))
        .order_by(valued.c.key, day, valued.c.timestamp.desc())
        .ext(distinct_on(valued.c.key, day))
    )
    daily: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for key, timestamp, equity in connection.execute(query):
        daily[key][timestamp.astimezone(UTC).date()] = equity
    return daily


def _seen(connection: Connection, valued: Subquery, window: Window) -> dict[str, int]:
    """How many captures of the window each owner was valued on."""
    within = valued.c.timestamp.between(window.first, window.last)
    rows = connection.execute(select(valued.c.key, func.count()).where(within).group_by(valued.c.key))
    return {row[0]: row[1] for row in rows}


def _trades(connection: Connection, booked: Subquery) -> dict[str, list[Trade]]:
    trades_of: dict[str, list[Trade]] = defaultdict(list)
    true = true_times(connection)
    for row in connection.execute(select(booked).order_by(booked.c.number)).mappings():
        trades_of[row["key"]].append(ledger.dated(row, true))
    return trades_of
