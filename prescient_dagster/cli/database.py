"""`prescient db` and `prescient env`: the database of this home, and the environment in which to work on it."""

import shlex

import typer

from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.store import migrate
from prescient_dagster.store.books import reconciliation
from prescient_dagster.store.server import postgres
from prescient_dagster.usecases.shown.strangers import clean


def upgrade() -> None:
    """Bring the database to the newest version of its tables.

    Needed after an update of Prescient, and once for a database of your own (PRESCIENT_DATABASE_URL). Nothing is lost.

    Example:  prescient db upgrade
    """
    with waiting("upgrading the tables"):
        migrate.upgrade(home.reach_database(home.read_settings()))
    output.say("the database has the newest tables")


def reconcile(as_json: AsJson = False) -> None:
    """Rebuild the books of every portfolio from its trades, and compare them to the cent.

    Exit code 1 if anything differs, with a line for each portfolio that tells what.

    Example:  prescient db reconcile --json
    """
    with waiting("rebuilding the books"):
        found = reconciliation.reconcile(home.open_database(home.read_settings()))
    differing = {slug: differences for slug, differences in found.items() if differences}
    if as_json:
        output.print_json({"portfolios": len(found), "balanced": not differing, "differences": differing})
    else:
        _print_differences(differing, len(found))
    if differing:
        raise typer.Exit(1)


def _print_differences(differing: dict[str, list[str]], portfolios: int) -> None:
    for slug, differences in differing.items():
        print(f"{slug}: {clean('; '.join(differences))}")
    if not differing:
        print(f"the books of {portfolios:,} portfolios balance")


def stop() -> None:
    """Stop the embedded database server of this home.

    Commands start it when they need it and leave it running; the next one starts it again.

    Example:  prescient db stop
    """
    settings = home.read_settings()
    if settings.database_url:
        raise InvalidInput("PRESCIENT_DATABASE_URL names a server that is not ours to stop")
    was_running = postgres.is_running(settings.home)
    postgres.stop(settings.home)
    output.say("stopped" if was_running else "it was not running")


def env(as_json: AsJson = False) -> None:
    """Print the environment in which `dagster` works on this home, and start its database.

    Example:  eval "$(prescient env)" && dagster asset list -w workspace.yaml
    """
    settings = home.read_settings()
    home.lay_dagster_home(settings)
    variables = home.environment(settings, home.open_database(settings))
    if as_json:
        output.print_json(variables)
    else:
        print(*(f"export {name}={shlex.quote(value)}" for name, value in variables.items()), sep="\n")
