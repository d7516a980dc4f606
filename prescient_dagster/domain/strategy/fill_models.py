"""The fill models that a portfolio can choose."""

from enum import StrEnum


class FillModel(StrEnum):
    """Against what an order is filled."""

    BOOK = "book"
    TOUCH = "touch"
    MID = "mid"
