"""A report, from the Dagster UI: the page that `prescient report` writes, served beside Dagster's own."""

from typing import Any

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.answers.compare_job import Several
from prescient_dagster.assets.forms.fields import BY_HAND, NOTHING, form_job
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.pages import report_link
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.usecases.write_report import asked_for, page_of


class ReportForm(Several):
    """What is to be reported on; without anything, on all portfolios."""

    sweep: int | None = Field(None, description="a walk-forward by its number, and nothing else")


def report_job() -> dg.JobDefinition:
    """The job that reports."""

    @dg.op(name="make_report", out=NOTHING, config_schema=schema(ReportForm))
    def report(
        context: dg.OpExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
    ) -> dg.Output[None]:
        store, form = database.open(), filled(ReportForm, context)
        with explained():
            names = asked_for(store, form.names(), form.sweep)
            size = len(page_of(store, capture_files.folder, names, ""))  # refuses here what the page could not show
        told: dict[str, Any] = {"page": report_link(names), "about": ", ".join(names), "kilobytes": round(size / 1_000)}
        return dg.Output(None, metadata=told)

    told = "Makes a tear sheet of portfolios and replays, or the page of a walk-forward, and links to it."
    return form_job("report", report, ReportForm, told, BY_HAND)
