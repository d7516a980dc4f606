"""Venue, captures and database as Dagster resources, opened from the settings when first used."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import dagster as dg

from prescient_dagster.settings import Settings, VenueName, load_settings
from prescient_dagster.store import world
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.server import postgres
from prescient_dagster.venue.interface import Venue


class DatabaseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The database that `PRESCIENT_DATABASE_URL` names, or the embedded one."""

    def open(self) -> Database:
        """A pool of connections, one per process."""
        return open_database(load_settings())


class CaptureFiles(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where the capture files lie."""

    @property
    def folder(self) -> CaptureFolder:
        return load_settings().captures_folder


class VenueResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The venue that `PRESCIENT_VENUE` names."""

    @contextmanager
    def open(self, database: Database) -> Iterator[Venue]:
        """The venue; its connections end with the block."""
        with venue_opened(load_settings(), database) as venue:
            yield venue


@contextmanager
def venue_opened(settings: Settings, database: Database) -> Iterator[Venue]:
    """The venue of these settings; its connections end with the block."""
    venue = open_venue(settings, database)
    try:
        yield venue
    finally:
        venue.close()


def database_url(settings: Settings) -> str:
    """The address of the database; the embedded server is started if it does not run."""
    return settings.database_url or postgres.start(settings.home)


def open_database(settings: Settings) -> Database:
    """The database of these settings; one pool per process and address."""
    return _pool(database_url(settings))


@cache
def _pool(url: str) -> Database:
    return connect(url)


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


def resources() -> dict[str, Any]:
    """The resources of both code locations.

    No asset hands a value to another. Dagster's own keeper of values would write files, to a folder that whoever
    launches a run may name.
    """
    ours = {"database": DatabaseResource(), "capture_files": CaptureFiles(), "venue": VenueResource()}
    return {**ours, "io_manager": dg.mem_io_manager}
