"""Polymarket as a venue."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.errors import VenueError
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.venue.interface import BooksOf, PastPrices, Progress, no_progress
from prescient_dagster.venue.polymarket import book_requests
from prescient_dagster.venue.polymarket.client import PolymarketClient
from prescient_dagster.venue.polymarket.crawl import Crawl, require_whole
from prescient_dagster.venue.polymarket.pacing import DEFAULT_RETRY, RetryPolicy
from prescient_dagster.venue.polymarket.price_history import PriceHistories

PATIENCE_SECONDS = 30.0
"""How long markets are tried again that are asked for one by one; after that each has one short try."""


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


class PolymarketVenue:
    """Polymarket, or whatever answers in its wire format at these addresses or through this transport."""

    order_books_of = BooksOf.NEWEST_CAPTURE

    def __init__(  # noqa: PLR0913 - one keyword for each outside thing: network, clock, patience
        self,
        gamma_url: str,
        clob_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        name: str = "polymarket",
        retry: RetryPolicy = DEFAULT_RETRY,
    ) -> None:
        self._client = PolymarketClient(gamma_url, clob_url, transport=transport, retry=retry)
        self._histories = PriceHistories(self._client)
        self._clock = clock
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def next_listing(self, after: datetime | None, progress: Progress = no_progress) -> Listing:
        """Everything the venue lists as open, stamped with the moment the crawl began.

        Raises:
            VenueError: the crawl broke off, lists nothing, or has more than 2 % records that cannot be read.
        """
        captured_at = self._clock()
        crawl = Crawl()
        for page in self._client.open_events():
            crawl.add_events(page, open_only=True)
            progress(crawl.events_read)
        return require_whole(crawl.listing(self.name, captured_at))

    def find_markets(self, market_ids: Sequence[str], captured_at: datetime) -> Listing:
        """The given markets, whatever their state, as they stand now; one that cannot be read is a rejection.

        What neither list of open nor of closed markets has is asked for one by one: the lists leave out markets that
        are not `active`, and only then is a market unknown. One that cannot be asked for alone is `unanswered`, and
        stops no other.

        Raises:
            VenueError: the venue could not be asked.
        """
        crawl = Crawl()
        wanted = list(dict.fromkeys(market_ids))
        for closed in (False, True):  # a market that closes between the two is found twice, never missed
            for page in self._client.markets(wanted, closed=closed):
                crawl.add_markets(page)
        unanswered, until = {}, time.monotonic() + PATIENCE_SECONDS
        for market_id in crawl.missing(wanted):
            try:
                crawl.add_markets(self._client.market(market_id, until))
            except VenueError as error:
                unanswered[market_id] = str(error)
        return replace(crawl.listing(self.name, captured_at), unanswered=unanswered)

    def order_books(self, token_ids: Sequence[str], captured_at: datetime) -> dict[str, Book]:
        """What is known of the order book of each of these tokens now, levels in no particular order."""
        return book_requests.order_books(self._client, (token for token in token_ids if token))

    def past_prices(self, token_ids: Sequence[str], since: int, until: int) -> PastPrices:
        """The prices of at most twenty tokens from one second to another, about one an hour.

        Raises:
            VenueError: the service does not answer.
        """
        return self._histories.of(token_ids, since, until)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()
