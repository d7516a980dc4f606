"""What portfolios hold now. Needs no table library: what lists portfolios starts by this."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, select

from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.tables import positions


def held_by(connection: Connection, portfolio_ids: Iterable[int]) -> dict[int, list[Position]]:
    """The open positions of these portfolios, by market; one that holds nothing is absent."""
    query = select(positions).where(positions.c.portfolio_id.in_(portfolio_ids))
    held: dict[int, list[Position]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        held[row["portfolio_id"]].append(_position(row))
    return {portfolio_id: by_market(found) for portfolio_id, found in held.items()}


def _position(row: RowMapping) -> Position:
    values = {name: value for name, value in row.items() if name != "portfolio_id"}
    return Position(**{**values, "side": Side(row["side"])})


def by_market(found: Iterable[Position]) -> list[Position]:
    """Positions in the order in which they are told."""
    return sorted(found, key=lambda position: position.holding)
