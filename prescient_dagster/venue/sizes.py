"""How large may be what strangers send: beyond it nobody waits, and no memory is filled.

A whole venue of 50,000 markets is about 250 MB of JSON, a page of it less than 10 MB.
"""

import gzip
from io import BytesIO
from pathlib import Path

MOST_ANSWER_BYTES = 64 * 1024**2
MOST_FILE_BYTES = 512 * 1024**2
"""Of a file, packed or unpacked."""
MOST_ROWS = 1_000_000
"""Of a Parquet file, whose bytes tell little of what it unpacks to."""


class TooLargeError(Exception):
    """Somebody sends more than anybody needs; how much it may be, in words."""


def read_file(path: Path) -> bytes:
    """The bytes of a file; `TooLargeError` or `OSError` where it cannot be had."""
    with path.open("rb") as file:
        return _within(file.read(MOST_FILE_BYTES + 1))


def unpacked(content: bytes) -> bytes:
    """What was gzipped; `TooLargeError`, `OSError`, `EOFError` or `zlib.error` where it cannot be had."""
    with gzip.open(BytesIO(content)) as file:
        return _within(file.read(MOST_FILE_BYTES + 1))


def _within(content: bytes) -> bytes:
    if len(content) > MOST_FILE_BYTES:
        raise TooLargeError(f"larger than {MOST_FILE_BYTES // 1024**2} MB")
    return content
