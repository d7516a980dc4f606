"""The venue that the settings name, opened for the database that belongs to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from prescient_dagster.settings import Settings, VenueName
from prescient_dagster.store import world
from prescient_dagster.store.database import Database
from prescient_dagster.venue.interface import Venue


@contextmanager
def venue_opened(settings: Settings, database: Database) -> Iterator[Venue]:
    """The venue of these settings; its connections end with the block."""
    venue = open_venue(settings, database)
    try:
        yield venue
    finally:
        venue.close()


def open_venue(settings: Settings, database: Database) -> Venue:
    """The venue of these settings, which the database from then on belongs to.

    Raises:
        Conflict: the database belongs to another venue.
    """
    # Each venue brings imports of its own; only the one in use is paid for.
    if settings.venue_name is VenueName.SIMULATED:
        return _simulated(settings, database)
    world.claim(database, settings.venue_name, settings.venue_parameters)
    if settings.venue_name is VenueName.RECORDED:
        from prescient_dagster.venue.recorded import RecordedVenue

        return RecordedVenue(settings.recordings)
    from prescient_dagster.venue.polymarket.venue import PolymarketVenue

    return PolymarketVenue(settings.gamma_url, settings.clob_url)


def _simulated(settings: Settings, database: Database) -> Venue:
    from prescient_dagster.venue.simulated import SimulatedVenue

    started_at = world.claim(database, settings.venue_name, settings.venue_parameters).started_at
    return SimulatedVenue(settings.simulation_seed, settings.simulation_events, settings.simulation_speed, started_at)
