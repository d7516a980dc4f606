"""Whether a restore into a home was broken off. Every command asks, so nothing of a restore itself is loaded for it."""

from pathlib import Path

from prescient_dagster.domain.errors import StoreError

MARK = "restoring"


def require_complete(home: Path) -> None:
    """Raise `StoreError` if a restore into this home was broken off: what is there is not whole."""
    if (home / MARK).exists():
        raise StoreError(
            f"a restore into {home} is going on, or was broken off: then remove that folder (and empty a database of "
            "your own), and restore again"
        )
