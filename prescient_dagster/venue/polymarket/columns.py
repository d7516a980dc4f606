"""Whole columns of a page read at once: texts, numbers, times and lists, and which rows of them cannot be used.

A column is read in one go and looked at row by row only where that fails: a whole venue is 50,000 rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa

from prescient_dagster.domain.market.bounds import FIRST_TIME, LAST_TIME, LONGEST_ID, Bounds
from prescient_dagster.domain.market.kept_texts import quoted
from prescient_dagster.venue.polymarket.schemas import InnerList, Number

Floats = np.ndarray[Any, np.dtype[np.float64]]
Times = np.ndarray[Any, np.dtype[np.datetime64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Texts: TypeAlias = Any  # a pyarrow array of texts; pyarrow comes without types

_NOT_A_TIME = np.datetime64("NaT", "us")


@dataclass(slots=True)
class Faults:
    """The rows that cannot be used; the first reason of each counts."""

    reasons: dict[int, str] = field(default_factory=dict)

    def add(self, rows: Iterable[int], reason: Callable[[int], str]) -> None:
        """Note a reason for each of these rows."""
        for row in rows:
            self.reasons.setdefault(row, reason(row))

    def good(self, count: int) -> Flags:
        """Which of `count` rows can be used."""
        good = np.ones(count, dtype=bool)
        good[list(self.reasons)] = False
        return good


def printable(text: str) -> str:
    """A stranger's text in a form that any file, terminal or database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def texts(values: Sequence[str], name: str, faults: Faults) -> Texts:
    """Texts as they are; a NUL character, which no database takes, is a fault."""
    if "\0" in "".join(values):
        faulty = [row for row, value in enumerate(values) if "\0" in value]
        faults.add(faulty, lambda row: f"{name} has a NUL character: {quoted(values[row])}")
    return pa.array(values, pa.large_string())


def ids(values: Sequence[str], name: str, faults: Faults) -> Texts:
    """Ids as they are; one that is longer than any is a fault."""
    long = [row for row, value in enumerate(values) if len(value) > LONGEST_ID]
    faults.add(long, lambda row: f"{name} is longer than {LONGEST_ID} letters: {quoted(values[row])}")
    return texts(values, name, faults)


def numbers(values: Sequence[Number], name: str, bounds: Bounds, faults: Faults) -> Floats:
    """Numbers rounded to 6 decimals, NaN where there is none; what is no number within bounds is a fault."""
    try:
        column = np.array(values, dtype=np.float64)
    except ValueError:
        column = np.array([_number(value) for value in values], dtype=np.float64)
    with np.errstate(over="ignore"):
        column = column.round(6) + 0.0  # no negative zero
    usable = (column >= bounds.low) & (column <= bounds.high)
    faulty = [row for row in np.flatnonzero(~usable).tolist() if values[row] not in (None, "")]
    expected = f"a number from {bounds.low:g} to {bounds.high:g}"
    faults.add(faulty, lambda row: f"{name} is {quoted(values[row])}, not {expected}")
    return np.where(usable, column, np.nan)


def _number(value: Number) -> float:
    try:
        return np.nan if value is None else float(value)
    except ValueError:
        return np.nan


def times(values: Sequence[str | None], name: str, faults: Faults) -> Times:
    """Times in UTC, NaT where there is none; what is no ISO 8601 time, or of no sensible year, is a fault."""
    try:
        column = _times(values)
    except pa.ArrowInvalid:
        column = np.array([_time(value) for value in values], dtype="datetime64[us]")
    usable = (column >= FIRST_TIME) & (column < LAST_TIME)
    faulty = [row for row in np.flatnonzero(~usable).tolist() if values[row]]
    faults.add(faulty, lambda row: f"{name} is {quoted(values[row])}, not a time of the years 1970 to 2199")
    return np.where(usable, column, _NOT_A_TIME)


def _times(values: Sequence[str | None]) -> Times:
    column: Times = pa.array(values, pa.string()).cast(pa.timestamp("us", "UTC")).to_numpy(zero_copy_only=False)
    return column


def _time(value: str | None) -> np.datetime64:
    try:
        time = datetime.fromisoformat(value or "")
        utc = time.astimezone(UTC) if time.tzinfo else time
    except (ValueError, OverflowError):
        return _NOT_A_TIME
    return np.datetime64(utc.replace(tzinfo=None), "us")


def inner_lists(
    values: Sequence[InnerList], decode: Callable[[Any], list[Any]], name: str, faults: Faults
) -> list[list[Any]]:
    """Lists that come as JSON inside a text, empty where there is none; what is no such list is a fault."""
    try:
        return [decode(value) if value else [] for value in values]
    except (msgspec.DecodeError, UnicodeError, RecursionError, TypeError):
        return [_inner_list(row, value, decode, name, faults) for row, value in enumerate(values)]


def _inner_list(row: int, value: InnerList, decode: Callable[[Any], list[Any]], name: str, faults: Faults) -> list[Any]:
    try:
        return decode(msgspec.json.encode(value) if isinstance(value, list) else value) if value else []
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        faults.add([row], lambda _row: f"{name} is {quoted(value)}, not a list of the right kind")
        return []
