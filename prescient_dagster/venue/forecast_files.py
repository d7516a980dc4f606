"""Forecasts as somebody writes them: CSV or Parquet with market_id or slug, probability, made_at and source.

A row that cannot be used is told with its number and why, and costs only itself. A time without a zone is UTC. Where no
source is named, the file's name is it.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.market.bounds import LONGEST_ID
from prescient_dagster.domain.market.forecasts import Forecast
from prescient_dagster.domain.market.kept_texts import quoted
from prescient_dagster.venue.sizes import MOST_ANSWER_BYTES, MOST_ROWS

CSV, PARQUET = ".csv", ".parquet"
MAGIC = b"PAR1"
NEEDED = ("probability", "made_at")
EXPECTED = "expected the columns market_id or slug, probability, made_at, and source"
LONGEST_SOURCE = 100
TIMEOUT_SECONDS = 20
DECIMALS = 6


class RowUnusable(Exception):
    """Why a row says nothing that can be used."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says: its rows, the forecasts in them, and the rows that cannot be used with why."""

    rows: int
    forecasts: Sequence[Forecast]
    refused: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Document:
    """A file or an answer, by a name that tells no secrets; `error`: why it could not be had."""

    name: str
    content: bytes = field(default=b"", repr=False)
    error: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def in_folder(folder: Path) -> Iterator[Document]:
    """The files of forecasts in a folder, by name; hidden ones are not finished.

    Raises:
        InvalidInput: the folder cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (CSV, PARQUET) and path.name[0] != ".")
    except OSError as error:
        raise InvalidInput(
            f"the forecasts in {folder} cannot be read: {error.strerror}; is PRESCIENT_FORECASTS right?"
        ) from error
    for path in paths:
        try:
            with path.open("rb") as file:
                content = file.read(MOST_ANSWER_BYTES + 1)
            yield _within(Document(path.name, content))
        except OSError as error:
            yield Document(path.name, error=f"it cannot be read: {error.strerror}")


def at_address(url: str) -> Document:
    """What an address answers."""
    name = told_address(url)
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT_SECONDS, headers={"User-Agent": "prescient"}) as answer:
            if answer.status_code != httpx.codes.OK:
                return Document(name, error=f"it answered {answer.status_code}")
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > MOST_ANSWER_BYTES:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Document(name, error=f"no answer ({type(error).__name__})")
    return _within(Document(name, bytes(content)))


def told_address(url: str) -> str:
    """An address without what may be secret in it: who asks, and what for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def _within(found: Document) -> Document:
    if len(found.content) <= MOST_ANSWER_BYTES:
        return found
    return Document(found.name, error=f"it is larger than {MOST_ANSWER_BYTES // 1024**2} MB")


def said(document: Document) -> Said:
    """The forecasts in a document.

    Raises:
        InvalidInput: it could not be had, is neither kind of file, or lacks columns.
    """
    if document.error:
        raise InvalidInput(document.error)
    rows = _parquet(document.content) if document.content.startswith(MAGIC) else _csv(document.content)
    usable, refused = [], []
    number = 0
    for number, row in enumerate(rows, 1):
        try:
            usable.append(_forecast(row, PurePosixPath(document.name).stem))
        except RowUnusable as fault:
            refused.append((number, str(fault)))
    return Said(number, usable, refused)


def _csv(content: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        text = content.decode("utf-8-sig")
        if "\0" in text:
            raise InvalidInput(f"it is neither CSV nor Parquet: {EXPECTED}")
        reader = csv.DictReader(io.StringIO(text))
        _require_columns(reader.fieldnames or ())
        yield from reader
    except UnicodeDecodeError as error:
        raise InvalidInput("it is neither Parquet nor CSV in UTF-8") from error
    except csv.Error as error:
        raise InvalidInput(f"it is no CSV: {error}") from error


def _parquet(content: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        if file.metadata.num_rows > MOST_ROWS:
            raise InvalidInput(f"it has more than {MOST_ROWS:,} rows")
        _require_columns(file.schema_arrow.names)
        wanted = [name for name in ("market_id", "slug", *NEEDED, "source") if name in file.schema_arrow.names]
        yield from file.read(columns=wanted).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput("it is a damaged Parquet file") from error


def _require_columns(names: Iterable[str]) -> None:
    there = set(names)
    missing = [name for name in NEEDED if name not in there]
    if missing or not there & {"market_id", "slug"}:
        raise InvalidInput(f"it lacks {' and '.join(missing) or 'market_id or slug'}: {EXPECTED}")


def _forecast(row: Mapping[str, Any], file: str) -> Forecast:
    market_id, slug = _text(row, "market_id", LONGEST_ID), _text(row, "slug", 2 * LONGEST_ID)
    if not market_id and not slug:
        raise RowUnusable("it names no market: market_id and slug are empty")
    source = _text(row, "source", LONGEST_SOURCE) or file[:LONGEST_SOURCE]
    return Forecast(source, market_id, slug, _probability(row["probability"]), _time(row["made_at"]))


def _text(row: Mapping[str, Any], name: str, longest: int) -> str:
    value = row.get(name)
    text = "" if value is None else str(value).strip()
    if len(text) > longest:
        raise RowUnusable(f"{name} is longer than {longest} letters")
    if not text.isprintable():
        raise RowUnusable(f"{name} has characters that cannot be printed")
    return text


def _probability(value: Any) -> float:
    try:
        probability = round(float(value), DECIMALS)
    except (TypeError, ValueError):
        probability = float("nan")
    if not 0 <= probability <= 1:
        raise RowUnusable(f"probability is {quoted(value)}, not a number from 0 to 1")
    return probability + 0.0  # no negative zero


def _time(value: Any) -> datetime:
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        utc = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        utc = None
    if utc is None or not 1970 <= utc.year < 2200:
        raise RowUnusable(f"made_at is {quoted(value)}, not a time such as 2026-03-01T12:00:00Z")
    return utc
