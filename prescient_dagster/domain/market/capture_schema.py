"""The versions of a capture's columns: what an older capture lacks is filled, so that a new column loses no capture.

A capture does not name its version: it is that of its newest column, and every column of that version must be there.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from prescient_dagster.domain.errors import SchemaUnknown
from prescient_dagster.domain.market.markets import DTYPES, Column

MOST_NAMED = 5


def version(names: Sequence[str], columns: Mapping[str, Column]) -> int:
    """The version of the schema that these columns are of.

    Raises:
        SchemaUnknown: some are of no version, some are missing, or they stand in another order.
    """
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise SchemaUnknown(f"its columns differ: {_named(unknown)} may be of a later Prescient: upgrade it")
    found = max((columns[name].since for name in names), default=1)
    expected = [name for name, column in columns.items() if column.since <= found]
    missing = [name for name in expected if name not in names]
    if missing:
        raise SchemaUnknown(f"its columns differ: {_named(missing)} of version {found} missing")
    if list(names) != expected:
        raise SchemaUnknown("its columns differ in their order")
    return found


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def filled(frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """A table of a capture with all columns of today.

    Raises:
        SchemaUnknown: as `version`.
    """
    names = [str(name) for name in frame.columns]
    version(names, columns)
    lacking = {name: column for name, column in columns.items() if name not in names}
    if not lacking:
        return frame
    older = {name: pd.Series(column.in_older, frame.index, DTYPES[column.kind]) for name, column in lacking.items()}
    return frame.assign(**older)[list(columns)]
