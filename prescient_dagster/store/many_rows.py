"""Rows of a table written many a statement, which SQLAlchemy would send one by one.

Rows are parameters here, not values of the statement: then it is compiled once, however many there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, cast, func, update
from sqlalchemy.dialects.postgresql import ARRAY, Insert


def write_rows(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Carry out an INSERT … ON CONFLICT for these rows, none of them twice. What it returns makes it one statement."""
    first_of_key = next(iter(statement.table.primary_key))
    connection.execute(statement.returning(first_of_key), rows)


def change_rows(
    connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]], **alike: Any
) -> None:
    """Change the rows of a table that these name by the column `key`; `alike` is set in all of them."""
    if not rows:
        return
    columns: list[Column[Any]] = [table.c[name] for name in rows[0]]
    arrays = [cast(bindparam(f"{column.name}s", type_=ARRAY(column.type)), ARRAY(column.type)) for column in columns]
    given = func.unnest(*arrays).table_valued(*rows[0]).render_derived("given")
    changes = {name: given.c[name] for name in rows[0] if name != key}
    statement = update(table).where(table.c[key] == given.c[key]).values(**changes, **alike)
    connection.execute(statement, {f"{name}s": [row[name] for row in rows] for name in rows[0]})
