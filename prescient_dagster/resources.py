"""Venue, captures and database as Dagster resources, opened from the settings when first used."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import dagster as dg

from prescient_dagster.settings import Settings, load_settings
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.server import postgres
from prescient_dagster.usecases.venues import venue_opened
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


def open_database(settings: Settings) -> Database:
    """The database of these settings, one pool per process and address; an embedded server is started on demand."""
    return _pool(settings.database_url or postgres.start(settings.home))


@cache
def _pool(url: str) -> Database:
    return connect(url)


def resources() -> dict[str, Any]:
    """The resources of both code locations.

    No asset hands a value to another. Dagster's own keeper of values would write files, to a folder that whoever
    launches a run may name.
    """
    ours = {"database": DatabaseResource(), "capture_files": CaptureFiles(), "venue": VenueResource()}
    return {**ours, "io_manager": dg.mem_io_manager}
