"""What the venue calls a side of a market, told beside our own word for it: `yes (Northgate)`.

The first outcome is the YES side whatever its label, so without the label nobody can read what was bought. Labels come
from strangers: they are cut here, and escaped wherever they are shown, as every text of theirs.
"""

from collections.abc import Mapping
from typing import Any

from prescient_dagster.domain.signals import Action, Side

LABEL = "side_label"
MOST_LETTERS = 60


def labelled(side: Side | str, label: str | None) -> str:
    """The side with its label; alone where the label says no more than the side, or is not known."""
    return _beside(str(side), str(side), label)


def labelled_action(action: Action | str, label: str | None) -> str:
    """What a signal does, with the label of its side: `buy_yes (Northgate)`."""
    return _beside(str(action), str(Action(action).side), label)


def for_reading(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a table in which `side` and `action` carry the `side_label` that stands beside them.

    Raises:
        KeyError: the row tells a side and not its label, so nobody could read what was bought.
    """
    told = {name: tell(row[name], row[LABEL]) for name, tell in TOLD.items() if name in row}
    return {name: told.get(name, value) for name, value in row.items() if name != LABEL}


def kept_label(label: str) -> str:
    """A label in one line, of so many letters at most."""
    one = " ".join(label.split())
    return one if len(one) <= MOST_LETTERS else f"{one[: MOST_LETTERS - 1]}…"


def _beside(told: str, side: str, label: str | None) -> str:
    known = kept_label(label or "")
    return told if known.casefold() in ("", side) else f"{told} ({known})"


TOLD = {"side": labelled, "action": labelled_action}
"""The columns that tell a side, by name."""
