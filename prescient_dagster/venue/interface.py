"""What every venue offers. Which one is used is chosen by `PRESCIENT_VENUE`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.market.markets import Listing

Progress = Callable[[int], None]
"""Called now and then with the number of events read so far."""


def no_progress(_events: int) -> None:
    """For who does not watch."""


Point = tuple[int, float]
"""A second since 1970, and what YES cost then, USD per share."""


@dataclass(frozen=True, slots=True)
class PastPrices:
    """What a venue tells of past prices, by token; of those it refuses why, in one line."""

    points: Mapping[str, Sequence[Point]]
    refused: Mapping[str, str]


@runtime_checkable
class TellsPastPrices(Protocol):
    """A venue that can be asked what prices were."""

    def past_prices(self, token_ids: Sequence[str], since: int, until: int) -> PastPrices:
        """The prices of at most twenty tokens from one second to another."""
        ...


class BooksOf(StrEnum):
    """Of which captures a venue can tell the order books."""

    NO_CAPTURE = "no_capture"  # it keeps none: what one can trade against is made up from the quotes
    NEWEST_CAPTURE = "newest_capture"  # it knows its books of now only
    ANY_CAPTURE = "any_capture"  # it knows what its books were at the capture's moment


class Venue(Protocol):
    """Where markets are listed. Only a venue knows what time it is."""

    @property
    def name(self) -> str:
        """polymarket, simulated or recorded."""

    def next_listing(self, after: datetime | None, progress: Progress = no_progress) -> Listing | None:
        """Everything the venue lists as open now, complete or an error.

        Args:
            after: `captured_at` of the newest capture there is; a recorded venue moves on from it.

        Returns:
            None where there is nothing more to list (the end of a recording).

        Raises:
            VenueError: the venue could not be read completely.
        """

    def find_markets(self, market_ids: Sequence[str], captured_at: datetime) -> Listing:
        """The given markets, open or closed, as they stand at `captured_at`; those it does not know are absent."""

    @property
    def order_books_of(self) -> BooksOf:
        """Of which captures it can tell the order books."""

    def order_books(self, token_ids: Sequence[str], captured_at: datetime) -> dict[str, Book]:
        """What is known of the order book of each of these tokens; that it cannot be had is a value, not an error.

        Args:
            captured_at: of the capture they are wanted for.
        """

    def close(self) -> None:
        """Let go of connections."""
