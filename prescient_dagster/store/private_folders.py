"""Folders that nobody else looks into: those we make. Folders that were there keep the modes their owners gave them."""

import os
import stat
from pathlib import Path

PRIVATE, PASSED_THROUGH = 0o700, 0o711
OTHERS = 0o077


def make(folder: Path) -> None:
    """Make a folder for ourselves alone, and those above it that are missing."""
    _make(folder, PRIVATE)


def make_home(home: Path) -> None:
    """Make a home. Of root's, others can pass through and see nothing: the database server runs as another account."""
    _make(home, PASSED_THROUGH if os.geteuid() == 0 else PRIVATE)


def _make(folder: Path, mode: int) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        try:
            each.mkdir()
        except FileExistsError:
            if not each.is_dir():
                raise
        else:
            each.chmod(mode)  # whatever the umask


def close(folder: Path) -> None:
    """Close a folder of ours that an earlier Prescient has left open. One that is somebody else's, or a link, stays."""
    if folder.is_symlink() or not folder.is_dir():
        return
    found = folder.stat()
    if found.st_uid == os.geteuid() and found.st_mode & OTHERS:
        folder.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
