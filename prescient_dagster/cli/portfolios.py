"""`prescient portfolio`: the portfolios, their money and their settings."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prescient_dagster.cli.terminal.options import AsJson, ConfigText, Name

if TYPE_CHECKING:
    from prescient_dagster.domain.books.portfolios import Portfolio
    from prescient_dagster.domain.past.trials import Trial
    from prescient_dagster.settings import Settings
    from prescient_dagster.store.database import Database

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
TOLD_BY_POSITION = ("marks", "oldest_mark_at")
TOLD_OF_HALTED = ("high_equity", "halted_at", "halted_by")
StrategyOption = Annotated[str, typer.Option("--strategy", metavar="S", help="A name that `strategy list` shows.")]
Title = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What people call it.")]
Description = Annotated[str | None, typer.Option(metavar="TEXT", help="What it is meant to find out.")]


def create(  # noqa: PLR0913, PLR0917
    slug: Annotated[
        str, typer.Argument(help="Its short name: a to z, 0 to 9, - and _; that of a closed one can be used again.")
    ],
    strategy: StrategyOption,
    balance: Annotated[str, typer.Option(metavar="USD", help="The cash it begins with.")],
    name: Title = None,
    description: Description = None,
    config: ConfigText = None,
    as_json: AsJson = False,
) -> None:
    """Make a portfolio. It trades from the next capture on.

    Settings that are not given follow the strategy's defaults, also when those change; `strategy show` lists them.

    Example:  prescient portfolio create bold --strategy momentum --balance 50000 --config '{"min_confidence": 0.8}'
    """
    from prescient_dagster.cli.server import home
    from prescient_dagster.cli.terminal.configs import read_configs
    from prescient_dagster.domain.books.portfolios import checked_balance
    from prescient_dagster.store.books import portfolios
    from prescient_dagster.usecases import change_portfolio

    new = portfolios.NewPortfolio(
        slug, strategy, checked_balance(balance), name or "", description or "", read_configs(config or ())
    )
    _warn(change_portfolio.doubts_of_new(strategy, new.strategy_config, new.initial_balance))
    settings = home.read_settings()
    database = home.open_database(settings)
    made = portfolios.create(database, new)
    _add_partition(settings, database, strategy)
    _show(database, made.slug, as_json)


def _warn(doubts: Sequence[str]) -> None:
    """Tell what is allowed and probably not meant."""
    from prescient_dagster.cli.terminal import output

    for doubt in doubts:
        output.say(f"warning: {doubt}")


def _add_partition(settings: "Settings", database: "Database", strategy: str) -> None:
    """Let the UI show the portfolio at once; the books do not depend on it."""
    from prescient_dagster.assets.runs import cycle_runs
    from prescient_dagster.cli import runs
    from prescient_dagster.cli.terminal import output

    try:
        with runs.Runner.opened(settings, database) as runner:
            cycle_runs.synced_partitions(runner.instance, database, strategy)
    except Exception as error:  # whatever keeps Dagster's storage from opening: the sensor will find the portfolio
        output.say(f"the Dagster UI will show it once `prescient dev` runs ({type(error).__name__}: {error})")


def list_portfolios(
    strategy: Annotated[str | None, typer.Option(metavar="S", help="Only those of this strategy.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Only those that are closed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the portfolios with what they are worth, the oldest first.

    Example:  prescient portfolio list --strategy momentum
    """
    from prescient_dagster.cli.server import home
    from prescient_dagster.cli.terminal import output
    from prescient_dagster.store.books import statements

    found = statements.list_statements(home.open_database(home.read_settings()), strategy, archived=archived)
    if as_json:
        output.print_json(found)
    else:
        output.print_table(found, COLUMNS)


def show(name: Name, as_json: AsJson = False) -> None:
    """Show one portfolio: its settings, its cash, what it holds and what it has gained.

    Example:  prescient portfolio show bold --json
    """
    from prescient_dagster.cli.server import home

    _show(home.open_database(home.read_settings()), name, as_json)


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
    from prescient_dagster.cli import trials
    from prescient_dagster.cli.server import home
    from prescient_dagster.store.books import portfolios

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
            by=_by("update"),
            tried=told,
        )
    if trial is None:
        _show(database, portfolio, as_json)
    else:
        trials.show(trial, there.slug, as_json=as_json, applied=apply)


