"""`prescient compare`: portfolios side by side on the same captures."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from prescient_dagster.cli.performance import RATIO_DECIMALS
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson, Replays, Rows
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.figures.comparison import Comparison
from prescient_dagster.store.figures.comparison import Courses
from prescient_dagster.store.past.replays import label
from prescient_dagster.usecases.shown.cells import cell
from prescient_dagster.usecases.shown.compare import (
    DIFFERENCES,
    MARKETS,
    PORTFOLIOS,
    difference_row,
    document,
    portfolio_rows,
    side_by_side,
)

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="SLUG…", help="Portfolios, by slug or number. The first that is named is the baseline."),
]


def compare(names: Names = None, replay_ids: Replays = None, rows: Rows = 10, as_json: AsJson = False) -> None:
    """Compare portfolios on the captures that all of them have seen, each with the first.

    With --replay, replays too: among themselves, or with the portfolios that are named.

    It shows the difference between their returns, day by day, with the interval in which its mean lies (95 %, from a
    bootstrap), and the markets that made the difference, with who entered them.

    Example:  prescient compare momentum broad-momentum
    """
    compared_names = [*(names or []), *(label(replay_id) for replay_id in replay_ids or [])]
    database = home.open_database(home.read_settings())
    with waiting("comparing"):
        found, compared = side_by_side(database, compared_names)
    if as_json:
        output.print_json(document(found, compared), RATIO_DECIMALS)
    else:
        _print(found, compared, rows)


def _print(found: Courses, compared: Sequence[Comparison], rows: int) -> None:
    window = found.window
    numbers = "" if window.first_capture_id is None else f", {window.first_capture_id} to {window.last_capture_id}"
    print(f"{window.captures} captures that all have seen{numbers}: {cell(window.first)} to {cell(window.last)} UTC")
    portfolios = portfolio_rows(found)
    shown = [row | {"total_return": f"{row['total_return']:7.2%}"} for row in portfolios]
    output.print_table(shown, PORTFOLIOS)
    for row in portfolios:
        if row["captures_alone"]:
            print(f"{row['portfolio']} has seen {row['captures_alone']} captures among these that another has not")
    baseline = found.portfolios[0].slug
    output.print_table([difference_row(each) for each in compared], DIFFERENCES, f"returns, less those of {baseline}")
    for each in compared:
        _print_markets(each, rows)


def _print_markets(each: Comparison, rows: int) -> None:
    print(each.verdict)
    if each.markets:
        shown = [asdict(market) | {"difference": f"{market.difference:+.3%}"} for market in each.markets[:rows]]
        headings = {"profit": f"profit of {each.slug}", "baseline_profit": f"profit of {each.baseline}"}
        named = [{headings.get(name, name): value for name, value in row.items()} for row in shown]
        columns = [headings.get(name, name) for name in MARKETS]
        output.print_table(named, columns, f"markets that made the difference, {each.slug} and {each.baseline}")
    if len(each.markets) > rows:
        print(f"{rows} of {len(each.markets)} markets are shown: --rows shows more, --json all")
