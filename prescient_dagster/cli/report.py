"""`prescient report`: a tear sheet of portfolios and replays as one page of HTML."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal.options import Replays
from prescient_dagster.cli.terminal.output import console
from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.report.page import GENERATOR, counted, tear_sheet
from prescient_dagster.store import pages
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_folders import CaptureFolder, require_local
from prescient_dagster.usecases.garbage import without_full_collections
from prescient_dagster.usecases.write_report import load, sweep_page

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="SLUG…", help="Portfolios, by slug or number. Without one, or a replay: all."),
]
Sweep = Annotated[
    int | None, typer.Option("--sweep", metavar="ID", min=1, help="A walk-forward, by its number, and nothing else.")
]
Archived = Annotated[bool, typer.Option("--archived", help="Portfolios that are closed, and no others.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Where the page goes. An earlier report is replaced.")
]
PATIENCE_SECONDS = 1
HEAD_BYTES = 1_000  # in which a report names what made it
Item = TypeVar("Item")


def report(
    names: Names = None,
    replay_ids: Replays = None,
    sweep_id: Sweep = None,
    archived: Archived = False,
    output: Output = Path("report.html"),
) -> None:
    """Write a tear sheet of portfolios: one page of HTML that needs nothing else, to look at, to print or to send.

    With --replay, of replays: alone, or beside the portfolios that are named. With --sweep, of a walk-forward instead.

    Equity and drawdown, monthly returns, closed positions, calibration, costs, locked capital, refusals, and the best
    and worst trades with their stories. A file that is no report is never replaced.

    Example:  prescient report momentum broad-momentum -o momentum.html
    """
    if sweep_id is not None and (names or replay_ids):
        raise typer.BadParameter("--sweep makes a page of a walk-forward alone: leave the others out")
    if archived and (names or replay_ids or sweep_id is not None):
        raise typer.BadParameter("--archived names the portfolios: leave the others out")
    require_ours(output)
    settings = home.read_settings()
    database = home.open_database(settings)
    if sweep_id is not None:
        print(_sweep_written(database, output, sweep_id))
        return
    chosen = portfolios.closed_slugs(database) if archived else names or []
    print(written(database, settings.captures_folder, output, chosen, replay_ids or []))


def _sweep_written(database: Database, path: Path, sweep_id: int) -> str:
    return f"{path}: sweep {sweep_id}, {_write(path, sweep_page(database, sweep_id)) / 1_000:,.0f} kB"


def written(database: Database, folder: CaptureFolder, path: Path, names: list[str], replay_ids: list[int]) -> str:
    """Write the tear sheet of these portfolios and replays; a line that tells what was written."""
    with without_full_collections():
        found = load(database, folder, names, replay_ids, _watched)
        size = _write(path, tear_sheet(found))
    return f"{path}: {counted(found)}, {size / 1_000:,.0f} kB"


def require_ours(path: Path) -> None:
    """A file that is there and is no report is not ours to replace.

    Raises:
        InvalidInput: that is so, or it cannot be read.
    """
    if not require_local(path).exists():
        return
    try:
        with path.open("rb") as file:
            ours = GENERATOR.encode() in file.read(HEAD_BYTES)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be replaced: {error.strerror}; name another file with -o") from error
    if not ours:
        raise InvalidInput(f"{path} is there and is no report: name another file with -o")


def _watched(items: Sequence[Item]) -> Iterator[Item]:
    """The items; a bar on the terminal where they take more than a second."""
    watcher, begun = console(sys.stderr), time.monotonic()
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("portfolios"))
    bar = Progress(*columns, console=watcher, transient=True, disable=not watcher.is_terminal)
    task = bar.add_task("", total=len(items))
    try:
        for item in items:
            yield item
            bar.advance(task)
            if time.monotonic() - begun > PATIENCE_SECONDS:
                bar.start()
    finally:
        bar.stop()


def _write(path: Path, page: str) -> int:
    try:
        return pages.write(path, page)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}; name another file with -o") from error
