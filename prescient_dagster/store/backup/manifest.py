"""The manifest of a backup: what is in it, with checksums. It is written last; a folder without it is no backup."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated

from prescient_dagster.domain.errors import InvalidInput, StoreError

FORMAT = 1
NAME = "manifest.json"
DUMP = "books.dump"
CAPTURES = "captures"
OF_CAPTURE = r"\d{4}/\d{2}/\d{2}/[1-9]\d{0,17}\.(events|markets)\.parquet"
OF_MARKS = r"marks/\d{4}/\d{2}/\d{2}-[0-9a-f]{16}\.parquet"
MEMBER = re.compile(f"{DUMP}|{CAPTURES}/({OF_CAPTURE}|{OF_MARKS})")
"""What a file of a backup may be called: no other name is followed, wherever it leads."""
CHUNK_BYTES = 1 << 20


@validated(frozen=True, slots=True)
class BackupFile:
    """One file of a backup."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(ge=0)]


@validated(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: of the backup itself.
        made_at: when, in UTC, by this machine's clock.
        version: of the tables, the number of their newest migration.
        dagster: the version whose tables are in it; empty: there are none of Dagster's.
        venue: of the books; empty: they belong to none yet.
        captures, portfolios: how many rows the dump has.
        absent: captures whose files were missing or damaged already when the backup was made, and why.
        files: by their path in the backup.
    """

    format: int
    made_at: str
    version: str
    dagster: str
    venue: str
    captures: int
    portfolios: int
    files: Mapping[str, BackupFile]
    absent: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Of all its files, in bytes."""
        return sum(member.bytes for member in self.files.values())

    def dumps(self) -> bytes:
        """As the file has it."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def load(folder: Path) -> Manifest:
    """The manifest of the backup in a folder.

    Raises:
        InvalidInput: there is no backup, or a later Prescient made it.
        StoreError: its manifest is damaged.
    """
    try:
        content = (folder / NAME).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{folder} is no backup: its {NAME} cannot be read: {error.strerror}") from error
    try:
        given = json.loads(content)
        made_by = given["format"]
        if made_by != FORMAT:
            raise InvalidInput(
                f"{folder} is a backup of format {made_by}, this Prescient knows {FORMAT}: use a newer one"
            )
        manifest = TypeAdapter(Manifest).validate_python(given)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise StoreError(f"{folder / NAME} is damaged: take another backup") from error
    if DUMP not in manifest.files or not all(MEMBER.fullmatch(name) for name in manifest.files):
        raise StoreError(f"{folder / NAME} is damaged, it names files that no backup has: take another backup")
    return manifest


def summed(path: Path) -> BackupFile:
    """The checksum and size of a file; `OSError` where it cannot be read."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            found.update(chunk)
            size += len(chunk)
    return BackupFile(found.hexdigest(), size)


def require_whole(folder: Path, name: str, member: BackupFile) -> None:
    """Raise `StoreError` unless the file is there and is the one that was written."""
    try:
        found = summed(folder / name)
    except OSError as error:
        raise StoreError(f"the backup {folder} is not whole: {name} cannot be read: {error.strerror}") from error
    if found != member:
        raise StoreError(f"the backup {folder} is damaged: the checksum of {name} differs; nothing was restored")
