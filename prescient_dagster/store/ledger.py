"""The books in the database: trades are appended, positions are kept in step with them in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.ledger import Account, Holding, Position, Trade, TradeKind
from prescient_dagster.domain.signals import Side
from prescient_dagster.domain.snapshots import Snapshot
from prescient_dagster.store.tables import positions, snapshots, trades

POSITION_KEY = ("portfolio_id", "market_id", "side")
POSITION_FIELDS = tuple(column.name for column in positions.columns if column.name != "portfolio_id")


def append(
    connection: Connection, portfolio_id: int, capture_id: int, entries: Sequence[tuple[Trade, int | None]]
) -> None:
    """Append trades, each with the number of the signal it came from (None: it came from no signal)."""
    rows = [
        {"portfolio_id": portfolio_id, "capture_id": capture_id, "signal_id": signal_id, **trade_row(trade, signal_id)}
        for trade, signal_id in entries
    ]
    if rows:
        connection.execute(trades.insert(), rows)


def trade_row(trade: Trade, signal_id: int | None) -> dict[str, Any]:
    """What is kept of a trade; one without a cause of its own is named after its signal."""
    source_ref = trade.source_ref or f"signal:{signal_id}"
    return {name: getattr(trade, name) for name in TRADE_FIELDS} | {"source_ref": source_ref}


TRADE_FIELDS = (
    "timestamp",
    "kind",
    "market_id",
    "market_question",
    "event_id",
    "side",
    "side_label",
    "shares",
    "price",
    "fee",
    "cash_delta",
    "cost_delta",
    "synthetic",
    "bundle",
    "details",
)


def load_trades(connection: Connection, portfolio_id: int) -> list[Trade]:
    """All trades of a portfolio in the order in which they were booked."""
    query = select(trades).where(trades.c.portfolio_id == portfolio_id).order_by(trades.c.trade_id)
    return [trade_of(row) for row in connection.execute(query).mappings()]


def trade_of(row: RowMapping) -> Trade:
    """The trade in a row of the table."""
    values = {name: row[name] for name in TRADE_FIELDS}
    return Trade(
        **{**values, "kind": TradeKind(row["kind"]), "side": Side(row["side"]), "source_ref": row["source_ref"]}
    )


def save_positions(
    connection: Connection, portfolio_id: int, before: Mapping[Holding, Position], after: Mapping[Holding, Position]
) -> None:
    """Write the open positions and their marks; those that are no longer held are removed."""
    gone = [(market_id, str(side)) for market_id, side in before if (market_id, side) not in after]
    if gone:
        key = tuple_(positions.c.market_id, positions.c.side)
        connection.execute(delete(positions).where(positions.c.portfolio_id == portfolio_id, key.in_(gone)))
    changed = [position for holding, position in after.items() if before.get(holding) != position]
    if changed:
        _upsert_positions(connection, portfolio_id, changed)


def _upsert_positions(connection: Connection, portfolio_id: int, held: Iterable[Position]) -> None:
    rows = [
        {"portfolio_id": portfolio_id, **{name: getattr(position, name) for name in POSITION_FIELDS}}
        for position in held
    ]
    # Rows as parameters, not as values of the statement: then it is compiled once for all portfolios.
    statement = insert(positions)
    updates = {name: statement.excluded[name] for name in POSITION_FIELDS if name not in POSITION_KEY}
    connection.execute(statement.on_conflict_do_update(index_elements=POSITION_KEY, set_=updates), rows)


def save_snapshot(
    connection: Connection, portfolio_id: int, capture_id: int, account: Account, snapshot: Snapshot
) -> None:
    """Write the value of a portfolio on a capture; valued again on the same capture, the new value stands."""
    names = [column.name for column in snapshots.columns if column.name not in ("portfolio_id", "capture_id", "marks")]
    values = {name: getattr(snapshot, name) for name in names} | {"marks": marks(account.positions)}
    statement = insert(snapshots).values(portfolio_id=portfolio_id, capture_id=capture_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=("portfolio_id", "capture_id"), set_=values))


def marks(held: Mapping[Holding, Position]) -> dict[str, list[str | None]]:
    """What a snapshot keeps of the positions: mark and its source, by market and side."""
    return {f"{market_id}:{side}": [str(each.mark), each.mark_source] for (market_id, side), each in held.items()}


def unmarked(account: Account) -> Account:
    """The account without its marks: what trades alone can rebuild."""
    bare = {holding: replace(position, mark=None, mark_source=None) for holding, position in account.positions.items()}
    return replace(account, positions=bare)
