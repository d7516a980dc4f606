"""Pages as files: whoever looks at the old one never sees half of the new."""

import os
from pathlib import Path

HOME = "portfolios.html"
"""The page of all portfolios."""
PRIVATE = 0o600


def write(path: Path, page: str, mode: int = 0o666) -> int:
    """Write a page aside, then put it in its place; how many bytes it has.

    Raises:
        OSError: it cannot be written; the old one stays.
    """
    content, aside = page.encode(), path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(aside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return len(content)
