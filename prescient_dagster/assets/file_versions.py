"""The code version of a platform asset: the identity of the files that decide what is in it."""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def version_of(*patterns: str) -> str:
    """The same for the same code. `patterns`: files of the package, as `venue/**/*.py`."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in PACKAGE.glob(pattern)}):
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
