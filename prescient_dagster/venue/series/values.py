"""Times and numbers as people write them, whole columns at once; the first that is none is told with its place.

A time is a number since 1970, in seconds, milliseconds, microseconds or nanoseconds, which no two years of this century
and the next can mix up, or a text as ISO 8601 has it, in UTC where it names no zone.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.market.bounds import AMOUNT
from prescient_dagster.domain.market.kept_texts import quoted
from prescient_dagster.domain.market.markets import Floats


class PriceUnit(StrEnum):
    """How a file writes prices: 42 or 0.42."""

    PERCENT = "percent"
    FRACTION = "fraction"


Place = Callable[[int], str]
"""Where a row stands, in words."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FIRST, LAST = pd.Timestamp("2000-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
PER_SECOND = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
ISO = "texts"


def shown(value: Any) -> str:
    """A value in a message: on one line, and short; nothing as JSON has it."""
    return "null" if value is None else quoted(value)


def times(values: Sequence[Any], name: str, place: Place) -> tuple["pd.Series[pd.Timestamp]", str]:
    """Moments in UTC, and what they were written in.

    Raises:
        InvalidInput: one is no time, or not of the years 2000 to 2099, or two are written in different units.
    """
    numeric = [_number(value) for value in values]
    units = [_unit(number, value) for number, value in zip(numeric, values, strict=True)]
    unit = units[0]
    for row, other in enumerate(units):
        if other is None:
            raise InvalidInput(f"{place(row)}: {_no_time(name, values[row])}")
        if other != unit:
            raise InvalidInput(f"{place(row)}: {name} is written in {other}, in the rows before in {unit}; use one")
    if unit == ISO or unit is None:
        return _from_texts(values, name, place), "texts as ISO 8601 has them, UTC where no zone is named"
    micros = np.round(np.array(numeric, dtype=np.float64) * (10**6 / PER_SECOND[unit])).astype(np.int64)
    return pd.Series(micros.astype("datetime64[us]")).dt.tz_localize("UTC"), f"{unit} since 1970"


def _unit(number: float | None, value: Any) -> str | None:
    """What a time is written in: the unit in which its number is one of the years 2000 to 2099, or a text."""
    if number is None:
        return ISO if isinstance(value, str) and value.strip() else None
    fitting = (name for name, each in PER_SECOND.items() if FIRST.timestamp() <= number / each < LAST.timestamp())
    return next(fitting, None)


def _from_texts(values: Sequence[Any], name: str, place: Place) -> "pd.Series[pd.Timestamp]":
    texts = [value.strip() if isinstance(value, str) else "" for value in values]
    found = pd.Series(pd.to_datetime(pd.Series(texts, dtype="str"), utc=True, format="ISO8601", errors="coerce"))
    wrong = np.flatnonzero(~((found >= FIRST) & (found < LAST)).to_numpy())
    if len(wrong):
        raise InvalidInput(f"{place(wrong[0])}: {_no_time(name, values[wrong[0]])}")
    return found.astype("datetime64[us, UTC]")


def _no_time(name: str, value: Any) -> str:
    return (
        f"{name} is {shown(value)}, no time of the years 2000 to 2099: expected seconds or milliseconds since 1970, "
        "or a text like 2026-06-05T10:00:00Z"
    )


def amounts(values: Sequence[Any], name: str, place: Place) -> Floats:
    """Amounts in USD; missing ones are NaN.

    Raises:
        InvalidInput: one is no number from 0 on.
    """
    found = [np.nan if _is_missing(value) else _number(value) for value in values]
    for row, number in enumerate(found):
        if number is None or number < 0 or number > AMOUNT.high:
            raise InvalidInput(f"{place(row)}: {name} is {shown(values[row])}, expected an amount in USD")
    return np.array(found, dtype=np.float64)


def prices(
    values: Sequence[Any], name: str, place: Place, documented: PriceUnit, asked: PriceUnit | None = None
) -> tuple[Floats, PriceUnit]:
    """Prices in USD per share, and the unit in which they were read.

    Args:
        documented: the unit that this kind of file has them in.
        asked: the unit that the user says they are in; None: it is the documented one, unless they contradict it.

    Raises:
        InvalidInput: one is missing, no number or out of range, or the two units cannot be told apart.
    """
    found = [_price(value, name, place, row) for row, value in enumerate(values)]
    column = np.array(found, dtype=np.float64)
    unit = asked or documented
    if asked is None:
        _require_unit(column, name, documented)
    column = column / 100 if unit is PriceUnit.PERCENT else column
    wrong = np.flatnonzero(~((column >= 0) & (column <= 1)))
    if len(wrong):
        most = "100, in percent" if unit is PriceUnit.PERCENT else "1, in USD per share"
        raise InvalidInput(
            f"{place(wrong[0])}: {name} is {shown(values[wrong[0]])}, expected a number from 0 to {most}"
        )
    return column, unit


def _price(value: Any, name: str, place: Place, row: int) -> float:
    number = _number(value)
    if _is_missing(value):
        raise InvalidInput(f"{place(row)} has no price: {name} is {shown(value)}; leave it out, or give it a number")
    if number is None:
        raise InvalidInput(f"{place(row)}: {name} is {shown(value)}, no number")
    return number


def _require_unit(column: Floats, name: str, documented: PriceUnit) -> None:
    """Refuse what reads like the unit that this kind of file does not have."""
    most = column.max(initial=0)
    if documented is PriceUnit.PERCENT and most <= 1:
        told = f"no {name} exceeds 1: percent, as this kind of file has them, or fractions from 0 to 1?"
        raise InvalidInput(f"{told} Say --prices percent, or --prices fraction")
    if documented is PriceUnit.FRACTION and 1 < most <= 100 and column.min() >= 0:
        told = f"{name} is up to {most:g}: this kind of file has fractions from 0 to 1"
        raise InvalidInput(f"{told}; if these are percent, say --prices percent")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _number(value: Any) -> float | None:
    """The finite number that a value is, or that its text writes; None: it is none."""
    if isinstance(value, str):
        value = float(value) if NUMBER.fullmatch(value := value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if np.isfinite(number) else None
