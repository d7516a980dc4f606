"""A short name for the resolution rules of a market, equal for markets whose rules differ only in dates and numbers."""

from collections.abc import Iterable
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DIGITS = b"0123456789.,"
_HEX_DIGITS = 16


def rules_hashes(descriptions: Iterable[str | None]) -> list[str]:
    """16 hex digits for each resolution text with month names and numbers taken out; empty for no text.

    Day suffixes ("1st", "2nd") and abbreviated months stay: rules written that way count as different.
    """
    texts = pa.array([text or "" for text in descriptions], pa.large_string())
    # The months in one pass over all texts: by far the dearest step one text at a time.
    undated = pc.replace_substring_regex(texts, pattern=_MONTHS, replacement="").cast(pa.large_binary())
    return [
        sha256(rules.translate(None, _DIGITS)).hexdigest()[:_HEX_DIGITS] if rules else ""
        for rules in undated.to_pylist()
    ]
