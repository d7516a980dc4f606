"""Our tables as files for other programs: exact amounts as decimals, numbers that only name something as text.

A program that reads a decimal as text makes a longer text of a sum; one that reads an id as a number rounds it. So each
column's type is told beside the files, in the words of Arrow.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import BigInteger, Boolean, Column, Connection, DateTime, Integer, Numeric, Select, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from prescient_dagster.store.backup.files import PRIVATE, sync
from prescient_dagster.store.tables import captures, portfolios, positions, signals, snapshots, trades

TABLES = (portfolios, captures, signals, trades, positions, snapshots)
ROWS_AT_ONCE = 20_000
TIME = pa.timestamp("us", tz="UTC")
TYPES: Mapping[type[TypeEngine[Any]], pa.DataType] = {
    BigInteger: pa.int64(),
    Integer: pa.int64(),
    Boolean: pa.bool_(),
    Text: pa.string(),
    DateTime: TIME,
    JSONB: pa.string(),
}


class Format(StrEnum):
    """As what a table is written."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class TableOut:
    """A table to write.

    Attributes:
        rows: all of them, many at once.
    """

    name: str
    schema: pa.Schema
    rows: Iterable[Sequence[Mapping[str, Any]]]


class RowWriter(Protocol):
    """Takes rows, many at once."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None: ...


def arrow_type(column: Column[Any]) -> pa.DataType:
    """What a column is in a file: a number that names something is a text, an amount an exact decimal."""
    if column.name.endswith("_id"):
        return pa.string()
    if isinstance(column.type, Numeric):
        return pa.decimal128(column.type.precision, column.type.scale)
    return TYPES[type(column.type)]


def schema(table: Table) -> pa.Schema:
    """The columns of a table's file. Where rows belong to a portfolio, its slug comes first."""
    slug = [pa.field("slug", pa.string())] if "portfolio_id" in table.c and table is not portfolios else []
    return pa.schema([*slug, *(pa.field(column.name, arrow_type(column)) for column in table.columns)])


def stored(connection: Connection) -> Iterator[TableOut]:
    """Our tables as this transaction sees them."""
    for table in TABLES:
        yield TableOut(table.name, schema(table), _rows(connection, table))


def _rows(connection: Connection, table: Table) -> Iterator[list[Mapping[str, Any]]]:
    """All rows of a table in the order of its key, as a file takes them."""
    found = connection.execute(_query(table), execution_options={"yield_per": ROWS_AT_ONCE}).mappings()
    types = schema(table)
    for part in found.partitions():
        yield [{name: _value(row[name], types.field(name).type) for name in types.names} for row in part]


def _query(table: Table) -> Select[Any]:
    ordered = select(table).order_by(*table.primary_key.columns)
    if "portfolio_id" not in table.c or table is portfolios:
        return ordered
    return ordered.add_columns(portfolios.c.slug).join(portfolios, portfolios.c.portfolio_id == table.c.portfolio_id)


def _value(value: Any, kind: pa.DataType) -> Any:
    if value is None or kind != pa.string() or isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def write(path: Path, table: TableOut, form: Format, watch: Callable[[int], None]) -> int:
    """Write a table into a file that is not there yet, for us alone, and wait until the disk has it; how many rows."""
    path.touch(PRIVATE)
    count = 0
    with _parquet(path, table.schema) if form is Format.PARQUET else _csv(path, table.schema) as file:
        for part in table.rows:
            file.write(part)
            count += len(part)
            watch(count)
    sync(path)
    return count


@contextmanager
def _parquet(path: Path, types: pa.Schema) -> Iterator[RowWriter]:
    with pq.ParquetWriter(path, types, compression="zstd") as writer:
        yield _ParquetRows(writer, types)


class _ParquetRows:
    def __init__(self, writer: Any, types: pa.Schema) -> None:
        self._writer, self._types = writer, types

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._writer.write_table(pa.Table.from_pylist(list(rows), schema=self._types))


@contextmanager
def _csv(path: Path, types: pa.Schema) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, types.names)
        writer.writeheader()
        yield _CsvRows(writer)


class _CsvRows:
    def __init__(self, writer: "csv.DictWriter[str]") -> None:
        self._writer = writer

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._writer.writerows({name: _text(value) for name, value in row.items()} for row in rows)


def _text(value: Any) -> str:
    """A value in a CSV file; no value is an empty one."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case float():
            return repr(value)
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def told(schemas: Mapping[str, pa.Schema]) -> bytes:
    """The columns of each table with their types, as JSON."""
    found = {name: _columns(types) for name, types in schemas.items()}
    return (json.dumps(found, indent=1) + "\n").encode()


def _columns(types: Iterable[pa.Field]) -> dict[str, str]:
    return {field.name: str(field.type) for field in types}
