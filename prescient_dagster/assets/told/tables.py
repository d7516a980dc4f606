"""Tables as Dagster's UI shows them: a cell is text there, never markup, so that what strangers wrote does no harm."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from prescient_dagster.domain.strategy.side_labels import for_reading


def columns(**types: str) -> dg.TableSchema:
    """The columns of a table by name, in order: string, int, float or bool; a value may be missing."""
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in types.items()])


def plain_row(schema: dg.TableSchema, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row has for these columns, as their types; what it lacks stays missing."""
    read = {"float": float, "int": int, "string": str, "bool": bool}
    kinds = {column.name: read[column.type] for column in schema.columns}
    return {name: None if row[name] is None else kind(row[name]) for name, kind in kinds.items()}


def table(schema: dg.TableSchema | None, rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """The rows, each with a value for every column, and where it tells a side with its `side_label` besides.

    Args:
        schema: None: the columns are what the first row has.
    """
    return dg.MetadataValue.table([dg.TableRecord(for_reading(row)) for row in rows], schema)
