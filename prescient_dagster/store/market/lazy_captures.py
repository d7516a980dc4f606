"""Captures of which only what is asked for is read: a replay needs a dozen of fifty columns, texts of a few markets."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.errors import SchemaUnknown, StoreError, VenueAnswerInvalid
from prescient_dagster.domain.market.bounds import require_sense
from prescient_dagster.domain.market.capture_schema import filled, version
from prescient_dagster.domain.market.markets import MARKET_COLUMNS, MARKETS, Capture, Rows
from prescient_dagster.store.market.capture_files import ARROW_TYPES, checked
from prescient_dagster.store.market.capture_folders import CaptureFolder

if TYPE_CHECKING:
    from upath import UPath


class Columns(dict[str, Any]):
    """Columns by name, each made when it is first asked for."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, name: str) -> Any:
        value = self[name] = self._read(name)
        return value


class Habits:
    """What is asked of one capture after the other: what the one before needed is read at once."""

    def __init__(self) -> None:
        self.usual: frozenset[str] = frozenset()
        self.used: set[str] = set()

    def begin(self) -> frozenset[str]:
        """A new capture; what it will probably need."""
        self.usual, self.used = frozenset(self.used), set()
        return self.usual


class MarketsFile:
    """The markets of a capture in the bytes of their file, which may be older than some of the columns.

    Args:
        foreign: nobody has looked at its values: those that make no sense are refused as they are read.

    Raises:
        StoreError: it cannot be read, or holds something else (`SchemaUnknown`).
    """

    def __init__(
        self, path: CaptureFolder, content: bytes, habits: Habits | None = None, *, foreign: bool = False
    ) -> None:
        self._path, self._foreign = path, foreign
        self._habits = habits or Habits()
        self._usual = self._habits.begin()
        self._columns: dict[str, pa.Array] = {}
        try:
            self._file = pq.ParquetFile(pa.BufferReader(content))
            self.rows, names = self._file.metadata.num_rows, self._file.schema_arrow.names
            self._names = frozenset(names)
            version(names, MARKETS)
        except pa.ArrowException as error:
            raise StoreError(f"capture file {path} cannot be read: {error}") from error
        except SchemaUnknown as error:
            raise SchemaUnknown(f"capture file {path} cannot be read: {error}") from error

    def column(self, name: str) -> pa.Array:
        """One column, as the type that captures have it in."""
        self._habits.used.add(name)
        if name not in self._names:
            return self._filled(name)
        if name not in self._columns:
            self._read([name, *(each for each in self._usual & self._names - {name} if each not in self._columns)])
        return self._columns[name]

    def _filled(self, name: str) -> pa.Array:
        column = MARKETS[name]
        older = pa.scalar(column.in_older, ARROW_TYPES[column.kind])
        return pa.repeat(older, self.rows)

    def _read(self, names: list[str]) -> None:
        # Threads cost more here than they save: a column of a capture is a few kilobytes.
        self._take(self._file.read(columns=names, use_threads=False))

    def _take(self, table: pa.Table) -> None:
        for name in table.column_names:
            column = table.column(name).cast(ARROW_TYPES[MARKET_COLUMNS[name]])
            self._columns[name] = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            if self._foreign:
                self._require_sense(name)

    def _require_sense(self, name: str) -> None:
        try:
            require_sense(name, self._columns[name].to_pandas())
        except VenueAnswerInvalid as error:
            raise StoreError(f"{self._path}: {error}") from error

    def frame(self) -> pd.DataFrame:
        """All columns."""
        return filled(self._file.read().to_pandas(), MARKETS)


class FarMarkets(MarketsFile):
    """The markets of a capture in an object store, of which the usual columns alone are fetched.

    If another one is asked for, the whole file is, and it is checked as any other.

    Raises:
        StoreError: it cannot be read, or holds something else (`SchemaUnknown`).
        StoreUnreachable: the object store does not answer, or refuses.
    """

    def __init__(self, path: "UPath", sha256: str, habits: Habits) -> None:
        self._path, self._sha256, self._foreign = path, sha256, False
        self._habits = habits
        self._usual = habits.begin()
        self._columns: dict[str, pa.Array] = {}
        from prescient_dagster.store.market import object_store

        found = object_store.columns(path, self._usual)
        self.rows, self._names = found.table.num_rows, frozenset(found.names)
        version(found.names, MARKETS)
        self._take(found.table)

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(pa.BufferReader(checked(self._path, self._sha256)))


class Texts(Sequence[str]):
    """A text column of which only the texts that are looked at become strings."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        found: str | list[str] = self._column[row].to_pylist() if isinstance(row, slice) else self._column[row].as_py()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._column.to_pylist())


class LazyCapture(Capture):
    """A capture whose columns are read from its file when they are first asked for.

    Columns and texts know the file, not the capture: so nothing goes round in a circle, and a capture that has been
    played is gone at once.
    """

    _file: MarketsFile

    def __init__(self, capture_id: int, captured_at: datetime, file: MarketsFile) -> None:
        object.__setattr__(self, "capture_id", capture_id)
        object.__setattr__(self, "captured_at", captured_at)
        object.__setattr__(self, "_file", file)

    @cached_property
    def markets(self) -> pd.DataFrame:
        return self._file.frame()

    @cached_property
    def events(self) -> pd.DataFrame:
        raise StoreError("a replay reads the markets of a capture only: they carry what is needed of their events")

    @cached_property
    def columns(self) -> dict[str, np.ndarray[Any, Any]]:
        column = self._column
        return Columns(lambda name: column(name).to_numpy(zero_copy_only=False))

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        column = self._column
        return Columns(lambda name: Texts(column(name)))

    @cached_property
    def row_of(self) -> dict[str, int]:
        return {market_id: row for row, market_id in enumerate(self._column("market_id").to_pylist())}

    @property
    def _column(self) -> Callable[[str], pa.Array]:
        return self._file.column

    def text(self, name: str, row: int) -> str:
        return str(self._column(name)[int(row)].as_py())

    def text_column(self, name: str) -> "pd.Series[str]":
        column: pd.Series[str] = self._column(name).to_pandas()
        return column

    def numbered(self, name: str) -> tuple[Rows, np.ndarray[Any, Any]]:
        """As it lies in the file: pandas would make a text of each row first."""
        if name not in self._numbered:
            encoded = self._column(name).dictionary_encode()
            numbers, texts = encoded.indices, encoded.dictionary
            self._numbered[name] = (numbers.to_numpy(), texts.to_numpy(zero_copy_only=False))
        return self._numbered[name]
