"""Positions as they are shown: what a portfolio holds, or held after a capture, and what it was worth then."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Holding, Position, rebuilt, worth
from prescient_dagster.domain.cycle.exits import is_dust
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.books import ledger
from prescient_dagster.store.books.held import by_market, held_by
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.tables import positions, snapshots


def list_positions(database: Database, portfolio_id: int, capture_id: int | None = None) -> list[dict[str, Any]]:
    """What a portfolio holds now, by market; or what it held after a capture, marked as it was valued then.

    Raises:
        NotFound: there is no such capture.
    """
    if capture_id is not None:
        return [shown(position) for position in _after(database, portfolio_id, capture_id)]
    with database.begin() as connection:
        return [shown(position) for position in held_by(connection, [portfolio_id]).get(portfolio_id, [])]


def holdings(database: Database) -> set[Holding]:
    """Every market and side that any portfolio holds."""
    with database.begin() as connection:
        rows = connection.execute(select(positions.c.market_id, positions.c.side).distinct())
        return {(market_id, Side(side)) for market_id, side in rows}


def _after(database: Database, portfolio_id: int, capture_id: int) -> list[Position]:
    captures.find(database, capture_id)
    with database.begin() as connection:
        marks = _marks(connection, portfolio_id, capture_id)
        booked = ledger.load_booked(connection, portfolio_id)
    until = [each.trade for each in booked if each.capture_id <= capture_id]
    # The balance does not matter here: positions follow from the trades alone.
    return by_market(marked(rebuilt(money.ZERO, until).positions.values(), marks))


def _marks(connection: Connection, portfolio_id: int, capture_id: int) -> Mapping[str, Any]:
    key = (snapshots.c.portfolio_id == portfolio_id, snapshots.c.capture_id == capture_id)
    return connection.scalar(select(snapshots.c.marks).where(*key)) or {}


def marked(held: Iterable[Position], marks: Mapping[str, Any]) -> Iterator[Position]:
    """Positions with the marks that a snapshot keeps; one that it does not know keeps its own."""
    for position in held:
        kept = marks.get(f"{position.market_id}:{position.side}")
        yield position if kept is None else _marked(position, *kept)


def _marked(position: Position, mark: str | None, source: str | None, told_at: str | None = None) -> Position:
    """`told_at` is missing where the snapshot is one of an earlier version."""
    return replace(
        position,
        mark=None if mark is None else Decimal(mark),
        mark_source=source,
        marked_at=None if told_at is None else datetime.fromisoformat(told_at),
    )


def shown(position: Position) -> dict[str, Any]:
    """A position with what it cost per share and what it is worth; one that was never valued has no value."""
    value = None if position.mark is None else worth(position)
    return {
        "market_id": position.market_id,
        "market_question": position.market_question,
        "event_id": position.event_id,
        "side": position.side,
        "side_label": position.side_label,
        "shares": position.shares,
        "cost": position.cost,
        "average_cost": money.price(position.cost / position.shares),
        "mark": position.mark,
        "mark_source": position.mark_source,
        "marked_at": position.marked_at,
        "market_value": value,
        "unrealized_profit_loss": None if value is None else value - position.cost,
        "dust": is_dust(position),
        "opened_at": position.opened_at,
        "bundle": position.bundle,
    }
