"""What every venue offers. Which one is used is chosen by `PRESCIENT_VENUE`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from prescient_dagster.domain.fills import OrderBook
from prescient_dagster.domain.markets import Listing

Progress = Callable[[int], None]
"""Called now and then with the number of events read so far."""


def no_progress(_events: int) -> None:
    """For who does not watch."""


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

    def order_books(self, token_ids: Sequence[str], captured_at: datetime) -> dict[str, OrderBook]:
        """The order books of these tokens; a token without one is absent. Empty where the venue keeps none.

        Args:
            captured_at: of the capture they are wanted for. A simulated venue answers for that moment; a live one
                knows its books of now only, and is asked for the newest capture's.
        """

    def close(self) -> None:
        """Let go of connections."""
