"""`prescient portfolio pause`, `halt`, `resume` and `close`: whether a portfolio trades."""

import getpass
from collections.abc import Callable

from prescient_dagster.cli.portfolio.look import print_portfolio
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal.options import AsJson, Name
from prescient_dagster.domain.books.portfolios import Portfolio
from prescient_dagster.store.books import halts, portfolios
from prescient_dagster.store.database import Database


def pause(name: Name, as_json: AsJson = False) -> None:
    """Stop a portfolio from trading. It is still valued and settled; `resume` lets it trade again.

    Example:  prescient portfolio pause bold
    """
    _become("pause", portfolios.pause, name, as_json)


def halt(name: Name, as_json: AsJson = False) -> None:
    """Let a portfolio enter nothing more. Its exits, its value and settlements go on; `resume` ends it.

    Example:  prescient portfolio halt bold
    """
    _become("halt", halts.halt, name, as_json)


def resume(name: Name, as_json: AsJson = False) -> None:
    """Let a paused, closing or halted portfolio trade again. After a halt its highest equity is counted anew.

    Example:  prescient portfolio resume bold
    """
    _become("resume", halts.resume, name, as_json)


def close(name: Name, as_json: AsJson = False) -> None:
    """Close a portfolio: no more entries; exits and settlements go on until it is flat, then it is closed for good.

    Example:  prescient portfolio close bold
    """
    _become("close", portfolios.close, name, as_json)


def _become(verb: str, change: Callable[[Database, str, str], Portfolio], name: str, as_json: bool) -> None:
    database = home.open_database(home.read_settings())
    print_portfolio(database, change(database, name, by(verb)).slug, as_json)


def by(command: str) -> str:
    """Who gives a command, for the log."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        user = "somebody"
    return f"{user}, prescient portfolio {command}"
