"""Tags: what a market is about, in the venue's words, kept as one text with `|` between; compared without case."""

from collections.abc import Iterable

BETWEEN = "|"
MOST_TAGS = 100
LONGEST_TAG = 100  # letters; also of a category
"""Beyond these, whoever sent them is wrong or means harm: real events have a dozen tags of at most 25 letters."""


def joined(words: Iterable[str]) -> str:
    """Tags as one text: sorted, each once whatever its case, spaces tidied. A `|` inside a tag becomes a `/`."""
    tidied = sorted({tidy(word) for word in words} - {""}, reverse=True)
    return BETWEEN.join(sorted({word.casefold(): word for word in tidied}.values()))


def split(text: str) -> tuple[str, ...]:
    """The tags in such a text."""
    return tuple(text.split(BETWEEN)) if text else ()


def tidy(word: str) -> str:
    """A tag or a category as it is kept: on one line, one space between its words."""
    return " ".join(word.replace(BETWEEN, "/").split())


def folded(word: str) -> str:
    """A tag or a category as it is compared: tidied, without case."""
    return tidy(word).casefold()
