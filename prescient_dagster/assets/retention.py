"""Retention: what is old goes, so that the disk does not fill. The books stay for ever."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import NOTHING, form_job
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.runs.old_runs import DeletedRuns, delete_old_runs
from prescient_dagster.assets.schedules import single_schedule
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.settings import Settings, load_settings
from prescient_dagster.store import retention
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import price_marks
from prescient_dagster.store.retention import PrunedCaptures


@dataclass(frozen=True, slots=True)
class Removed:
    """What a pass of retention removed.

    Attributes:
        marks: files of hourly prices.
    """

    captures: PrunedCaptures
    runs: DeletedRuns
    marks: int = 0

    def told(self) -> dict[str, int]:
        """The figures by name, for metadata and for JSON."""
        captures, runs = self.captures, self.runs
        return {
            "captures": captures.captures,
            "captures_kept": captures.kept,
            "files": captures.files,
            "bytes": captures.bytes,
            "marks": self.marks,
            "runs": runs.runs,
            "runs_kept": runs.kept,
            "runs_left": runs.left,
        }


def removed(instance: dg.DagsterInstance, database: Database, settings: Settings, *, dry_run: bool = False) -> Removed:
    """Remove captures and runs that are older than the settings keep them; dry run: tell what it would be."""
    now = datetime.now(UTC)  # the age of what is stored is real time
    folder = settings.captures_folder
    if not dry_run:
        price_marks.write_due(database, folder)  # a capture's prices outlive it
    age = timedelta(days=settings.retention_captures_days)
    captures = retention.prune(database, folder, age, now, dry_run=dry_run)
    marks_before = now - timedelta(days=settings.retention_marks_days)
    marks = price_marks.prune(database, folder, marks_before, dry_run=dry_run)
    before = now - timedelta(days=settings.retention_runs_days)
    return Removed(captures, delete_old_runs(instance, before, dry_run=dry_run), marks)


class Pass(dg.Config):
    """How a pass is made."""

    dry_run: bool = Field(False, description="true: remove nothing, and tell what would be")


@dg.op(out=NOTHING, config_schema=schema(Pass))
def remove_old(context: dg.OpExecutionContext, database: DatabaseResource) -> None:
    """Remove captures and runs that are older than the settings keep them."""
    config = filled(Pass, context)
    with explained():
        done = removed(context.instance, database.open(), load_settings(), dry_run=config.dry_run)
    context.add_output_metadata({"dry_run": config.dry_run, **done.told()})


def retention_job() -> dg.JobDefinition:
    """The job that makes a pass of retention."""
    return form_job(
        "retention",
        remove_old,
        Pass,
        "Removes old runs, and the files of old captures on which nothing was traded. Books are never removed.",
    )


def retention_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """A pass of retention at every tick."""
    what = (
        f"Removes runs that ended more than {settings.retention_runs_days} days ago, and the files of captures older "
        f"than {settings.retention_captures_days} days on which nothing was traded. Books are never removed."
    )
    return single_schedule("retention_schedule", "retention", settings.retention_cron, what)
