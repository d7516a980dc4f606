"""The built-in venue: Polymarket's client on a simulated service. It needs no network and its clock may run faster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from prescient_dagster.domain.cycle.order_books import Book, unavailable
from prescient_dagster.domain.errors import VenueError
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.venue.interface import BooksOf, Progress, no_progress
from prescient_dagster.venue.polymarket.venue import PolymarketVenue, utc_now
from prescient_dagster.venue.simulation.transport import SimulatedTransport
from prescient_dagster.venue.simulation.world import SimulatedWorld

NAME = "simulated"
_GAMMA_URL, _CLOB_URL = "http://gamma.simulated.invalid", "http://clob.simulated.invalid"


class SimulatedVenue:
    """A deterministic venue: what it says follows from `seed`, `events` and its own time alone.

    Args:
        seed: which of all possible histories.
        events: how many events are open at any time.
        speed: simulated seconds per real second.
        started_at: when the simulation began; its clock showed this time then.
        clock: the real time (UTC).
    """

    name = NAME
    order_books_of = BooksOf.ANY_CAPTURE

    def __init__(
        self, seed: int, events: int, speed: float, started_at: datetime, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._world = SimulatedWorld(seed, events, started_at.astimezone(UTC).replace(microsecond=0))
        self._speed = speed
        self._clock = clock
        self._pinned: int | None = None
        transport = SimulatedTransport(self._world, self._second)
        self._client = PolymarketVenue(_GAMMA_URL, _CLOB_URL, transport=transport, clock=self._now, name=NAME)

    def next_listing(self, after: datetime | None, progress: Progress = no_progress) -> Listing | None:
        """Everything that is open now; always later than `after`."""
        now = self._running_second()
        self._pinned = now if after is None else max(now, self._second_of(after) + 1)
        return self._client.next_listing(after, progress)

    def find_markets(self, market_ids: Sequence[str], captured_at: datetime) -> Listing:
        """The given markets as they stand at `captured_at`, however long ago they ended.

        Raises:
            VenueError: `captured_at` is before the simulation began.
        """
        with self._pinned_to(self._second_of(captured_at)):
            return self._client.find_markets(market_ids, captured_at)

    def order_books(self, token_ids: Sequence[str], captured_at: datetime) -> dict[str, Book]:
        """The order books as they stood at `captured_at`."""
        try:
            second = self._second_of(captured_at)
        except VenueError as error:
            return unavailable(token_ids, str(error))
        with self._pinned_to(second):
            return self._client.order_books(token_ids, captured_at)

    def close(self) -> None:
        """Nothing to let go of but the client."""
        self._client.close()

    def _second(self) -> int:
        return self._running_second() if self._pinned is None else self._pinned

    def _now(self) -> datetime:
        return self._world.instant(self._second())

    def _running_second(self) -> int:
        elapsed = (self._clock() - self._world.started_at).total_seconds()
        return max(0, int(elapsed * self._speed))

    def _second_of(self, moment: datetime) -> int:
        elapsed = moment - self._world.started_at
        if elapsed < timedelta(0):
            raise VenueError(
                f"simulated: {moment:%Y-%m-%d %H:%M:%S} is before this simulation began "
                f"({self._world.started_at:%Y-%m-%d %H:%M:%S}): use the home these captures belong to"
            )
        return int(elapsed.total_seconds())

    @contextmanager
    def _pinned_to(self, second: int) -> Iterator[None]:
        before, self._pinned = self._pinned, second
        try:
            yield
        finally:
            self._pinned = before
