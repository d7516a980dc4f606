"""The Parquet files of a capture: one for its events, one for its markets. Equal content gives equal bytes.

So nothing goes in that is not content: no index, no pandas metadata, one chunk, one fixed size of row groups.
"""

import hashlib
import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.errors import FileGone, SchemaUnknown, StoreError
from prescient_dagster.domain.market.capture_schema import filled
from prescient_dagster.domain.market.markets import Column, Kind
from prescient_dagster.store import private_folders
from prescient_dagster.store.market.capture_folders import CaptureFolder

if TYPE_CHECKING:
    from upath import UPath

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.large_string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}
ROWS_PER_GROUP = 65_536
COMPRESSION_LEVEL = 1  # higher levels cost twice the time for a twentieth of the size
DAY_FOLDER = re.compile(r"\d{4}/\d{2}/\d{2}")
NAME = re.compile(r"\.?([1-9]\d{0,17})\.(?:events|markets)\.parquet")  # with a dot: not yet renamed
# Different on nearly every row: looking for repetitions in them costs time and finds none.
UNIQUE_TEXTS = frozenset({"market_id", "question", "slug", "condition_id", "yes_token_id", "no_token_id", "rules_hash"})


def file_pair(folder: CaptureFolder, path: str) -> tuple[CaptureFolder, CaptureFolder]:
    """The files of a capture: its events, its markets."""
    return folder / f"{path}.events.parquet", folder / f"{path}.markets.parquet"


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


def write(path: CaptureFolder, content: memoryview | bytes) -> None:
    """Write a file that is complete or absent, and that a power cut does not take back.

    Raises:
        StoreError: the folder cannot be written, the disk is full.
        StoreUnreachable: the object store does not answer, or refuses.
    """
    if isinstance(path, Path):
        _write(path, content)
        return
    from prescient_dagster.store.market import object_store

    object_store.put(path, content)


def _write(path: Path, content: memoryview | bytes) -> None:
    aside = path.with_name(f".{path.name}")
    try:
        private_folders.make(path.parent)
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


def read(path: CaptureFolder, sha256: str, columns: Mapping[str, Column]) -> pd.DataFrame:
    """The table in a file, exactly as it was written; what has become a column since then is filled.

    Raises:
        StoreError: the file is missing, is not the one that was written, or was written by a later Prescient.
    """
    frame: pd.DataFrame = pq.read_table(pa.BufferReader(checked(path, sha256))).to_pandas()
    try:
        return filled(frame, columns)
    except SchemaUnknown as error:
        raise SchemaUnknown(f"capture file {path} cannot be read: {error}") from error


def checked(path: CaptureFolder, sha256: str) -> bytes:
    """The bytes of a file, which are those that were written.

    Raises:
        FileGone: there is none.
        StoreError: it cannot be read, or is not the one that was written.
    """
    content = _content(path)
    if checksum(content) != sha256:
        raise StoreError(
            f"capture file {path} is damaged: its checksum differs from the recorded one; take a new capture"
        )
    return content


def _content(path: CaptureFolder) -> bytes:
    if not isinstance(path, Path):
        from prescient_dagster.store.market import object_store

        return object_store.get(path)
    try:
        return path.read_bytes()
    except OSError as error:
        kind = FileGone if isinstance(error, FileNotFoundError) else StoreError
        raise kind(
            f"capture file {path} cannot be read: {error.strerror}; is PRESCIENT_CAPTURES the right folder?"
        ) from error


def remove(path: CaptureFolder) -> None:
    """Remove a file that no row names."""
    if isinstance(path, Path):
        path.unlink()
        return
    from prescient_dagster.store.market import object_store

    object_store.remove(path)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies where a capture's files lie, under a name such as they have.

    Attributes:
        path: of its capture, below the captures folder, as `captures.path` has it.
        modified: seconds since 1970.
        remove: removes the file, while its day is looked at; another process may have done so first.
    """

    capture_id: int
    path: str
    bytes: int
    modified: float
    remove: Callable[[], None]


def days(folder: CaptureFolder) -> Iterator[list[StoredFile]]:
    """The capture files below a folder, day by day. What has another name or place, and links, are passed over.

    A folder that is not there has none.
    """
    return _days(folder) if isinstance(folder, Path) else _days_of_store(folder)


def _days_of_store(folder: "UPath") -> Iterator[list[StoredFile]]:
    from prescient_dagster.store.market import object_store

    found: dict[str, list[StoredFile]] = defaultdict(list)
    for stored in object_store.listing(folder):
        day, _, name = stored.name.rpartition("/")
        named = NAME.fullmatch(name)
        if named and DAY_FOLDER.fullmatch(day):
            gone = partial(object_store.remove, folder / stored.name)
            found[day].append(StoredFile(int(named[1]), f"{day}/{int(named[1])}", stored.bytes, stored.modified, gone))
    yield from found.values()


def _days(folder: Path) -> Iterator[list[StoredFile]]:
    """Names are looked up in the open folder, so that nobody can put a link in its way."""
    folder = folder.resolve()
    for root, _folders, names, descriptor in os.fwalk(folder):
        day = Path(root).relative_to(folder).as_posix()
        if DAY_FOLDER.fullmatch(day):
            found = (_stored(day, name, descriptor) for name in sorted(names))
            yield [file for file in found if file is not None]


def _stored(day: str, name: str, folder: int) -> StoredFile | None:
    named = NAME.fullmatch(name)
    if named is None:
        return None
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return StoredFile(
        int(named[1]), f"{day}/{int(named[1])}", status.st_size, status.st_mtime, partial(_unlink, name, folder)
    )


def _unlink(name: str, folder: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def is_there(folder: CaptureFolder) -> bool:
    """Whether there is such a folder; in an object store, whether it holds anything."""
    return folder.is_dir() if isinstance(folder, Path) else any(_days_of_store(folder))


def remove_empty_days(folder: CaptureFolder, before: float) -> None:
    """Remove the folders of days, months and years in which nothing is left nor has changed since a moment.

    An object store has none.
    """
    if not isinstance(folder, Path):
        return
    folder = folder.resolve()
    for root, folders, _names, descriptor in os.fwalk(folder, topdown=False):
        depth = len(Path(root).relative_to(folder).parts)
        for name in folders if depth < 3 else ():
            if re.fullmatch(r"\d{2}|\d{4}", name):
                with suppress(OSError):  # it is not empty, it is a link, it is gone
                    if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mtime < before:
                        os.rmdir(name, dir_fd=descriptor)
