"""What the venue calls a side of a market, told beside our own word for it: `yes (Northgate)`.

The first outcome is the YES side whatever its label, so without the label nobody can read what was bought. Labels come
from strangers: they are cut, and escaped wherever they are shown, as every text of theirs.
"""

from collections.abc import Mapping
from typing import Any

from prescient_dagster.domain.market.sides import beside, labelled
from prescient_dagster.domain.strategy.signals import Action

LABEL = "side_label"


def labelled_action(action: Action | str, label: str | None) -> str:
    """What a signal does, with the label of its side: `buy_yes (Northgate)`."""
    return beside(str(action), str(Action(action).side), label)


def for_reading(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a table in which `side` and `action` carry the `side_label` that stands beside them.

    Raises:
        KeyError: the row tells a side and not its label, so nobody could read what was bought.
    """
    told = {name: tell(row[name], row[LABEL]) for name, tell in TOLD.items() if name in row}
    return {name: told.get(name, value) for name, value in row.items() if name != LABEL}


TOLD = {"side": labelled, "action": labelled_action}
"""The columns that tell a side, by name."""
