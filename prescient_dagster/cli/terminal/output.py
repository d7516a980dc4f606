"""What the user sees: one JSON document, or tables for reading. Data goes to stdout, everything else to stderr.

Market texts come from strangers: they are never markup, and never control characters that a terminal would obey.
"""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from prescient_dagster.cli.terminal.fitting import fitting
from prescient_dagster.domain.strategy.side_labels import for_reading
from prescient_dagster.usecases.shown.cells import cell, plain
from prescient_dagster.usecases.shown.strangers import clean

Row = Mapping[str, Any]
PIPED_WIDTH = 200
CENT = 2
MONEY = {
    *("amount", "fee", "cost", "cash_delta", "market_value", "balance", "equity", "initial_balance"),
    *("current_balance", "total_invested", "total_profit_loss", "realized_profit_loss", "unrealized_profit_loss"),
    "profit",
}
"""Columns in USD: people read them to the cent, --json has them whole."""
OF_MARKETS = {"liquidity", "volume", "volume_24hr"}
"""Columns in USD that are large: people read whole dollars."""
WHOLE = {"slug", "portfolio", "market_id", "strategy_type", "rule", "setting"}
"""Columns to be copied from: never broken."""
UNBROKEN = (int, float, Decimal, datetime)


def print_json(document: Any, decimals: int = 6) -> None:
    """Print a document on stdout, in ASCII: nothing in it can be mistaken by a terminal or a locale."""
    sys.stdout.write(json.dumps(plain(document, decimals), allow_nan=False, indent=2) + "\n")


def console(stream: TextIO | None = None) -> Console:
    """A console for people; where nobody watches, lines are not broken at 80 columns."""
    found = Console(file=stream or sys.stdout, highlight=False, emoji=False, markup=False)
    return (
        found
        if found.is_terminal
        else Console(file=found.file, highlight=False, emoji=False, markup=False, width=PIPED_WIDTH)
    )


@contextmanager
def terminal() -> Iterator[Console]:
    """The terminal as stderr is now: during a run, Dagster takes what is written to stderr for the run's log."""
    with os.fdopen(os.dup(2), "w") as stream:
        yield Console(file=stream)


def table(rows: Iterable[Row], columns: Sequence[str], title: str | None = None) -> Table:
    """The given columns of the rows; numbers stand right, and a side has the label that its row brings."""
    drawn = Table(title=None if title is None else Text(clean(title)), title_justify="left", box=SIMPLE_HEAD)
    rows = [for_reading(row) for row in rows]
    for name in columns:
        justify: Literal["left", "right"] = "right" if _is_numeric(rows, name) else "left"
        drawn.add_column(name.replace("_", " "), justify=justify, overflow="fold", no_wrap=name in WHOLE)
    for row in rows:
        drawn.add_row(*(Text(told(name, row[name])) for name in columns))
    return drawn


def print_table(rows: Iterable[Row], columns: Sequence[str], title: str | None = None) -> None:
    """Print a table on stdout; where it is too wide for the terminal, so much of it as can be read there."""
    watcher, rows = console(), list(rows)
    drawn = table(rows, columns, title)
    natural = Measurement.get(watcher, watcher.options.update(max_width=PIPED_WIDTH), drawn).maximum
    if natural <= watcher.width:
        watcher.print(drawn)
        return
    narrow, left_out = _narrow(rows, columns, title, watcher.width)
    watcher.print(narrow)
    if left_out:
        watcher.print(Text(f"no room for {', '.join(left_out)}: a wider terminal or --json shows them", "dim"))


def print_list(rows: Sequence[Row], columns: Sequence[str], as_json: bool, none: str = "", decimals: int = 6) -> None:
    """Print rows as a document with all they have, or as a table of some columns. `none`: what is said without rows."""
    if as_json:
        print_json(rows, decimals)
    elif rows or not none:
        print_table(rows, columns)
    else:
        print(none)


def _narrow(rows: Iterable[Row], columns: Sequence[str], title: str | None, width: int) -> tuple[Table, list[str]]:
    """The table with what has room, and the names of the columns that have none."""
    rows = [for_reading(row) for row in rows]
    whole = WHOLE | {name for name in columns if any(isinstance(row[name], UNBROKEN) for row in rows)}
    cells = {name: [told(name, row[name]) for row in rows] for name in columns}
    kept = fitting(columns, cells, whole, width)
    drawn = Table(
        title=None if title is None else Text(clean(title)),
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for name in kept:
        heading, numeric = name.replace("_", "\n" if name in whole else " "), _is_numeric(rows, name)
        drawn.add_column(heading, justify="right" if numeric else "left", overflow="fold", no_wrap=name in whole)
    for line in zip(*(cells[name] for name in kept), strict=True):
        drawn.add_row(*map(Text, line))
    return drawn, [name.replace("_", " ") for name in columns if name not in kept]


def _is_numeric(rows: Iterable[Row], name: str) -> bool:
    return any(isinstance(row[name], int | float | Decimal) for row in rows)


def print_record(record: Row) -> None:
    """Print one record on stdout, a line per value."""
    drawn = Table.grid(padding=(0, 2))
    for name, value in record.items():
        drawn.add_row(name.replace("_", " "), Text(told(name, value)))
    console().print(drawn)


def told(name: str, value: Any) -> str:
    """A named value as it stands in a table: money to the cent."""
    if name in MONEY and isinstance(value, float | Decimal) and math.isfinite(value):
        return f"{round(value, CENT):,.2f}"
    if name in OF_MARKETS and isinstance(value, float | Decimal) and math.isfinite(value):
        return f"{value:,.0f}"
    return cell(value)


def say(text: str) -> None:
    """A line for the person at the terminal, on stderr."""
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def warn(doubts: Iterable[str]) -> None:
    """Tell what is allowed and probably not meant."""
    for doubt in doubts:
        say(f"warning: {doubt}")
