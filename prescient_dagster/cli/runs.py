"""Runs of Dagster jobs inside this process, on the instance whose UI shows them.

Importing this module imports Dagster: commands that need no run must not.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg

from prescient_dagster.assets.runs.runs_here import run_here
from prescient_dagster.cli.server import home
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.resources import VenueResource
from prescient_dagster.settings import Settings
from prescient_dagster.store.database import Database
from prescient_dagster.venue.interface import Progress, Venue


@dataclass(frozen=True)
class Runner:
    """Runs jobs on an instance, here and now."""

    instance: dg.DagsterInstance
    verbose: bool = False

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings, database: Database, *, verbose: bool = False) -> "Iterator[Runner]":
        """A runner on the Dagster instance of this home. From here on, this process has its environment."""
        home.lay_dagster_home(settings)
        os.environ.update(home.environment(settings, database))
        with dg.DagsterInstance.get() as instance:
            yield cls(instance, verbose)

    def run(self, job: dg.JobDefinition, **options: Any) -> dg.ExecuteInProcessResult:
        """Run a job; how it ended stands in the result. The options are those of `run_here`."""
        with _stdout_kept_clean():
            return run_here(self.instance, job, log_level="DEBUG" if self.verbose else "CRITICAL", **options)


@contextmanager
def _stdout_kept_clean() -> Iterator[None]:
    """Whatever a run prints goes to stderr: stdout is for one document."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def watched_venue(progress: Progress) -> VenueResource:
    """The venue resource, except that a listing tells how far it has come."""

    class WatchedVenue(VenueResource):
        @contextmanager
        def open(self, database: Database) -> Iterator[Venue]:
            with super().open(database) as venue:
                yield _Watched(venue, progress)  # type: ignore[misc]

    return WatchedVenue()


class _Watched:
    """A venue whose listings are watched; all else is the venue's own."""

    def __init__(self, venue: Venue, progress: Progress) -> None:
        self._venue, self._progress = venue, progress

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    def next_listing(self, after: datetime | None) -> Listing | None:
        return self._venue.next_listing(after, self._progress)
