"""`prescient performance`: which portfolio and which strategy is ahead, and why."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.figures import by_subject
from prescient_dagster.domain.figures.figure import Section, Unit, in_table
from prescient_dagster.domain.figures.leaderboard import Contender, Leaderboard, leaderboard, ranked
from prescient_dagster.domain.figures.performance import FIGURES
from prescient_dagster.store.figures.performance import load_histories
from prescient_dagster.usecases.shown.benchmark import with_benchmarks

Names = Annotated[
    list[str] | None, typer.Argument(metavar="SLUG…", help="Portfolios, by slug or number. Without one: all.")
]
Full = Annotated[
    bool, typer.Option("--full", help="Show all figures, and with slugs their calibration by price; many tables.")
]
RATIO_DECIMALS = 12
MOST_SUBJECTS = 30
INTERVAL = "95_%_interval"
STANDINGS = {
    "total_return": "return",
    "total_profit_loss": "profit",
    "max_drawdown": "drawdown",
    "equity": "equity",
    "open_positions": "open",
}
"""What one asks first, and how it is called where there are 80 columns."""


def performance(names: Names = None, full: Full = False, as_json: AsJson = False) -> None:
    """Show which portfolio is ahead, and why; below them their strategies, each with its portfolios as one.

    Amounts are in USD. A figure that says nothing yet is empty: yearly ones before 30 days, and whatever would be
    divided by zero. With slugs, only those portfolios count.

    Example:  prescient performance
    """
    settings = home.read_settings()
    database = home.open_database(settings)
    with waiting("reading what was traded"):
        found = load_histories(database, names or ())
        histories = found.portfolios
        if full or as_json:
            histories = with_benchmarks(database, settings.captures_folder, histories)
    board = leaderboard(histories, found.verdicts)
    if as_json:
        output.print_json(board.document(), RATIO_DECIMALS)
    elif not board.portfolios:
        print("no portfolio yet: `prescient portfolio create --help` tells how to make one")
    elif full:
        _print_all(board, by_price=bool(names))
    else:
        _print_standings(board)


def _print_standings(board: Leaderboard) -> None:
    values = [(each.name, each.performance.flat()) for each in (*ranked(board.portfolios), *ranked(board.strategies))]
    rows = [
        {"name": name} | {short: _figure(figure, found[figure]) for figure, short in STANDINGS.items()}
        for name, found in values
    ]
    output.print_table(rows, ("name", *STANDINGS.values()))
    print("--full shows all figures")


def _print_all(board: Leaderboard, *, by_price: bool) -> None:
    rows = [
        {"name": each.name, **each.performance.flat()}
        for each in (*ranked(board.portfolios), *ranked(board.strategies))
    ]
    for table in Section:
        output.print_table([_read(row, _columns(table)) for row in rows], ("name", *_columns(table)), table)
    calibration = _columns(Section.CALIBRATION)
    for row in rows if by_price else []:
        if row["by_price"]:
            priced = [bucket | {"name": f"{bucket['from']:.1f} to {bucket['to']:.1f}"} for bucket in row["by_price"]]
            title = f"{row['name']}, by price"
            output.print_table([_read(bucket, calibration) for bucket in priced], ("name", *calibration), title)
    for each in board.portfolios if by_price else ():
        _print_subjects(each)


def _print_subjects(contender: Contender) -> None:
    """What its positions made by tag and by category."""
    columns = ("subject", *by_subject.SUBJECT_COLUMNS, *by_subject.CALIBRATION_COLUMNS)
    found = contender.performance
    for noun, subjects in (("tag, one with two counts in both", found.tags), ("category", found.categories)):
        rows = [by_subject.row(each) for each in subjects[:MOST_SUBJECTS]]
        if rows:
            shown = [{name: _short(value) for name, value in row.items()} for row in rows]
            output.print_table(shown, columns, f"{contender.name}, by {noun}")


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _columns(table: Section) -> list[str]:
    """The figures of a table; the bounds of the hit rate are one column, and the parts of a profit have their sum."""
    names = [*in_table(table, FIGURES), *(["total_profit_loss"] if table is Section.PROFIT else [])]
    return [INTERVAL if name == "hit_rate_low" else name for name in names if name != "hit_rate_high"]


def _read(row: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """The columns as people read them, short enough for a narrow terminal; --json has all decimals."""
    low, high = row["hit_rate_low"], row["hit_rate_high"]
    interval = None if low is None else f"{low:.1%} to {high:.1%}"
    return {"name": row["name"]} | {
        name: interval if name == INTERVAL else _figure(name, row[name]) for name in columns
    }


def _figure(name: str, value: Any) -> Any:
    kind = FIGURES[name].unit
    if value is None or kind is Unit.COUNT:
        return value
    if kind in {Unit.RETURN, Unit.CHANGE, Unit.SHARE}:
        return f"{value:7.2%}"
    return round(float(value), 4 if kind in {Unit.PRICE, Unit.SCORE, Unit.EDGE} else 2)
