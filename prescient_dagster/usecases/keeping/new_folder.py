"""A folder that is whole or absent: it grows beside its place, and gets its name once it is on the disk."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prescient_dagster.domain.errors import Conflict, InvalidInput, StoreError
from prescient_dagster.store import private_folders
from prescient_dagster.store.backup.files import sync
from prescient_dagster.store.market.capture_folders import require_local

Watch = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it, and of how much where that is known."""


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """The folder to write into, ours alone. At the end of the block it is renamed to `target`, which must not be there.

    What fails leaves nothing, what is killed a folder of another name, which the next one to the same place removes.

    Raises:
        InvalidInput: something has that name already, or it is an address.
        Conflict: somebody else is writing there.
        StoreError: the disk refuses.
    """
    require_free(target)
    try:
        with _growing(target) as folder:
            yield folder
            _finish(folder, target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.filename or target}: {error.strerror}") from error


def require_free(target: Path) -> None:
    """Ask before long work whether a folder can be made there.

    Raises:
        InvalidInput: something has that name already, or it is an address.
    """
    require_local(target)
    if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
        raise InvalidInput(f"{target} is there already: name a folder that is not, none is ever replaced")


@contextmanager
def _growing(target: Path) -> Iterator[Path]:
    folder = target.with_name(f".{target.name}.partial")
    private_folders.make(folder)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"{target} is being written by somebody else: wait for it, or name another folder") from None
    else:
        with _removed(folder):
            _empty(folder)
            yield folder
    finally:
        os.close(descriptor)


@contextmanager
def _removed(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:  # it has another name by now, if all went well
        shutil.rmtree(folder, ignore_errors=True)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _finish(folder: Path, target: Path) -> None:
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync(inner)
    folder.rename(target)
    sync(target.parent)
