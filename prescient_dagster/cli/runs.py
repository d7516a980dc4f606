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
from rich.console import Console

from prescient_dagster.cli import home
from prescient_dagster.cli.services import PROCESS_TAG
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.domain.markets import Listing
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
        """Run a job; how it ended stands in the result. `options`: run_config, tags, resources."""
        level = "DEBUG" if self.verbose else "CRITICAL"
        loggers = {"loggers": {"console": {"config": {"log_level": level}}}}
        with _stdout_kept_clean():
            return job.execute_in_process(
                instance=self.instance,
                raise_on_error=False,
                run_config={**options.get("run_config", {}), **loggers},
                tags={**options.get("tags", {}), PROCESS_TAG: str(os.getpid())},
                resources=options.get("resources"),
            )


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


@contextmanager
def terminal() -> Iterator[Console]:
    """The terminal as stderr is now: during a run, Dagster takes what is written to stderr for the run's log."""
    with os.fdopen(os.dup(2), "w") as stream:
        yield Console(file=stream)


def failure(run: dg.ExecuteInProcessResult) -> PrescientError:
    """Why a run failed, in one line."""
    for event in run.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            told = data.user_failure_data and data.user_failure_data.description
            return PrescientError(told or _innermost(data.error) or "the run failed without a reason")
    broken = [event.job_failure_data.error for event in run.all_events if event.is_job_failure]
    return PrescientError(_innermost(broken[0] if broken else None) or f"run {run.run_id} failed: see the Dagster UI")


def _innermost(error: Any) -> str | None:
    """The message of the error that began a chain of them."""
    while error is not None and error.cause is not None:
        error = error.cause
    return None if error is None else error.message.strip().splitlines()[0]


def failures_by_portfolio(run: dg.ExecuteInProcessResult) -> dict[str, str]:
    """The reasons that a cycle's failure names, by slug."""
    for event in run.all_events:
        if event.is_step_failure and event.step_failure_data.user_failure_data is not None:
            named = event.step_failure_data.user_failure_data.metadata.get("failed")
            return dict(named.value) if isinstance(named, dg.JsonMetadataValue) else {}  # type: ignore[arg-type]
    return {}


def metadata_of(run: dg.ExecuteInProcessResult, asset: str, partition: str | None = None) -> dict[str, Any]:
    """What a run said of an asset it materialized, `strategy/trades` or `markets`; nothing where it did not."""
    key = dg.AssetKey.from_user_string(asset)
    for event in run.all_events:
        if event.is_step_materialization and (event.asset_key, event.partition) == (key, partition):
            return {name: value.value for name, value in event.materialization.metadata.items()}
    return {}


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
