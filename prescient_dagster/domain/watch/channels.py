"""Who is told of portfolios. Settings are read everywhere, so nothing else is loaded for this."""

import re
from dataclasses import dataclass

from prescient_dagster.domain.errors import InvalidInput

OWN = re.compile(r"(?P<slug>[a-z][a-z0-9_-]{0,62})=(?P<address>[a-z][a-z0-9+.-]*://.+)", re.DOTALL)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://.+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Channel:
    """An address that is told of all portfolios, or of one. The address is a secret: no message shows it."""

    address: str
    portfolio: str | None = None


def channels(text: str) -> list[Channel]:
    """The channels that a setting names, with spaces between: an address for all, SLUG=ADDRESS for one portfolio.

    Raises:
        InvalidInput: a word is neither; it is named by its place, since it may be a secret.
    """
    found = []
    for number, word in enumerate(text.split(), start=1):
        own = OWN.fullmatch(word)
        if own is None and not ADDRESS.fullmatch(word):
            raise InvalidInput(f"word {number} is no address: use SCHEME://… for all portfolios, or SLUG=SCHEME://…")
        found.append(Channel(word) if own is None else Channel(own["address"], own["slug"]))
    return found
