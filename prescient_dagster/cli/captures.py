"""`prescient capture`: one capture now, as a run that the Dagster UI shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from prescient_dagster.assets.runs import runs_here
from prescient_dagster.cli import runs
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson, Verbose
from prescient_dagster.cli.terminal.output import terminal
from prescient_dagster.definitions import defs
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.venue.interface import Progress

SHOWN = ("capture_id", "captured_at", "venue", "events", "markets", "tradable_markets", "rejected_records")
STATUS = ("status", "status_reason")
TOLD_AT_END = "the recording is at its end: no capture was made"
AT_END = "at_end"
"""In the place of a capture's status: there was nothing more to capture."""


def capture(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Take a capture of the venue now: everything it lists, all or nothing.

    Portfolios trade on captures. `prescient dev` takes one every minute or every five; this takes one more.

    Example:  PRESCIENT_VENUE=polymarket prescient capture --json
    """
    settings = home.read_settings()
    database = home.open_database(settings)
    record = _taken(settings, database, verbose)
    if record is None:
        output.print_json(dict.fromkeys(SHOWN) | {"status": AT_END}) if as_json else print(TOLD_AT_END)
        return
    document = {name: getattr(record, name) for name in (*SHOWN, *STATUS)}
    output.print_json(document) if as_json else output.print_record(document)


def _taken(settings: Any, database: Database, verbose: bool) -> CaptureRecord | None:
    with runs.Runner.opened(settings, database, verbose=verbose) as runner, _progress() as progress:
        run = runner.run(defs.resolve_job_def("market_data"), resources={"venue": runs.watched_venue(progress)})
    if not run.success:
        raise runs_here.failure(run)
    taken = runs_here.metadata_of(run, "markets")
    return captures.find(database, taken["capture_id"]) if taken else None


@contextmanager
def _progress() -> Iterator[Progress]:
    """Tells on the terminal how many events have come in; where nobody watches, nothing."""
    with terminal() as watcher:
        columns = (SpinnerColumn(), TextColumn("{task.completed:,} events read"), TimeElapsedColumn())
        with Bar(*columns, console=watcher, transient=True, disable=not watcher.is_terminal) as bar:
            task = bar.add_task("", total=None)
            yield lambda events: bar.update(task, completed=events)
