"""Values as documents and tables have them. Imports no table-drawing library."""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.usecases.shown.strangers import clean

MISSING = "–"


def plain(value: Any, decimals: int = 6) -> Any:  # noqa: PLR0911
    """A value as JSON has it: amounts as numbers with at most 6 decimals, times in UTC, no NaN.

    Args:
        decimals: of numbers that are no amounts.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float():
            return round(value, decimals) if math.isfinite(value) else None
        case Decimal():
            return money.plain(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Mapping():
            return {str(name): plain(each, decimals) for name, each in value.items()}
        case Iterable():
            return [plain(each, decimals) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in a document")


def cell(value: Any) -> str:  # noqa: PLR0911
    """A value as it stands in a table."""
    match value:
        case None:
            return MISSING
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float() | Decimal():
            return _number(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case str():
            return clean(value)
    return clean(json.dumps(plain(value), ensure_ascii=False))


def _number(value: float | Decimal) -> str:
    if not math.isfinite(value):
        return MISSING
    return f"{money.usd(value).normalize():,f}"
