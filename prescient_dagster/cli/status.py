"""`prescient status`: whether everything that is needed to trade is there."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from prescient_dagster.cli.options import AsJson

if TYPE_CHECKING:
    from prescient_dagster.settings import Settings
    from prescient_dagster.store.database import Database
    from prescient_dagster.store.portfolios import Activity


def status(as_json: AsJson = False) -> None:
    """Show the state of the database, the market data and each strategy; what is offline is told with its reason.

    Exit code 1 if the database cannot be reached.

    Example:  prescient status --json
    """
    from prescient_dagster.cli import home, output

    document = _document(home.read_settings())
    output.print_json(document) if as_json else _print(document)
    if document["database"]["status"] == "offline":
        raise typer.Exit(1)


def _document(settings: "Settings") -> dict[str, Any]:
    from prescient_dagster.cli import home
    from prescient_dagster.domain.errors import StoreError
    from prescient_dagster.store import portfolios

    now = datetime.now(UTC)
    try:
        database = home.open_database(settings)
        activity, market_data = portfolios.activity(database), _market_data(database, now)
    except StoreError as error:
        offline = {"status": "offline", "error": str(error)}
        return {"timestamp": now, "database": offline, "market_data": None, "strategies": _strategies({})}
    online = {"status": "online", "info": _where(settings, database)}
    return {"timestamp": now, "database": online, "market_data": market_data, "strategies": _strategies(activity)}


def _where(settings: "Settings", database: "Database") -> str:
    return database.engine.url.render_as_string() if settings.database_url else f"embedded in {settings.home}"


def _market_data(database: "Database", now: datetime) -> dict[str, Any] | None:
    """The newest capture. Its age is in real time: a simulated or recorded venue has a clock of its own."""
    from prescient_dagster.store import captures

    newest = captures.newest(database)
    if newest is None:
        return None
    return {
        "capture_id": newest.capture_id,
        "venue": newest.venue,
        "captured_at": newest.captured_at,
        "age_seconds": round((now - newest.stored_at).total_seconds(), 1),
        "events": newest.events,
        "markets": newest.markets,
        "status": newest.status,
        "status_reason": newest.status_reason,
    }


def _strategies(activity: "dict[str, Activity]") -> dict[str, Any]:
    """Every strategy there is a file or a portfolio of."""
    from prescient_dagster.catalog import strategy_names

    return {name: _strategy(name, activity.get(name)) for name in sorted({*strategy_names(), *activity})}


def _strategy(name: str, activity: "Activity | None") -> dict[str, Any]:
    from prescient_dagster.catalog import load_strategy
    from prescient_dagster.domain.errors import NotFound, StrategyUnavailable

    try:
        state = {"status": "online", "info": load_strategy(name).description}
    except (NotFound, StrategyUnavailable) as error:
        state = {"status": "offline", "error": str(error)}
    return state | {
        "portfolios": activity.portfolios if activity else 0,
        "failing": len(activity.failing) if activity else 0,
        "failures": activity.failing if activity else {},
        "last_cycle_at": activity.last_cycle_at if activity else None,
    }


def _print(document: dict[str, Any]) -> None:
    from prescient_dagster.cli import output

    output.print_record({"database": " · ".join(document["database"].values())})
    data = document["market_data"]
    if data is not None:
        output.print_record(data)
    elif document["database"]["status"] == "online":
        print("no market data yet: run `prescient capture`")
    rows = [{"strategy": name, "error": None} | state for name, state in document["strategies"].items()]
    output.print_table(rows, ("strategy", "status", "portfolios", "failing", "last_cycle_at", "error"))
    failures = [{"portfolio": slug, "reason": why} for row in rows for slug, why in row["failures"].items()]
    if failures:
        output.print_table(failures, ("portfolio", "reason"), "failing")
