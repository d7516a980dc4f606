"""Files of a backup: for us alone, and on the disk before they count."""

import os
from pathlib import Path

from prescient_dagster.store import private_folders

PRIVATE = 0o600


def write(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, and wait until the disk has it; `OSError` where it cannot be."""
    private_folders.make(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Wait until the disk has what is in a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
