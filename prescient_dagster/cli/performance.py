"""`prescient performance`: which portfolio and which strategy is ahead, and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prescient_dagster.cli.terminal.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prescient_dagster.domain.figures.leaderboard import Contender, Leaderboard

Names = Annotated[
    list[str] | None, typer.Argument(metavar="SLUG…", help="Portfolios, by slug or number. Without one: all.")
]
RATIO_DECIMALS = 12
CALIBRATION = ("entries", "events", "mean_price", "hit_rate", "95_%_interval", "brier", "edge")
TABLES = {
    "returns": ("days", "equity", "equity_at_mid", "total_profit_loss", "total_return", "cagr"),
    "risk": ("max_drawdown", "max_drawdown_days", "volatility", "sharpe", "sortino", "calmar"),
    "closed positions": ("closed_positions", "win_rate", "profit_factor", "expectancy", "holding_days"),
    "activity": ("open_positions", "fills", "synthetic_share", "turnover", "exposure"),
    "where the profit came from, USD": ("spread", "fees", "price_move", "settlement", "total_profit_loss"),
    "what was paid, and what happened": CALIBRATION,
}
PERCENTAGES = {
    *("total_return", "cagr", "volatility", "max_drawdown", "win_rate", "exposure", "synthetic_share", "hit_rate"),
}
FINE = {"mean_price", "brier", "edge"}
"""Figures of which the third and fourth decimal tell something."""


def performance(names: Names = None, as_json: AsJson = False) -> None:
    """Show which portfolio is ahead, and why; below them their strategies, each with its portfolios as one.

    A figure that says nothing yet is empty: yearly ones before 30 days, and whatever would be divided by zero. With
    slugs, only those portfolios count, and their calibration is shown by price.

    Example:  prescient performance
    """
    from prescient_dagster.cli.server import home
    from prescient_dagster.cli.terminal import output
    from prescient_dagster.domain.figures.leaderboard import leaderboard
    from prescient_dagster.store.figures.performance import load_histories

    found = load_histories(home.open_database(home.read_settings()), names or ())
    board = leaderboard(found.portfolios, found.verdicts)
    if as_json:
        output.print_json(board.document(), RATIO_DECIMALS)
    elif board.portfolios:
        _print(board, by_price=bool(names))
    else:
        print("no portfolio yet: `prescient portfolio create --help` tells how to make one")


def _print(board: "Leaderboard", *, by_price: bool) -> None:
    from prescient_dagster.cli.terminal import output
    from prescient_dagster.domain.figures.leaderboard import ranked

    rows = [_row(each) for each in (*ranked(board.portfolios), *ranked(board.strategies))]
    for title, columns in TABLES.items():
        output.print_table([_read(row, columns) for row in rows], ("name", *columns), title)
    for row in rows if by_price else []:
        if row["by_price"]:
            priced = [bucket | {"name": f"{bucket['from']:.1f} to {bucket['to']:.1f}"} for bucket in row["by_price"]]
            title = f"{row['name']}, by price"
            output.print_table([_read(bucket, CALIBRATION) for bucket in priced], ("name", *CALIBRATION), title)


def _row(contender: "Contender") -> dict[str, Any]:
    """All figures of a portfolio or strategy, without their nesting."""
    figures = contender.performance.figures()
    return {"name": contender.name, **figures.pop("calibration"), **figures.pop("profit"), **figures}


def _read(row: dict[str, Any], columns: "Sequence[str]") -> dict[str, Any]:
    """The columns as people read them, short enough for a narrow terminal; --json has all decimals."""
    low, high = row["hit_rate_low"], row["hit_rate_high"]
    told = {**row, "95_%_interval": None if low is None else f"{low:.1%} to {high:.1%}"}
    return {"name": row["name"]} | {name: _figure(name, told[name]) for name in columns}


def _figure(name: str, value: Any) -> Any:
    if value is None or isinstance(value, int | str):
        return value
    return f"{value:7.2%}" if name in PERCENTAGES else round(float(value), 4 if name in FINE else 2)
