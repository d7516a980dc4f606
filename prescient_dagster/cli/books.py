"""`prescient signals`, `trades`, `positions` and `snapshots`: what a portfolio wished, did, holds and was worth."""

from collections.abc import Callable
from typing import Any

from prescient_dagster.cli.portfolio.look import POSITION_COLUMNS
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson, CaptureId, Name
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.positions import list_positions
from prescient_dagster.store.books.signals import list_signals, questions
from prescient_dagster.store.books.snapshots import list_snapshots
from prescient_dagster.store.books.trades import list_trades
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures

Query = Callable[[Database, int, int | None], list[dict[str, Any]]]
SIGNAL_COLUMNS = ("market_id", "market_question", "action", "target_price", "amount", "confidence", "status", "reason")
TRADE_COLUMNS = ("trade_id", "capture_id", "kind", "market_question", "side", "shares", "price", "fee", "cash_delta")
SNAPSHOT_COLUMNS = ("capture_id", "timestamp", "balance", "market_value", "equity", "total_profit_loss", "positions")


def signals(name: Name, capture: CaptureId = None, as_json: AsJson = False) -> None:
    """Show what a portfolio wished to trade on its newest capture, why, and what became of it.

    Example:  prescient signals bold --capture 3
    """
    rows = _print(list_signals, name, capture, SIGNAL_COLUMNS, as_json)
    refused = [row for row in rows if row["reject_reason"]]
    if refused and not as_json:
        output.print_table(refused, ("market_id", "action", "reject_reason"), "refused")


def trades(name: Name, capture: CaptureId = None, as_json: AsJson = False) -> None:
    """Show a portfolio's trades, all or those of one capture.

    Example:  prescient trades bold
    """
    _print(_trades, name, capture, TRADE_COLUMNS, as_json)


def _trades(database: Database, portfolio_id: int, capture_id: int | None) -> list[dict[str, Any]]:
    """The trades, each with its market's question."""
    asked = questions(database, portfolio_id)
    rows = list_trades(database, portfolio_id, capture_id)
    return [row | {"market_question": asked.get(row["market_id"])} for row in rows]


def positions(name: Name, capture: CaptureId = None, as_json: AsJson = False) -> None:
    """Show what a portfolio holds now, or held after a capture, and what that was worth.

    Example:  prescient positions bold --json
    """
    rows = _print(list_positions, name, capture, POSITION_COLUMNS, as_json)
    dust = [row["market_id"] for row in rows if row["dust"]]
    if dust and not as_json:
        print(f"worth less than 1 USD each, so they cannot be sold and wait for the end: {', '.join(dust)}")


def snapshots(name: Name, capture: CaptureId = None, as_json: AsJson = False) -> None:
    """Show what a portfolio was worth, capture by capture.

    Example:  prescient snapshots bold
    """
    _print(list_snapshots, name, capture, SNAPSHOT_COLUMNS, as_json)


def _print(
    query: Query, name: str, capture_id: int | None, columns: tuple[str, ...], as_json: bool
) -> list[dict[str, Any]]:
    database = home.open_database(home.read_settings())
    portfolio = portfolios.get(database, name)
    if capture_id is not None:
        captures.find(database, capture_id)
    rows = query(database, portfolio.portfolio_id, capture_id)
    if as_json:
        output.print_json(rows)
    else:
        output.print_table(rows, columns, portfolio.slug)
    return rows
