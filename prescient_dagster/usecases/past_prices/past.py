"""The past that a venue tells, for a command or a job: which markets, from where, to which place."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.settings import Settings
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases.keeping import new_folder
from prescient_dagster.usecases.past_prices.backfill import Backfill, backfill, chosen
from prescient_dagster.usecases.past_prices.fetch_history import FetchedHistory, Wanted, Watch, fetch
from prescient_dagster.usecases.venues import open_venue
from prescient_dagster.venue.interface import Venue


@dataclass(frozen=True)
class VenuePast:
    """A home and its venue."""

    settings: Settings
    database: Database
    venue: Venue

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings, database: Database) -> "Iterator[VenuePast]":
        """The venue's connections end with the block."""
        venue = open_venue(settings, database)
        try:
            yield cls(settings, database, venue)
        finally:
            venue.close()

    def fetched(
        self, days: int, search: str, market_ids: Sequence[str], most: int, watch: Watch
    ) -> tuple[list[Wanted], FetchedHistory]:
        """Fetch the past of the markets that are meant; those, and what came of it."""
        wanted = chosen(self._listing, search, market_ids, most)
        return wanted, self._fetch(wanted, days, watch)

    def backfilled(  # noqa: PLR0913, PLR0917 - what a user may give
        self,
        target: Path,
        days: int,
        search: str,
        market_ids: Sequence[str],
        most: int,
        half_spread: float,
        watch: Watch,
    ) -> tuple[Backfill, FetchedHistory]:
        """Fetch it, and make captures of it.

        Raises:
            InvalidInput: before anything is fetched: no folder can be made there.
        """
        new_folder.require_free(target)
        listing = self._listing
        wanted = chosen(listing, search, market_ids, most)
        told = self._fetch(wanted, days, watch)
        folder = self.settings.captures_folder
        return backfill(self.database, folder, listing, wanted, told, target, half_spread), told

    def _fetch(self, wanted: Sequence[Wanted], days: int, watch: Watch) -> FetchedHistory:
        folder, workshop = self.settings.captures_folder, self.settings.home / "history"
        return fetch(self.database, folder, workshop, self.venue, wanted, days, datetime.now(UTC), watch)

    @property
    def _listing(self) -> Listing:
        """What the markets look like now: the newest capture, or where there is none yet what the venue lists."""
        newest = captures.newest_ready(self.database)
        if newest is None:
            listed = self.venue.next_listing(None)
            assert listed is not None  # only a recording has an end
            return listed
        found = captures.load(self.database, self.settings.captures_folder, newest.capture_id)
        return Listing(self.venue.name, found.captured_at, found.events, found.markets)