def _trial(  # noqa: PLR0913, PLR0917 - what a user may give
    settings: "Settings",
    database: "Database",
    there: "Portfolio",
    changed: dict[str, Any] | None,
    days: float | None,
    apply: bool,
) -> "Trial | None":
    """What a try of the settings says; None: none is asked for."""
    from prescient_dagster.cli import trials

    if days is None:
        if apply:
            raise typer.BadParameter("--apply goes with --try DAYS: without a try settings are changed at once")
        return None
    if changed is None:
        raise typer.BadParameter("--try tries settings: give --config or --reset")
    return trials.tried(settings, database, there, changed, days)


def _laid_over(there: "Portfolio", config: Sequence[str] | None, reset: list[str]) -> dict[str, Any]:
    from prescient_dagster.cli.terminal.configs import read_configs
    from prescient_dagster.usecases import change_portfolio

    changed = change_portfolio.laid_over(there, read_configs(config or ()), reset)
    _warn(change_portfolio.doubts_of(there, changed))
    return changed


def pause(name: Name, as_json: AsJson = False) -> None:
    """Stop a portfolio from trading. It is still valued and settled; `resume` lets it trade again.

    Example:  prescient portfolio pause bold
    """
    from prescient_dagster.store.books import portfolios

    _become("pause", portfolios.pause, name, as_json)


def halt(name: Name, as_json: AsJson = False) -> None:
    """Let a portfolio enter nothing more. Its exits, its value and settlements go on; `resume` ends it.

    Example:  prescient portfolio halt bold
    """
    from prescient_dagster.store.books import halts

    _become("halt", halts.halt, name, as_json)


def resume(name: Name, as_json: AsJson = False) -> None:
    """Let a paused, closing or halted portfolio trade again. After a halt its highest equity is counted anew.

    Example:  prescient portfolio resume bold
    """
    from prescient_dagster.store.books import halts

    _become("resume", halts.resume, name, as_json)


def close(name: Name, as_json: AsJson = False) -> None:
    """Close a portfolio: no more entries; exits and settlements go on until it is flat, then it is closed for good.

    Example:  prescient portfolio close bold
    """
    from prescient_dagster.store.books import portfolios

    _become("close", portfolios.close, name, as_json)


def log(name: Name, as_json: AsJson = False) -> None:
    """Show what was changed of a portfolio: its settings and what a try had said, halts and resumptions, by whom.

    Example:  prescient portfolio log bold
    """
    from prescient_dagster.cli.server import home
    from prescient_dagster.cli.terminal import output
    from prescient_dagster.store.books import portfolio_log, portfolios

    database = home.open_database(home.read_settings())
    found = portfolio_log.entries(database, portfolios.get(database, name).portfolio_id)
    output.print_json(found) if as_json else output.print_table(map(_logged, found), portfolio_log.SHOWN)


def _logged(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of the log; of a config what differs."""
    from prescient_dagster.usecases.change_portfolio import told_change

    return entry | {"details": told_change(entry["details"])}


def _by(command: str) -> str:
    """Who gives a command, for the log."""
    import getpass

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        user = "somebody"
    return f"{user}, prescient portfolio {command}"


def _become(verb: str, change: "Callable[[Database, str, str], Portfolio]", name: str, as_json: bool) -> None:
    from prescient_dagster.cli.server import home

    database = home.open_database(home.read_settings())
    _show(database, change(database, name, _by(verb)).slug, as_json)


def _show(database: "Database", name: str, as_json: bool) -> None:
    from prescient_dagster.catalog import gone
    from prescient_dagster.cli.books import POSITION_COLUMNS
    from prescient_dagster.cli.terminal import output
    from prescient_dagster.store.books import portfolios, positions, statements
    from prescient_dagster.usecases.without_strategy import without_strategy

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
