"""The books in the database: trades are appended, positions are kept in step with them in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Table, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.books.ledger import Account, Holding, Position, Trade, TradeKind
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.many_rows import write_rows
from prescient_dagster.store.market.stamps import true_times
from prescient_dagster.store.tables import positions, snapshots, trades

POSITION_KEY = ("portfolio_id", "market_id", "side")
SNAPSHOT_KEY = ("portfolio_id", "capture_id")
TRADE_FIELDS = tuple(field.name for field in fields(Trade))
POSITION_FIELDS = tuple(column.name for column in positions.columns if column.name != "portfolio_id")


@dataclass(frozen=True, slots=True)
class Booking:
    """A trade to be appended; `signal_id`: of the signal it came from, None: it came from no signal."""

    portfolio_id: int
    capture_id: int
    trade: Trade
    signal_id: int | None = None


def append(connection: Connection, bookings: Iterable[Booking]) -> None:
    """Append trades, of one portfolio or of many."""
    rows = [
        {
            "portfolio_id": booking.portfolio_id,
            "capture_id": booking.capture_id,
            "signal_id": booking.signal_id,
            **trade_row(booking.trade, booking.signal_id),
        }
        for booking in bookings
    ]
    if rows:
        connection.execute(trades.insert(), rows)


def trade_row(trade: Trade, signal_id: int | None) -> dict[str, Any]:
    """What is kept of a trade; one without a cause of its own is named after its signal."""
    source_ref = trade.source_ref or f"signal:{signal_id}"
    return {name: getattr(trade, name) for name in TRADE_FIELDS} | {"source_ref": source_ref}


class Booked(NamedTuple):
    """A trade, and the number of the capture on which it was booked."""

    capture_id: int
    trade: Trade


def load_booked(connection: Connection, portfolio_id: int) -> list[Booked]:
    """All trades of a portfolio in the order in which they were booked, at the times when they really were."""
    true = true_times(connection)
    query = select(trades).where(trades.c.portfolio_id == portfolio_id).order_by(trades.c.trade_id)
    return [Booked(row["capture_id"], dated(row, true)) for row in connection.execute(query).mappings()]


def dated(row: RowMapping, true: Mapping[int, datetime]) -> Trade:
    """The trade in a row; `true`: when captures from the future were really taken, by number."""
    trade = trade_of(row)
    return replace(trade, timestamp=true.get(row["capture_id"], trade.timestamp))


def trade_of(row: RowMapping) -> Trade:
    """The trade in a row of the table."""
    values = {name: row[name] for name in TRADE_FIELDS}
    return Trade(**{**values, "kind": TradeKind(row["kind"]), "side": Side(row["side"])})


Change = tuple[Mapping[Holding, Position], Mapping[Holding, Position]]
"""What a portfolio held before, and what it holds now."""


def save_positions(connection: Connection, changes: Mapping[int, Change]) -> None:
    """Write the open positions of portfolios and their marks; those that are no longer held are removed."""
    gone = [
        (portfolio_id, market_id, str(side))
        for portfolio_id, (before, after) in changes.items()
        for market_id, side in before
        if (market_id, side) not in after
    ]
    if gone:
        key = tuple_(*(positions.c[name] for name in POSITION_KEY))
        connection.execute(delete(positions).where(key.in_(gone)))
    changed = [
        {"portfolio_id": portfolio_id, **{name: getattr(position, name) for name in POSITION_FIELDS}}
        for portfolio_id, (before, after) in changes.items()
        for holding, position in after.items()
        if _differs(before.get(holding), position)
    ]
    if changed:
        _upsert(connection, positions, changed, POSITION_KEY)


def _differs(before: Position | None, after: Position) -> bool:
    """Whether a row has to be written; label and tags count here, though they make no other position."""
    told = ("side_label", "tags")
    return before is None or before != after or any(getattr(before, name) != getattr(after, name) for name in told)


@dataclass(frozen=True, slots=True)
class Valuation:
    """A portfolio's value on a capture, with the account whose positions were marked."""

    portfolio_id: int
    capture_id: int
    account: Account
    snapshot: Snapshot


def save_snapshots(connection: Connection, valuations: Iterable[Valuation]) -> None:
    """Write the value of portfolios on a capture; valued again on the same capture, the new value stands."""
    names = [column.name for column in snapshots.columns if column.name not in (*SNAPSHOT_KEY, "marks")]
    rows = [
        {
            "portfolio_id": each.portfolio_id,
            "capture_id": each.capture_id,
            **{name: getattr(each.snapshot, name) for name in names},
            "marks": marks(each.account.positions),
        }
        for each in valuations
    ]
    if rows:
        _upsert(connection, snapshots, rows, SNAPSHOT_KEY)


def _upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    statement = insert(table)
    updates = {name: statement.excluded[name] for name in rows[0] if name not in key}
    write_rows(connection, statement.on_conflict_do_update(index_elements=key, set_=updates), rows)


def marks(held: Mapping[Holding, Position]) -> dict[str, list[str | None]]:
    """What a snapshot keeps of the positions: mark, its source and when that was told, by market and side."""
    return {f"{market_id}:{side}": _mark(position) for (market_id, side), position in held.items()}


def _mark(position: Position) -> list[str | None]:
    told_at = None if position.marked_at is None else position.marked_at.isoformat()
    return [str(position.mark), position.mark_source, told_at]
