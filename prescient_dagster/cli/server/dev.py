"""`prescient dev`: everything on this machine, until it is told to stop."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from prescient_dagster.catalog import strategy_names
from prescient_dagster.cli.demo import demo_forecasts, demo_portfolios
from prescient_dagster.cli.server import code_servers, home
from prescient_dagster.cli.server.database_watch import DatabaseWatch
from prescient_dagster.cli.server.services import Services, Stop, is_leftover, only_one
from prescient_dagster.cli.server.strategy_watch import StrategyWatch
from prescient_dagster.cli.server.webserver import Webserver
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import Verbose
from prescient_dagster.domain.errors import Conflict, PrescientError
from prescient_dagster.settings import Settings, VenueName
from prescient_dagster.store import migrate, world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.server import postgres
from prescient_dagster.usecases.venues import open_venue

VenueOption = Annotated[
    str | None, typer.Option(metavar="V", help="simulated, polymarket or recorded:DIR. Without it: PRESCIENT_VENUE.")
]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="Where the UI is served, on 127.0.0.1.")]


def dev(venue: VenueOption = None, port: Port = 3000, verbose: Verbose = False) -> None:
    """Run everything on this machine: database, web UI, schedules. Stop it with Ctrl-C.

    It takes a capture at the start and then by schedule, and every strategy trades each new capture. On the simulated
    venue it makes a few portfolios if there are none. Stopped and started again, it goes on where it was.

    Example:  PRESCIENT_HOME=.prescient-live prescient dev --venue polymarket --port 3001
    """
    if venue is not None:
        os.environ["PRESCIENT_VENUE"] = venue
    settings = home.read_settings()
    _require_free(port)
    with ExitStack() as stack:
        stop = stack.enter_context(Stop.on_signals())
        _run(stack, settings, port, stop, verbose)


def _run(stack: ExitStack, settings: Settings, port: int, stop: Stop, verbose: bool) -> None:
    began = time.time()
    folder = home.lay_dagster_home(settings)
    lock = stack.enter_context(only_one(folder))
    services = stack.enter_context(Services.loading(port, None if verbose else folder / "dev.log", lock, stop))
    database = stack.enter_context(_database(settings))
    output.say("starting Dagster and its web UI: this takes some seconds")
    stack.callback(services.end)  # before its database does
    webserver = Webserver(port)
    strategies = StrategyWatch(webserver)  # before they are loaded, so that no change falls in between
    services.go(home.environment(settings, database))
    if not services.wait_until(webserver.answers):
        return
    made = _demo_portfolios(settings, database)
    where = f"home {settings.home}, venue {settings.venue}; Ctrl-C stops it"
    output.say(f"ready: {webserver.url}, and who is ahead: {webserver.url}/portfolios  ({where})")
    output.say(made)
    _set_going(settings, webserver, began)
    _look_after(services, webserver, DatabaseWatch(settings, database), strategies)
    output.say("stopping: what is going may end; once more stops it at once")


def _look_after(services: Services, webserver: Webserver, database: DatabaseWatch, strategies: StrategyWatch) -> None:
    """Wait until somebody asks to stop; start again the database, and the code locations, whose server was killed.

    Strategies that are new or have changed are loaded.

    All else that dies Dagster starts again or ends itself, and so does this command.
    """
    while services.wait_a_while():
        database.look()
        strategies.look()
        for location in code_servers.lost(services.process.pid):
            output.say(f"the code server of {location} has died: starting another")
            try:
                webserver.reload(location)
            except PrescientError as error:
                output.say(f"warning: {error}")


def _require_free(port: int) -> None:
    """Raise `Conflict` if something listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Conflict(f"port {port} cannot be used ({error.strerror}): choose another with --port") from error


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    """The database of this venue, with the newest tables; a server that did not run before is stopped in the end."""
    ours = not settings.database_url and not postgres.is_running(settings.home)
    try:
        database = home.reach_database(settings)
        migrate.upgrade(database)
        world.require_as_founded(database, settings.venue_name, settings.venue_parameters)
        yield database
        database.close()
    finally:
        if ours:
            postgres.stop(settings.home)


def _demo_portfolios(settings: Settings, database: Database) -> str:
    """Make the demo portfolios where they belong, and say what there is to trade with."""
    made = demo_portfolios(database) if settings.venue_name is VenueName.SIMULATED else []
    if made:
        listing = open_venue(settings, database).next_listing(None)
        if listing is not None and not settings.forecasts_place:
            demo_forecasts(settings.home, listing)
        return f"made {len(made)} portfolios to watch: {', '.join(made)}"
    there = len(portfolios.list_all(database))
    return f"{there} portfolios" if there else "no portfolio yet: `prescient portfolio create --help` tells how"


def _set_going(settings: Settings, webserver: Webserver, began: float) -> None:
    """Clear away what an earlier one left, register the pools, and take the first capture."""
    try:
        webserver.limit_pools(["market_data", *strategy_names()])
        # Of a database of one's own, other machines may be running things too.
        going = {} if settings.database_url else webserver.runs_going(began)
        left = [run for run, tags in going.items() if is_leftover(tags)]
        if left:
            webserver.mark_canceled(left)
            output.say(f"marked as canceled, since they were interrupted: {len(left)} runs; the books are whole")
        webserver.launch("prescient_dagster", "market_data")
    except PrescientError as error:
        output.say(f"warning: {error}; the schedules go on")
