"""How a file writes prices."""

from enum import StrEnum


class PriceUnit(StrEnum):
    """42 or 0.42."""

    PERCENT = "percent"
    FRACTION = "fraction"
