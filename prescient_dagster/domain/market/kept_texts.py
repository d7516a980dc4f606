"""How much of a stranger's text is kept in the books and shown: the whole of it stands in the capture alone."""

MOST_LETTERS = 500


def kept_text(text: str) -> str:
    """A question or a title, at most 500 letters of it."""
    return shortened(text, MOST_LETTERS)


def shortened(text: str, most: int) -> str:
    """At most so many letters of a text; the last tells that there are more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def quoted(value: object) -> str:
    """A stranger's value as the reason of a refusal tells it: short, on one line, safe to print."""
    return shortened(ascii(value), 40)
