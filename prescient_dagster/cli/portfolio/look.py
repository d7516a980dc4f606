"""`prescient portfolio show`: what a portfolio is worth and holds, as other commands print it too."""

from prescient_dagster.catalog import gone
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson, Name
from prescient_dagster.store.books import portfolios, positions, statements
from prescient_dagster.store.database import Database
from prescient_dagster.usecases.without_strategy import without_strategy

POSITION_COLUMNS = (
    "market_id",
    "market_question",
    "side",
    "shares",
    "cost",
    "mark",
    "mark_source",
    "marked_at",
    "market_value",
    "unrealized_profit_loss",
)
TOLD_BY_POSITION = ("marks", "oldest_mark_at")
TOLD_OF_HALTED = ("high_equity", "halted_at", "halted_by")


def show(name: Name, as_json: AsJson = False) -> None:
    """Show one portfolio: its settings, its cash, what it holds and what it has gained.

    Example:  prescient portfolio show bold --json
    """
    print_portfolio(home.open_database(home.read_settings()), name, as_json)


def print_portfolio(database: Database, name: str, as_json: bool) -> None:
    statement = statements.statement(database, name)
    if as_json:
        output.print_json(statement)
        return
    hidden = TOLD_BY_POSITION if statement["halted_at"] else (*TOLD_BY_POSITION, *TOLD_OF_HALTED)
    output.print_record({name: value for name, value in statement.items() if name not in hidden})
    if without_strategy([portfolios.get(database, name)]):
        output.say(gone(statement["strategy_type"]))
    held = positions.list_positions(database, statement["portfolio_id"])
    if held:
        output.print_table(held, POSITION_COLUMNS, "positions")
