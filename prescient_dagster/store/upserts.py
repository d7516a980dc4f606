"""Rows of which some may be there already, many a statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import Insert


def write_rows(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Carry out an INSERT … ON CONFLICT for these rows, none of them twice.

    Rows as parameters, not as values of the statement: then it is compiled once, however many there are. SQLAlchemy
    sends the rows of such a statement one by one unless it returns something.
    """
    first_of_key = next(iter(statement.table.primary_key))
    connection.execute(statement.returning(first_of_key), rows)
