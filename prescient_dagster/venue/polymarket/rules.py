"""A short name for the resolution rules of a market, equal for markets whose rules differ only in dates and numbers."""

import re
from hashlib import blake2b

_MONTHS = re.compile(rb"January|February|March|April|May|June|July|August|September|October|November|December")
_DIGITS = b"0123456789.,"
_BYTES = 8


def rules_hash(description: str | None) -> str:
    """16 hex digits for the resolution text with month names and numbers taken out; empty for no text.

    Day suffixes ("1st", "2nd") and abbreviated months stay: rules written that way count as different.
    """
    if not description:
        return ""
    masked = _MONTHS.sub(b"", description.encode()).translate(None, _DIGITS)
    return blake2b(masked, digest_size=_BYTES).hexdigest()
