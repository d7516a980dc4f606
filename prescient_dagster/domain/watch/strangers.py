"""Texts of strangers in messages: nobody is called by them, and nothing in them is a link or markup."""

import re

BREAK = "\u200b"  # takes no room, and ends a word
RISKY = (
    (re.compile(r"([@<>#&])"), rf"\1{BREAK}"),  # calls, channels, tags, entities
    (re.compile("`"), "'"),  # code; a command of ours between such signs is copied as it stands
    (re.compile(r"\]\("), f"]{BREAK}("),  # a link by another name
    (re.compile(r"://"), f":{BREAK}//"),
    (re.compile(r"(?<=\w)\.(?=[^\W\d])"), f".{BREAK}"),  # a bare address like evil.example
    (re.compile(r"(?<!\S)/(?=\w)"), f"/{BREAK}"),  # a command of a chat
    (re.compile(r"([*_~|])(?=\1)|(?<![^\W_])([*_~|])(?=\S)"), rf"\1\2{BREAK}"),  # bold, italic, struck out, hidden
)


def harmless(text: str) -> str:
    """The text on one line, which reads the same and does nothing."""
    line = " ".join(text.split())
    for pattern, instead in RISKY:
        line = pattern.sub(instead, line)
    return line
