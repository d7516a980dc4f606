"""Texts of strangers, for a terminal."""

import unicodedata


def clean(text: str) -> str:
    """A text without characters that move a cursor, change colours, or turn the direction of writing."""
    return "".join(" " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter for letter in text)
