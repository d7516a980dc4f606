"""Filling in a form: a job of the platform whose config are the fields of its launchpad."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from prescient_dagster.definitions import defs
from tests.assets.conftest import Platform


@dataclass(frozen=True)
class Filled:
    """What a form's run left: its metadata, told by its output or with its failure."""

    success: bool
    run_id: str
    told: dict[str, Any]
    failure: str


def form_fields(job: dg.JobDefinition) -> Mapping[str, Any]:
    """The fields of a job's launchpad by name; none of a job that is no form."""
    mapping = job.config_mapping
    return {} if mapping is None else mapping.config_schema.config_type.fields  # type: ignore[union-attr]


def fill_in(platform: Platform, job: str, fields: Mapping[str, Any]) -> Filled:
    """Run the job with these fields, as the launchpad does."""
    run = defs.resolve_job_def(job).execute_in_process(
        instance=platform.instance, raise_on_error=False, run_config=dict(fields)
    )
    told: dict[str, Any] = {}
    failure = ""
    for event in run.all_events:
        if event.is_successful_output:
            told = dict(event.step_output_data.metadata)
        if event.is_step_failure:
            refused = event.step_failure_data.user_failure_data
            assert refused is not None, event.step_failure_data.error_display_string
            told, failure = dict(refused.metadata), refused.description or ""
    return Filled(run.success, run.run_id, {name: value.value for name, value in told.items()}, failure)
