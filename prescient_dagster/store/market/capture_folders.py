"""Where capture files lie: a folder of this machine, or a place in an object store, named by its address."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from prescient_dagster.domain.errors import InvalidInput

if TYPE_CHECKING:
    from upath import UPath

    CaptureFolder: TypeAlias = Path | UPath
else:
    CaptureFolder: TypeAlias = Path  # whoever keeps captures in a folder does not pay for the import

NEEDED = {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs"}
"""The object stores there are, by how their addresses begin, and the package that reaches each: its extra's name."""
ADDRESS = re.compile(r"(?P<kind>[A-Za-z][A-Za-z0-9+.-]+):/")  # one letter alone is a drive
PLACE = re.compile(r"[a-z0-9]+://(?P<bucket>[^/?#@:\s]+(?:@[^/?#@:\s]+)?)(?:/[^?#\s]*)?")


def is_address(text: str) -> bool:
    """Whether a text is an address, and no folder."""
    return ADDRESS.match(text) is not None


def known(text: str) -> str:
    """The place, if captures can be kept there, whether or not the package for it is installed.

    Raises:
        ValueError: it is an address of an unknown kind, or one with keys in it, which is not repeated.
    """
    found = ADDRESS.match(text)
    if found is None:
        return text
    kinds = ", ".join(f"{kind}://" for kind in NEEDED)
    if found["kind"] not in NEEDED:
        raise ValueError(f"no captures can be kept in {found['kind']}://…: use a folder, or one of {kinds}")
    place = PLACE.fullmatch(text)
    if place is None or ("@" in place["bucket"] and found["kind"] != "abfs"):
        raise ValueError(
            f"use {found['kind']}://BUCKET/PATH and nothing else: keys come from the environment, not from the address"
        )
    return re.sub(r"(?<!:)/{2,}", "/", text).rstrip("/")


def opened(text: str) -> CaptureFolder:
    """The folder of an address or a path; nothing is asked of a store yet.

    Raises:
        InvalidInput: the package that reaches the store is not installed.
    """
    found = ADDRESS.match(text)
    if found is None:
        return Path(text).expanduser().absolute()
    kind = found["kind"]
    if find_spec(NEEDED[kind]) is None:
        raise InvalidInput(f"PRESCIENT_CAPTURES: {kind}:// needs {NEEDED[kind]}: pip install 'prescient[{kind}]'")
    from upath import UPath

    return UPath(text)


def require_local(path: Path) -> Path:
    """The path, unless it is an address that was taken for one.

    Raises:
        InvalidInput: it is one: nothing but captures is kept in an object store.
    """
    for part in path.parts:
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]+:", part):
            raise InvalidInput(f"{part}//… is an address: name a folder or a file of this machine")
    return path
