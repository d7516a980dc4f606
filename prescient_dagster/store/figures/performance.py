"""What portfolios did and were worth, for their performance: many portfolios in a handful of queries, at one moment."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from prescient_dagster.domain.books.ledger import Account, Position, Trade, TradeKind
from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.books.snapshots import Snapshot, unvalued
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.round_trips import PricedTrade
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.books.cycles import BALANCES
from prescient_dagster.store.books.held import held_by
from prescient_dagster.store.books.ledger import TRADE_FIELDS
from prescient_dagster.store.books.portfolios import row_of
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.stamps import true_times
from prescient_dagster.store.tables import portfolios, resolutions, signals, snapshots, trades

A_DAY: Any = literal_column("interval '1 day'")  # a UTC day: every connection is in UTC
SNAPSHOT_FIELDS = tuple(Snapshot.__slots__)
KINDS, SIDES = {str(kind): kind for kind in TradeKind}, {str(side): side for side in Side}
NEEDED = tuple(name for name in TRADE_FIELDS if name not in ("kind", "side", "details"))
"""Of a trade, as it stands in its row; its details are much, and no figure is made of them."""


@dataclass(frozen=True, slots=True)
class Histories:
    """What some portfolios did, and how the markets they traded ended as far as it is known.

    Attributes:
        held: what each holds now, in the same order; of replays nothing is told.
    """

    portfolios: Sequence[History]
    verdicts: dict[str, Verdict]
    held: Sequence[Sequence[Position]] = ()


def load_histories(database: Database, names: Sequence[str] = ()) -> Histories:
    """The histories of the portfolios with these slugs or numbers, in that order; without names all, oldest first.

    Raises:
        NotFound: there is no such portfolio.
    """
    with database.view() as connection:
        return histories(connection, names)


def histories(connection: Connection, names: Sequence[str] = ()) -> Histories:
    """The same, as this transaction sees them."""
    rows = {row["portfolio_id"]: row for row in _portfolios(connection, names)}
    ids = list(rows)
    true = true_times(connection)
    daily, booked, held = _daily(connection, ids, true), _trades(connection, ids, true), held_by(connection, ids)
    verdicts = _verdicts(connection, ids)
    return Histories(
        [_history(row, daily[number], booked[number], held.get(number, [])) for number, row in rows.items()],
        verdicts,
        [held.get(number, []) for number in rows],
    )


def _portfolios(connection: Connection, names: Sequence[str]) -> list[RowMapping]:
    if names:
        return [row_of(connection, name) for name in names]
    return list(connection.execute(select(portfolios).order_by(portfolios.c.portfolio_id)).mappings())


def _daily(connection: Connection, ids: Iterable[int], misdated: Collection[int]) -> dict[int, list[Snapshot]]:
    """The last snapshot of each UTC day that has one, in the order of time; captures from the future are of no day."""
    values: dict[int, list[Snapshot]] = defaultdict(list)
    for row in connection.execute(_last_of_each_day(ids, misdated)).mappings():
        values[row["portfolio_id"]].append(Snapshot(**{name: row[name] for name in SNAPSHOT_FIELDS}))
    return values


def _last_of_each_day(ids: Iterable[int], misdated: Collection[int]) -> Select[Any]:
    """One look into the index per portfolio and day: there may be hundreds of snapshots a day, and years of days."""
    mine = (snapshots.c.portfolio_id == portfolios.c.portfolio_id) & snapshots.c.capture_id.not_in(misdated)
    first = select(func.min(snapshots.c.timestamp)).where(mine).correlate(portfolios).scalar_subquery()
    last = select(func.max(snapshots.c.timestamp)).where(mine).correlate(portfolios).scalar_subquery()
    days = func.generate_series(func.date_trunc("day", first), last, A_DAY).table_valued("day").render_derived("days")
    newest = (
        select(snapshots)
        .where(mine, snapshots.c.timestamp >= days.c.day, snapshots.c.timestamp < days.c.day + A_DAY)
        .order_by(snapshots.c.timestamp.desc(), snapshots.c.capture_id.desc())
        .limit(1)
        .correlate(portfolios, days)
        .lateral("newest")
    )
    joined = portfolios.join(days, true()).join(newest, true())
    return (
        select(newest)
        .select_from(joined)
        .where(portfolios.c.portfolio_id.in_(ids))
        .order_by(newest.c.portfolio_id, newest.c.timestamp)
    )


def _trades(connection: Connection, ids: Iterable[int], true: Mapping[int, datetime]) -> dict[int, list[PricedTrade]]:
    """All trades in the order in which they were booked; the signal tells the middle, it is of the same capture.

    Args:
        true: when captures from the future were really taken, by number.
    """
    columns = [trades.c[name] for name in (*NEEDED, "portfolio_id", "capture_id", "kind", "side")]
    query = (
        select(*columns, signals.c.target_price)
        .outerjoin_from(trades, signals, signals.c.signal_id == trades.c.signal_id)
        .where(trades.c.portfolio_id.in_(ids))
        .order_by(trades.c.trade_id)
    )
    booked: dict[int, list[PricedTrade]] = defaultdict(list)
    for *fields, portfolio_id, capture_id, kind, side, mid in connection.execute(query):
        values = dict(zip(NEEDED, fields, strict=True))
        values["timestamp"] = true.get(capture_id, values["timestamp"])
        booked[portfolio_id].append(PricedTrade(Trade(**values, kind=KINDS[kind], side=SIDES[side]), mid))
    return booked


def _verdicts(connection: Connection, ids: Iterable[int]) -> dict[str, Verdict]:
    traded = select(trades.c.market_id).where(trades.c.portfolio_id.in_(ids))
    query = (
        select(resolutions.c.market_id, resolutions.c.ending, resolutions.c.reason)
        .where(resolutions.c.market_id.in_(traded))
        .order_by(resolutions.c.market_id, resolutions.c.capture_id.desc())
        .ext(distinct_on(resolutions.c.market_id))
    )
    return {market_id: Verdict(Ending(ending), reason) for market_id, ending, reason in connection.execute(query)}


def _history(
    row: RowMapping, daily: list[Snapshot], booked: Sequence[PricedTrade], held: Iterable[Position]
) -> History:
    """A portfolio's history; where trades came after the last snapshot, what there is now stands at the end of it."""
    if row["trade_count"] != (daily[-1].trade_count if daily else 0):
        times = [priced.trade.timestamp for priced in booked[-1:]] + [snapshot.timestamp for snapshot in daily[-1:]]
        daily = [*daily, unvalued(_account(row, held), max(times))]
    return History(row["slug"], row["strategy_type"], row["initial_balance"], daily, booked)


def _account(row: RowMapping, held: Iterable[Position]) -> Account:
    balances = {name: row[name] for name in ("initial_balance", *BALANCES)}
    return Account(**balances, positions={position.holding: position for position in held})
