"""Pages made from what is stored: that of all portfolios as a file, and reports of some."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.figures import overview, reports
from prescient_dagster.domain.figures.leaderboard import Leaderboard
from prescient_dagster.domain.figures.overview import Overview
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import Report, ReportPortfolio
from prescient_dagster.report.page import home_page, tear_sheet, walk_forward_page
from prescient_dagster.store import pages, private_folders
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.overview import Everything
from prescient_dagster.store.figures.reports import load_remarks, load_report
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.past import sweeps
from prescient_dagster.store.past.replays import labelled
from prescient_dagster.usecases.shown.benchmark import MOST_AT_ONCE, with_benchmarks
from prescient_dagster.usecases.shown.market_prices import price_paths

Watch = Callable[[Sequence[ReportPortfolio]], Iterable[ReportPortfolio]]


def look_over(found: Everything, board: Leaderboard, at: datetime, problems: Sequence[str]) -> Overview:
    """All portfolios at one glance.

    Args:
        board: the figures of what was found.
        at: now, by our clock.
        problems: what is wrong, a sentence each.
    """
    lines = overview.lines(found.histories.portfolios, board, found.owned)
    return Overview(
        lines=lines,
        total=overview.total(board, lines),
        since=overview.yesterday(board),
        written_at=at,
        venue=found.venue,
        problems=problems,
        warnings=found.warnings,
    )


def write_home(folder: Path, told: Overview) -> str:
    """Write the page of all portfolios into a folder, for this account alone; why it could not be, or nothing."""
    page = home_page(told)
    try:
        private_folders.make(folder)
        pages.write(folder / pages.HOME, page, pages.PRIVATE)
    except OSError as error:
        return f"{folder / pages.HOME} cannot be written, an older one is shown: {error.strerror}"
    return ""


def read_home(folder: Path) -> str:
    """The page of all portfolios as it was last written, or one that says that there is none yet."""
    try:
        return (folder / pages.HOME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return home_page(Overview())


def portfolio_page(database: Database, folder: CaptureFolder, name: str, home: str) -> str:
    """The report of one portfolio, as it is now.

    Args:
        home: where the page of all portfolios is, seen from this one.

    Raises:
        NotFound: there is no such portfolio.
    """
    return tear_sheet(load(database, folder, [name]), home)


def asked_for(database: Database, names: Sequence[str], sweep_id: int | None = None) -> list[str]:
    """What a report is about, by the names that `page_of` takes; of nothing, of all portfolios.

    Raises:
        InvalidInput: a walk-forward and something else, or there is no portfolio.
    """
    if sweep_id is not None:
        if names:
            raise InvalidInput("a walk-forward has a page of its own: leave the others out")
        return [sweeps.label(sweep_id)]
    found = list(names) or [each.slug for each in portfolios.list_all(database)]
    if not found:
        raise InvalidInput("there is no portfolio to report on: `prescient portfolio create` makes one")
    return found


def page_of(database: Database, folder: CaptureFolder, names: Sequence[str], home: str) -> str:
    """The page of a walk-forward, or the report of portfolios and replays, as they are now.

    Args:
        names: slugs or numbers of portfolios and what replays are called among them; or what a walk-forward is.
        home: where the page of all portfolios is, seen from this one.

    Raises:
        NotFound: there is no such portfolio, replay or walk-forward.
    """
    sweep_id = labelled(names[0], sweeps.LABEL) if len(names) == 1 else None
    if sweep_id is not None:
        return sweep_page(database, sweep_id)
    replay_ids = [number for name in names if (number := labelled(name)) is not None]
    return tear_sheet(load(database, folder, [name for name in names if labelled(name) is None], replay_ids), home)


def sweep_page(database: Database, sweep_id: int) -> str:
    """The page of a walk-forward, or `NotFound`."""
    found = sweeps.get(database, sweep_id)
    return walk_forward_page(found.strategy_type, found.source, found.initial_balance, found.result)


def load(
    database: Database,
    folder: CaptureFolder,
    names: Sequence[str],
    replay_ids: Sequence[int] = (),
    watch: Watch = iter,
) -> Report:
    """The report of these portfolios and replays, without any of all portfolios.

    Args:
        folder: of the captures.
        watch: sees the portfolios while they are worked through.

    Raises:
        NotFound: there is no such portfolio or replay.
    """
    found = load_report(database, names, replay_ids)
    chapters = [reports.chapter(each) for each in watch(_beside_benchmarks(database, folder, found.portfolios))]
    fills = {each.contender.name: each.notable.fills for each in chapters}
    remarks = load_remarks(database, fills)
    lived = [each for each in chapters if each.portfolio.played is None]
    for each in lived if len(lived) <= MOST_AT_ONCE else ():
        beside = remarks[each.contender.name]
        for ref, path in price_paths(database, folder, (*each.notable.best, *each.notable.worst)).items():
            beside[ref] = replace(beside.get(ref, Remark()), path=path)
    return reports.report(chapters, remarks, venue=found.venue, warnings=found.warnings)


def _beside_benchmarks(
    database: Database, folder: CaptureFolder, found: Sequence[ReportPortfolio]
) -> list[ReportPortfolio]:
    lived = [each.history for each in found if each.played is None]
    told = iter(with_benchmarks(database, folder, lived))
    return [replace(each, history=next(told)) if each.played is None else each for each in found]
