"""The two sides of a market."""

from enum import StrEnum

from prescient_dagster.domain.market.kept_texts import shortened

MOST_LETTERS = 60
"""Of what a venue calls a side; labels come from strangers."""


class Side(StrEnum):
    """An outcome token of a market: the first is YES, whatever its label, the second NO."""

    YES = "yes"
    NO = "no"


def kept_label(label: str) -> str:
    """A label in one line, of so many letters at most."""
    return shortened(" ".join(label.split()), MOST_LETTERS)


def labelled(side: Side | str, label: str | None) -> str:
    """The side with its label; alone where the label says no more than the side, or is not known."""
    return beside(str(side), str(side), label)


def beside(told: str, side: str, label: str | None) -> str:
    """What is told of a side, with its label; alone where the label says no more, or is not known."""
    known = kept_label(label or "")
    return told if known.casefold() in ("", side) else f"{told} ({known})"
