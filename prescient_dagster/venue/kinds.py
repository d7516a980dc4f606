"""What a file or an answer holds, in words for who gave another kind of it than is read here.

Almost every field of a record may be missing, so a record of another kind would pass for one that says nothing. What it
is, its keys tell.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

MOST_KEYS = 6
MOST_LETTERS = 24
LONGEST_INT = 20  # digits; Python refuses to read integers of thousands of digits
LISTS = ("events", "markets", "data", "results", "items", "history", "series")


class AnotherKindError(Exception):
    """A file is of another kind than was expected; which, in words."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record: what one and what several are called, and the keys of which each has all."""

    one: str
    many: str
    keys: frozenset[str]


def _kind(one: str, many: str, *keys: str) -> RecordKind:
    return RecordKind(one, many, frozenset(keys))


MARKET = _kind("a market", "markets", "question", "outcomes")
EVENT = _kind("an event with its markets", "events with their markets", "markets", "title")
EVENTS = (
    EVENT,
    _kind("an event without its markets", "events without their markets", "title", "slug"),
    _kind("an event without its markets", "events without their markets", "title", "id"),
)
KINDS = (
    _kind("an event of Kalshi", "events of Kalshi", "event_ticker", "series_ticker"),
    _kind("a market of Kalshi", "markets of Kalshi", "ticker", "event_ticker"),
    _kind("an order book of Kalshi", "order books of Kalshi", "orderbook"),
    _kind("an order book of Kalshi", "order books of Kalshi", "orderbook_fp"),
    _kind("candlesticks of Kalshi", "candlesticks of Kalshi", "candlesticks"),
    _kind("an order book", "order books", "bids", "asks"),
    _kind("a market with its price history", "markets with their price histories", "question", "history"),
    MARKET,
    _kind("a market", "markets", "question", "conditionId"),
    _kind("a market of the CLOB", "markets of the CLOB", "condition_id", "tokens"),
    _kind("a price history of one token", "price histories of one token each", "history"),
    _kind("a point of a price history", "points of a price history", "t", "p"),
    _kind("a point of a price history", "points of a price history", "timestamp", "probability"),
    _kind("a trade or a position of an account", "trades or positions of accounts", "proxyWallet"),
    *EVENTS,
    _kind("an error that a service answered", "errors that a service answered", "error"),
)
"""The first that fits counts."""

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip-compressed"),
    (b"PK", "a ZIP archive or a spreadsheet"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%PDF", "a PDF file"),
    (b"\xff\xfe", "UTF-16 text, not UTF-8"),
    (b"\xfe\xff", "UTF-16 text, not UTF-8"),
    (b"(\xb5/\xfd", "Zstandard-compressed"),
    (b"BZh", "bzip2-compressed"),
    (b"\xfd7zXZ", "xz-compressed"),
)


def of_record(record: Any) -> RecordKind | None:
    """The kind of a record; None: none that is known here."""
    return next((kind for kind in KINDS if kind.keys <= record.keys()), None) if isinstance(record, dict) else None


def of_content(content: bytes) -> str | None:
    """What a file is that is no text of ours; None: it may be one."""
    stripped = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not stripped:
        return "empty" if not content else "blank"
    known = next((told for magic, told in MAGIC if content.startswith(magic)), None)
    return known or next((told for told, holds in CONTENTS if holds(stripped)), None)


def _is_no_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _is_json_lines(content: bytes) -> bool:
    first, *more = content.splitlines()
    with suppress(ValueError, RecursionError):
        return bool(more) and isinstance(json.loads(first), dict | list) and more[0].lstrip()[:1] in (b"{", b"[")
    return False


CONTENTS: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("a page of HTML or XML", lambda content: content.startswith(b"<")),
    ("not UTF-8 text", _is_no_utf8),
    ("JSON lines, a document in each line", _is_json_lines),
)


def of_document(document: Any) -> str:
    """What a JSON document is: `a list of 5 markets`, `a price history of one token`."""
    if isinstance(document, list):
        return of_list(document)
    if not isinstance(document, dict):
        return "a single value" if document is not None else "null"
    kind = of_record(document)
    listed = next((name for name in LISTS if isinstance(document.get(name), list)), None)
    if kind is not None and (kind is not EVENT or "id" in document):
        return kind.one
    if listed is not None:
        return f"an object in which {listed!r} is {of_list(document[listed])}"
    return f"an object with the keys {told_keys(list(document))}" if document else "an empty object"


def of_list(records: Sequence[Any]) -> str:
    """What most records of a list are."""
    if not records:
        return "an empty list"
    ((told, _),) = Counter(map(_called, records)).most_common(1)
    return f"a list of {len(records)} {told}"


def _called(record: Any) -> str:
    kind = of_record(record)
    if kind is not None:
        return kind.many
    return (
        f"objects with the keys {told_keys(list(record))}" if isinstance(record, dict) else "values that are no objects"
    )


def told_keys(keys: Sequence[str]) -> str:
    """Some keys or columns, short and on one line."""
    told = [ascii(key)[1:-1][:MOST_LETTERS] for key in keys[:MOST_KEYS]]
    return ", ".join(told) + (", …" if len(keys) > MOST_KEYS else "")


def read_int(digits: str) -> int | float:
    """An integer of JSON, of however many digits."""
    return int(digits) if len(digits) <= LONGEST_INT else float(digits)
