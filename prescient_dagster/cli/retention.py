"""`prescient retention`: remove what is old, or tell what would be."""

from typing import Annotated

import typer

from prescient_dagster.assets.retention import removed
from prescient_dagster.cli import runs
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.cli.terminal.waiting import waiting

DryRun = Annotated[bool, typer.Option("--dry-run", help="Remove nothing, and tell what would be.")]


def retention(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Remove old runs, and the files of old captures on which nothing was traded; books are never removed.

    How long they are kept say PRESCIENT_RETENTION_CAPTURES_DAYS, …_RUNS_DAYS and …_MARKS_DAYS. The newest capture
    stays, and so does the newest run of every asset and portfolio, whatever their age. "Kept" are those as old as what
    goes: captures that were traded on, and such runs.

    Example:  prescient retention --dry-run
    """
    settings = home.read_settings()
    database = home.open_database(settings)
    with waiting("looking for what is old"), runs.Runner.opened(settings, database) as runner:
        done = removed(runner.instance, database, settings, dry_run=dry_run).told()
    document = {"dry_run": dry_run, **done}
    output.print_json(document) if as_json else output.print_record(document)
