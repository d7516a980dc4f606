"""`prescient status`: whether everything that is needed to trade is there."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import typer

from prescient_dagster.assets.runs.dagster_state import dagster_state, watched_jobs
from prescient_dagster.cli.runs import Runner
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.errors import Conflict, StoreError
from prescient_dagster.domain.watch.health import Availability, Problem, ProblemKind
from prescient_dagster.settings import Settings
from prescient_dagster.store import world
from prescient_dagster.store.database import Database, told
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.usecases import state
from prescient_dagster.usecases.shown.strangers import clean
from prescient_dagster.usecases.state import DagsterState, State, StrategyState, strategy_states

UNKNOWN = dict.fromkeys(("portfolios", "failing", "failures", "halted", "last_cycle_at"))
"""What the books alone tell of a strategy, where they cannot be read."""


def status(as_json: AsJson = False) -> None:
    """Show whether all is well: the database, the market data, each strategy, what runs, and what is wrong.

    Exit code 0 if all is well, 1 if something is wrong; a line for each says what, and --json has them as `problems`.
    So it can be run by cron or a monitor.

    Example:  prescient status --json
    """
    with waiting("looking at everything"):
        document = _document(home.read_settings())
    output.print_json(document) if as_json else _print(document)
    if not document["healthy"]:
        raise typer.Exit(1)


def _document(settings: Settings) -> dict[str, Any]:
    now = datetime.now(UTC)
    try:
        database = home.open_database(settings)
        found = state.read_state(database, now, settings.stale_minutes, _dagster(settings, database))
    except StoreError as error:
        return _offline(now, str(error))
    online = {"status": Availability.ONLINE, "info": _where(settings, database)}
    problems = [asdict(problem) for problem in (*_other_venue(settings, database), *found.problems)]
    return {
        "timestamp": now,
        "healthy": not problems,
        "problems": problems,
        "warnings": found.warnings,
        "database": online,
        "market_data": found.newest and _market_data(found.newest, now),
        "strategies": {name: _strategy(each) for name, each in found.strategies.items()},
        "dagster": _daemon(found),
    }


def _other_venue(settings: Settings, database: Database) -> Iterator[Problem]:
    """That with these settings nothing can be captured or traded here, whatever else is well."""
    try:
        world.require_as_founded(database, settings.venue_name, settings.venue_parameters)
    except Conflict as error:
        yield Problem(ProblemKind.VENUE, "", str(error))


def _offline(now: datetime, error: str) -> dict[str, Any]:
    """What is known without a database."""
    return {
        "timestamp": now,
        "healthy": False,
        "problems": [asdict(Problem(ProblemKind.DATABASE, "", error))],
        "warnings": [],
        "database": {"status": Availability.OFFLINE, "error": error},
        "market_data": None,
        "strategies": {name: _strategy(each) | UNKNOWN for name, each in strategy_states({}).items()},
        "dagster": None,
    }


def _where(settings: Settings, database: Database) -> str:
    return told(database.engine.url) if settings.database_url else f"embedded in {settings.home}"


def _dagster(settings: Settings, database: Database) -> DagsterState:
    """What Dagster knows: nothing in a home in which it never was."""
    if not (home.dagster_home(settings) / "dagster.yaml").exists():
        return DagsterState()

    try:
        with Runner.opened(settings, database) as runner:
            return dagster_state(runner.instance, watched_jobs())
    except Exception as error:  # whatever keeps Dagster's storage from opening is one more thing that is wrong
        return DagsterState(error=f"{type(error).__name__}: {error}")


def _daemon(found: State) -> dict[str, Any]:
    """Whether Dagster's daemon lives, when its parts were last heard of, and the runs that have not ended."""
    wrong = any(problem.kind is ProblemKind.DAEMON for problem in found.problems)
    return {
        "daemon": "not well" if wrong else "alive" if found.dagster.heartbeats else "never ran here",
        "heartbeats": found.dagster.heartbeats,
        "runs": [asdict(run) for run in found.dagster.going],
    }


def _market_data(newest: CaptureRecord, now: datetime) -> dict[str, Any]:
    """The newest capture. Its age is in real time: a simulated or recorded venue has a clock of its own."""
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


def _strategy(state: StrategyState) -> dict[str, Any]:
    told = {"info": state.description} if state.error is None else {"error": state.error}
    return {
        "status": state.status,
        **told,
        "portfolios": state.activity.portfolios,
        "failing": len(state.activity.failing),
        "failures": state.activity.failing,
        "halted": {slug: track.halted_by for slug, track in state.activity.halted.items()},
        "last_cycle_at": state.activity.last_cycle_at,
    }


def _told_of_database(database: dict[str, str]) -> str:
    """Where it is; what is wrong with it stands among the problems."""
    return " · ".join(value for name, value in database.items() if name != "error")


def _print(document: dict[str, Any]) -> None:
    dagster = document["dagster"]
    output.print_record({"database": _told_of_database(document["database"]), "daemon": dagster and dagster["daemon"]})
    if document["market_data"] is not None:
        output.print_record(document["market_data"])
    rows = [{"strategy": name, "error": None} | state for name, state in document["strategies"].items()]
    output.print_table(rows, ("strategy", "status", "portfolios", "failing", "last_cycle_at", "error"))
    if dagster and dagster["runs"]:
        output.print_table(dagster["runs"], ("job", "status", "since", "run_id"), "runs")
    for problem in document["problems"]:
        print(f"problem: {clean(problem['text'])}")
    for warning in document["warnings"]:
        print(f"warning: {warning}")
    if document["healthy"]:
        print("all is well")
