"""`prescient portfolio list`."""

from typing import Annotated

import typer

from prescient_dagster.catalog import require_known
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.store.books import statements

COLUMNS = (
    "slug",
    "strategy_type",
    "status",
    "equity",
    "current_balance",
    "total_profit_loss",
    "positions",
    "trade_count",
)


def list_portfolios(
    strategy: Annotated[str | None, typer.Option(metavar="S", help="Only those of this strategy.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Only those that are closed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the portfolios with what they are worth, the oldest first.

    Example:  prescient portfolio list --strategy momentum
    """
    found = statements.list_statements(home.open_database(home.read_settings()), strategy, archived=archived)
    if strategy is not None and not found:
        require_known(strategy)
    output.print_list(found, COLUMNS, as_json)
