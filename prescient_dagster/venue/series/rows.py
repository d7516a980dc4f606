"""The rows of a file of prices as they are written: one market at one moment, nothing of them judged yet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.venue.series.values import Place, PriceUnit

OBSERVED = ("time", "market_id", "event_id", "event_title", "question", "yes_price", "volume", "liquidity", "end_date")
UNUSABLE = re.compile("[\0\ud800-\udfff]")
MOST_LETTERS = 60


@dataclass(frozen=True)
class SeriesRows:
    """Columns of equal length.

    Attributes:
        time_name, price_name: what the file calls them.
        documented: the unit that this kind of file has prices in.
        place: where a row stands in the file.
        lacks: what this kind of file does not tell and a market has.
    """

    times: Sequence[Any]
    market_ids: Sequence[str]
    event_ids: Sequence[str]
    event_titles: Sequence[str]
    questions: Sequence[str]
    prices: Sequence[Any]
    volumes: Sequence[Any]
    liquidities: Sequence[Any]
    ends: Sequence[Any]
    time_name: str
    price_name: str
    documented: PriceUnit
    place: Place
    lacks: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.times:
            raise InvalidInput("it holds no prices")
        for texts in (self.market_ids, self.event_titles, self.questions):
            for row, text in enumerate(texts):
                if not text or UNUSABLE.search(text):
                    wrong = "a text that cannot be kept" if text else "no market id, question or title"
                    raise InvalidInput(f"{self.place(row)} has {wrong}")

    def name(self, row: int) -> str:
        """The market of a row, for a message."""
        return named(self.questions[row])


def named(text: str) -> str:
    """A text of a stranger in a message: on one line, and short."""
    one = " ".join(text.split())
    return f"'{one if len(one) <= MOST_LETTERS else f'{one[: MOST_LETTERS - 1]}…'}'"
