"""The Parquet files of a capture: one for its events, one for its markets. Equal content gives equal bytes.

So nothing goes in that is not content: no index, no pandas metadata, one chunk, one fixed size of row groups.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.errors import StoreError
from prescient_dagster.domain.markets import Kind

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.large_string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}
ROWS_PER_GROUP = 65_536
COMPRESSION_LEVEL = 1  # higher levels cost twice the time for a twentieth of the size
# Different on nearly every row: looking for repetitions in them costs time and finds none.
UNIQUE_TEXTS = frozenset({"market_id", "question", "slug", "condition_id", "yes_token_id", "no_token_id", "rules_hash"})


def encoded(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> memoryview:
    """The bytes of the file that holds a table."""
    schema = pa.schema([pa.field(name, ARROW_TYPES[kind]) for name, kind in kinds.items()])
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.combine_chunks(),
        sink,
        row_group_size=ROWS_PER_GROUP,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=[
            name for name, kind in kinds.items() if kind in ("text", "number") and name not in UNIQUE_TEXTS
        ],
        write_statistics=False,
    )
    return memoryview(sink.getvalue())


def checksum(content: memoryview | bytes) -> str:
    """The sha256 of a file, in hex."""
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: memoryview) -> None:
    """Write a file that is complete or absent, and that a power cut does not take back.

    Raises:
        StoreError: the folder cannot be written, the disk is full.
    """
    aside = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        for folder in list(path.parents)[:4]:  # the day, month and year may be new to the folder above
            _sync(folder)
    except OSError as error:
        raise StoreError(f"capture file {path} cannot be written: {error.strerror}") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path, sha256: str) -> pd.DataFrame:
    """The table in a file, exactly as it was written.

    Raises:
        StoreError: the file is missing, or is not the one that was written.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"capture file {path} cannot be read: {error.strerror}; is PRESCIENT_CAPTURES the right folder?"
        ) from error
    if checksum(content) != sha256:
        raise StoreError(
            f"capture file {path} is damaged: its checksum differs from the recorded one; take a new capture"
        )
    frame: pd.DataFrame = pq.read_table(pa.BufferReader(content)).to_pandas()
    return frame
