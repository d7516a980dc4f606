"""Where forecasts are kept: read once, never changed, and known from the capture after their reading on.

A reading and the storing of a capture wait for each other: what was read is either there for all cycles on a capture,
or counts only on later ones. So a verification sees what the cycle saw.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects import postgresql

from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.store.database import Database, storable
from prescient_dagster.store.market.stamps import MISDATED
from prescient_dagster.store.tables import captures, forecast_files, forecasts

LOCK = 0x666F7265
"""Of a reading, or of the storing of a capture; `pg_advisory_xact_lock` takes any number."""
FIELDS = ("source", "market_id", "slug", "probability", "made_at", "read_after")
WORD = ("source", "market_id", "slug", "made_at")
"""What tells one word of a source from another."""
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file or address of forecasts as it was read.

    Attributes:
        refused: the number and the fault of the first rows that cannot be used; `refusals` how many there are.
        error: why it could not be read at all; empty: it was.
    """

    file: str
    sha256: str
    rows: int = 0
    new: int = 0
    refusals: int = 0
    refused: Sequence[tuple[int, str]] = field(default_factory=tuple)
    error: str = ""


def stored_forecasts(database: Database) -> Forecasts:
    """Everything that was read, looked up when somebody asks for it."""
    return Forecasts(partial(load, database))


def load(database: Database) -> list[Forecast]:
    """All forecasts in the order in which they were read."""
    with database.view() as connection:
        rows = connection.execute(select(*(forecasts.c[name] for name in FIELDS)).order_by(forecasts.c.forecast_id))
        return [
            Forecast(source, market_id, slug, float(probability), made_at, read_after)
            for source, market_id, slug, probability, made_at, read_after in rows
        ]


def wait_for_readings(connection: Connection) -> None:
    """Let no forecasts be stored until this transaction is over, and wait for those that are being."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def checksums(database: Database) -> dict[str, str]:
    """The sha256 of each file as it was read last."""
    with database.view() as connection:
        return {row.file: row.sha256 for row in connection.execute(select(forecast_files)) if not row.error}


def files(database: Database) -> list[dict[str, Any]]:
    """Every file as it was read last, by name."""
    with database.view() as connection:
        return [dict(row) for row in connection.execute(select(forecast_files).order_by("file")).mappings()]


def keep(database: Database, read: FileRead, said: Sequence[Forecast]) -> FileRead:
    """Store what a file says and how it was read; the same with how many of its forecasts are new.

    A word of a source that is known already with this probability is not stored again.
    """
    with database.begin() as connection:
        wait_for_readings(connection)
        fresh = _fresh(connection, said)
        newest = select(func.max(captures.c.captured_at)).where(~MISDATED)
        after = connection.scalar(newest)
        rows = [_row(each) | {"read_after": after, "file": storable(read.file)} for each in fresh]
        for start in range(0, len(rows), BATCH):
            connection.execute(insert(forecasts), rows[start : start + BATCH])
        _note(connection, read, len(rows))
    return replace(read, new=len(rows))


def _fresh(connection: Connection, said: Sequence[Forecast]) -> list[Forecast]:
    """Those that are no repetition of what their source said last for that moment."""
    sources = sorted({each.source for each in said})
    columns = [forecasts.c[name] for name in (*WORD, "probability")]
    query = select(*columns).where(forecasts.c.source.in_(sources)).order_by(forecasts.c.forecast_id)
    known: dict[tuple[Any, ...], float] = {tuple(row[:-1]): float(row[-1]) for row in connection.execute(query)}
    fresh = []
    for each in said:
        word = tuple(getattr(each, name) for name in WORD)
        if known.get(word) != each.probability:
            known[word] = each.probability
            fresh.append(each)
    return fresh


def _row(each: Forecast) -> dict[str, Any]:
    return {name: getattr(each, name) for name in (*WORD, "probability")}


def note(database: Database, read: FileRead) -> None:
    """Store that a file could not be read."""
    with database.begin() as connection:
        _note(connection, read, 0)


def _note(connection: Connection, read: FileRead, new: int) -> None:
    values: Mapping[str, Any] = {
        "sha256": read.sha256,
        "rows": read.rows,
        "new": new,
        "refused": read.refusals,
        "examples": [[row, storable(why)] for row, why in read.refused],
        "error": storable(read.error),
    }
    query = postgresql.insert(forecast_files).values(file=storable(read.file), **values)
    changed = {**values, "read_at": func.clock_timestamp()}
    connection.execute(query.on_conflict_do_update(index_elements=["file"], set_=changed))


def forget(database: Database, names: Iterable[str]) -> None:
    """Leave out files that are gone; what they said stays."""
    gone = list(names)
    if gone:
        with database.begin() as connection:
            connection.execute(forecast_files.delete().where(forecast_files.c.file.in_(gone)))
