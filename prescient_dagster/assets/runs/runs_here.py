"""Runs of Dagster jobs inside this process: started, and read. The instance's UI shows them as any other run."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import dagster as dg
from dagster._core.events import JobFailureData  # not exported

from prescient_dagster.assets.runs.cycle_failure import reasons_by_portfolio
from prescient_dagster.assets.runs.run_tags import PROCESS_TAG
from prescient_dagster.domain.errors import PrescientError


def run_here(
    instance: dg.DagsterInstance, job: dg.JobDefinition, *, log_level: str = "CRITICAL", **options: Any
) -> dg.ExecuteInProcessResult:
    """Run a job to its end; how it ended stands in the result.

    Args:
        log_level: what Dagster writes to stderr besides the run's own log.
        options: run_config, tags, resources, asset_selection; checks: false for the assets without their checks.
    """
    if not options.get("checks", True):
        job = job.get_subset(asset_selection=set(options.pop("asset_selection")), asset_check_selection=set())
    loggers = {"loggers": {"console": {"config": {"log_level": log_level}}}}
    return job.execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config={**options.get("run_config", {}), **loggers},
        tags={**options.get("tags", {}), PROCESS_TAG: str(os.getpid())},
        resources=options.get("resources"),
        asset_selection=options.get("asset_selection"),
    )


class RunEnded(Protocol):
    """A run that has ended, of this process or of another, as far as it tells why it failed."""

    @property
    def run_id(self) -> str: ...
    @property
    def all_events(self) -> Sequence[dg.DagsterEvent]: ...


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run of another process, as far as it tells why it failed."""

    run_id: str
    all_events: Sequence[dg.DagsterEvent]


def failure(run: RunEnded) -> PrescientError:
    """Why a run failed, in one line."""
    for event in run.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            told = data.user_failure_data and data.user_failure_data.description
            return PrescientError(told or _innermost(data.error) or "the run failed without a reason")
    for event in run.all_events:
        if event.is_job_failure:
            broken = event.event_specific_data  # none where the run was marked as failed from outside
            error = broken.error if isinstance(broken, JobFailureData) else None
            return PrescientError(_innermost(error) or event.message or "the run failed without a reason")
    return PrescientError(f"run {run.run_id} failed: see the Dagster UI")


def _innermost(error: Any) -> str | None:
    """The message of the error that began a chain of them."""
    while error is not None and error.cause is not None:
        error = error.cause
    return None if error is None else error.message.strip().splitlines()[0]


def failures_by_portfolio(run: RunEnded) -> dict[str, str]:
    """The reasons that a cycle's failure names, by slug."""
    return reasons_by_portfolio(failure_metadata(run))


def failure_metadata(run: RunEnded) -> Mapping[str, dg.MetadataValue]:
    """What a run told with its failure; nothing where it was no failure of ours."""
    for event in run.all_events:
        if event.is_step_failure and event.step_failure_data.user_failure_data is not None:
            return event.step_failure_data.user_failure_data.metadata
    return {}


def told_of(run: dg.ExecuteInProcessResult, asset: str, partition: str | None = None) -> dict[str, dg.MetadataValue]:
    """What a run said of an asset it materialized, `strategy/trades` or `markets`; nothing where it did not."""
    return all_told(run).get((asset, partition), {})


def all_told(run: RunEnded) -> dict[tuple[str, str | None], dict[str, dg.MetadataValue]]:
    """The same of all that it materialized, by asset and partition, in one pass over its events."""
    told: dict[tuple[str, str | None], dict[str, dg.MetadataValue]] = {}
    for event in run.all_events:
        if event.is_step_materialization and event.asset_key is not None:
            told.setdefault((event.asset_key.to_user_string(), event.partition), dict(event.materialization.metadata))
    return told


def metadata_of(run: dg.ExecuteInProcessResult, asset: str, partition: str | None = None) -> dict[str, Any]:
    """The same as plain values."""
    return plain(told_of(run, asset, partition))


def plain(metadata: Mapping[str, dg.MetadataValue]) -> dict[str, Any]:
    """Metadata as plain values."""
    return {name: value.value for name, value in metadata.items()}
