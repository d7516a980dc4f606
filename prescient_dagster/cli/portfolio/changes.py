"""`prescient portfolio update` and `log`: settings and names, what a try says of them, what was changed before."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from prescient_dagster.cli.portfolio import trials
from prescient_dagster.cli.portfolio.look import print_portfolio
from prescient_dagster.cli.portfolio.switch import by
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.configs import read_configs
from prescient_dagster.cli.terminal.options import AsJson, ConfigText, Description, Name, Title
from prescient_dagster.cli.terminal.output import warn
from prescient_dagster.domain.books.portfolios import Portfolio
from prescient_dagster.domain.past.trials import Trial
from prescient_dagster.settings import Settings
from prescient_dagster.store.books import portfolio_log, portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.usecases import change_portfolio
from prescient_dagster.usecases.change_portfolio import told_change


def update(  # noqa: PLR0913, PLR0917
    portfolio: Name,
    config: ConfigText = None,
    reset: Annotated[
        list[str] | None, typer.Option(metavar="SETTING", help="Give this setting back to the strategy's default.")
    ] = None,
    name: Title = None,
    description: Description = None,
    try_days: Annotated[
        float | None,
        typer.Option("--try", metavar="DAYS", help="Play old and new settings over the captures of so many days."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Change the settings after the try; without it nothing is.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change a portfolio's settings, name or description. It counts from its next cycle on.

    The settings given are laid over those it has; the others stay. null means no bound, as everywhere; --reset takes a
    setting back to the strategy's default.

    With --try the settings there are and the new ones are first played over stored captures: it shows the difference
    with its interval, whether that may be chance, and which trades would have differed. Nothing is changed then unless
    --apply is given; the log of the portfolio keeps what the try said.

    Example:  prescient portfolio update bold --config '{"max_positions": 3}' --reset trade_amount
    """
    if config is None and not reset and name is None and description is None:
        raise typer.BadParameter("nothing to change: give --config, --reset, --name or --description")
    settings = home.read_settings()
    database = home.open_database(settings)
    there = portfolios.get(database, portfolio)
    changed = _laid_over(there, config, reset or []) if config is not None or reset else None
    trial = _trial(settings, database, there, changed, try_days, apply)
    if trial is None or apply:
        told = None if trial is None else trial.entry()
        portfolios.change(
            database,
            portfolio,
            new_name=name,
            description=description,
            strategy_config=changed,
            by=by("update"),
            tried=told,
        )
    if trial is None:
        print_portfolio(database, portfolio, as_json)
    else:
        trials.show(trial, there.slug, as_json=as_json, applied=apply)


def _trial(  # noqa: PLR0913, PLR0917 - what a user may give
    settings: Settings,
    database: Database,
    there: Portfolio,
    changed: dict[str, Any] | None,
    days: float | None,
    apply: bool,
) -> Trial | None:
    """What a try of the settings says; None: none is asked for."""
    if days is None:
        if apply:
            raise typer.BadParameter("--apply goes with --try DAYS: without a try settings are changed at once")
        return None
    if changed is None:
        raise typer.BadParameter("--try tries settings: give --config or --reset")
    return trials.tried(settings, database, there, changed, days)


def _laid_over(there: Portfolio, config: Sequence[str] | None, reset: list[str]) -> dict[str, Any]:
    changed = change_portfolio.laid_over(there, read_configs(config or ()), reset)
    warn(change_portfolio.doubts_of(there, changed))
    return changed


def log(name: Name, as_json: AsJson = False) -> None:
    """Show what was changed of a portfolio: its settings and what a try had said, halts and resumptions, by whom.

    Example:  prescient portfolio log bold
    """
    database = home.open_database(home.read_settings())
    found = portfolio_log.entries(database, portfolios.get(database, name).portfolio_id)
    output.print_json(found) if as_json else output.print_table(map(_logged, found), portfolio_log.SHOWN)


def _logged(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of the log; of a config what differs."""
    return entry | {"details": told_change(entry["details"])}
