"""What the user sees: one JSON document, or tables for reading. Data goes to stdout, everything else to stderr.

Market texts come from strangers: they are never markup, and never control characters that a terminal would obey.
"""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prescient_dagster.domain.strategy.side_labels import for_reading
from prescient_dagster.usecases.shown.cells import cell, plain
from prescient_dagster.usecases.shown.strangers import clean

Row = Mapping[str, Any]
PIPED_WIDTH = 200
CENT = 2
MONEY = {
    *("amount", "fee", "cost", "cash_delta", "market_value", "balance", "equity", "initial_balance"),
    *("current_balance", "total_invested", "total_profit_loss", "realized_profit_loss", "unrealized_profit_loss"),
    *("profit", "liquidity", "volume", "volume_24hr"),
}
"""Columns in USD: people read them to the cent, --json has them whole."""
WHOLE = {"slug", "name", "portfolio", "market_id", "strategy_type"}
"""Columns to be copied from: never broken."""


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
        numeric = any(isinstance(row[name], int | float | Decimal) for row in rows)
        drawn.add_column(
            name.replace("_", " "), justify="right" if numeric else "left", overflow="fold", no_wrap=name in WHOLE
        )
    for row in rows:
        drawn.add_row(*(Text(told(name, row[name])) for name in columns))
    return drawn


def print_table(rows: Iterable[Row], columns: Sequence[str], title: str | None = None) -> None:
    """Print a table on stdout."""
    console().print(table(rows, columns, title))


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
    return cell(value)


def say(text: str) -> None:
    """A line for the person at the terminal, on stderr."""
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def warn(doubts: Iterable[str]) -> None:
    """Tell what is allowed and probably not meant."""
    for doubt in doubts:
        say(f"warning: {doubt}")
