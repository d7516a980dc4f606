"""Files of captures in an object store. A file is put whole under its final name, in one go, or it is not there.

What the store's package raises is told in one line. Which keys it uses is the environment's affair; none is repeated.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from prescient_dagster.domain.errors import FileGone, StoreUnreachable

if TYPE_CHECKING:
    from upath import UPath

NO_BUCKET = re.compile(r"(bucket|container) does not exist|NoSuchBucket|ContainerNotFound", re.IGNORECASE)
REFUSED = "access is denied: do the keys in the environment belong to it, and may they do this?"
CHANGED = ("LastModified", "last_modified", "mtime", "updated")
"""What the stores call the time of a file's last change."""
MOST_LETTERS = 200
FOOTER_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store. `name`: below the folder. `modified`: seconds since 1970."""

    name: str
    bytes: int
    modified: float


def put(path: "UPath", content: memoryview | bytes) -> None:
    """Write a file, which is complete or absent.

    Raises:
        StoreUnreachable: the store does not answer, has no such bucket, or lets nobody write.
    """
    with _told(f"capture file {path} cannot be written"):
        path.fs.pipe_file(path.path, bytes(content))


def get(path: "UPath") -> bytes:
    """The content of a file.

    Raises:
        FileGone: there is none.
        StoreUnreachable: the store does not answer, has no such bucket, or lets nobody read.
    """
    with _told(f"capture file {path} cannot be read"):
        content: bytes = path.fs.cat_file(path.path)
        return content


@dataclass(frozen=True, slots=True)
class FetchedColumns:
    """Some columns of a Parquet file. `names`: of all it has."""

    names: Sequence[str]
    table: pa.Table


def columns(path: "UPath", wanted: Collection[str]) -> FetchedColumns:
    """Some columns of a Parquet file, of which nothing else is fetched; those that it does not have are left out.

    Raises:
        FileGone: there is none.
        StoreUnreachable: they cannot be had, be it that it is no such file.
    """
    from fsspec.parquet import open_parquet_file

    with _told(f"capture file {path} cannot be read"):
        path.fs.invalidate_cache()
        with open_parquet_file(
            path.path, fs=path.fs, columns=sorted(wanted), engine="pyarrow", footer_sample_size=FOOTER_BYTES
        ) as fetched:
            file = pq.ParquetFile(fetched)
            names = file.schema_arrow.names
            return FetchedColumns(
                names, file.read(columns=[name for name in names if name in wanted], use_threads=False)
            )


def remove(path: "UPath") -> None:
    """Remove a file; another process may have done so first."""
    with suppress(FileGone), _told(f"capture file {path} cannot be removed"):
        path.fs.rm_file(path.path)


def listing(folder: "UPath") -> list[Stored]:
    """All files below a folder; none where nothing was ever put there.

    Raises:
        StoreUnreachable: the store does not answer, has no such bucket, or lets nobody list it.
    """
    with _told(f"captures in {folder} cannot be listed"):
        folder.fs.invalidate_cache()  # others write and remove as well
        try:
            found = folder.fs.find(folder.path, detail=True)
        except FileNotFoundError as error:
            if NO_BUCKET.search(str(error)):
                raise
            return []
    root = folder.path.rstrip("/") + "/"
    return [
        Stored(name.removeprefix(root), int(told.get("size") or 0), _modified(told))
        for name, told in found.items()
        if name.startswith(root)
    ]


def _modified(told: dict[str, Any]) -> float:
    """Without a time it is not known to be old."""
    for name in CHANGED:
        value = told.get(name)
        if isinstance(value, str):
            return datetime.fromisoformat(value).timestamp()
        if isinstance(value, datetime):
            return value.timestamp()
    return float("inf")


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if NO_BUCKET.search(str(error)):
            raise StoreUnreachable(f"{what}: there is no such bucket; is PRESCIENT_CAPTURES right?") from error
        raise FileGone(f"{what}: it is not there; is PRESCIENT_CAPTURES right?") from error
    except Exception as error:  # each kind of store has its own
        raise StoreUnreachable(f"{what}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return REFUSED
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = (lines or [type(error).__name__])[0]
    return told if len(told) <= MOST_LETTERS else told[:MOST_LETTERS] + "…"
