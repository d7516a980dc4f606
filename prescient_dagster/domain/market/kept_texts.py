"""How much of a stranger's text is kept in the books and shown: the whole of it stands in the capture alone."""

MOST_LETTERS = 500


def kept_text(text: str) -> str:
    """A question or a title, at most 500 letters of it."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
