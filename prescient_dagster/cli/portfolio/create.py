"""`prescient portfolio create`."""

from typing import Annotated

import typer

from prescient_dagster.assets.runs import cycle_runs
from prescient_dagster.cli import runs
from prescient_dagster.cli.portfolio.look import print_portfolio
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.configs import read_configs
from prescient_dagster.cli.terminal.options import AsJson, ConfigText, Description, Title
from prescient_dagster.cli.terminal.output import warn
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.books.portfolios import checked_balance
from prescient_dagster.settings import Settings
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.usecases import change_portfolio

StrategyOption = Annotated[str, typer.Option("--strategy", metavar="S", help="A name that `strategy list` shows.")]


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
    new = portfolios.NewPortfolio(
        slug, strategy, checked_balance(balance), name or "", description or "", read_configs(config or ())
    )
    warn(change_portfolio.doubts_of_new(strategy, new.strategy_config, new.initial_balance))
    settings = home.read_settings()
    database = home.open_database(settings)
    made = portfolios.create(database, new)
    _add_partition(settings, database, strategy)
    print_portfolio(database, made.slug, as_json)


def _add_partition(settings: Settings, database: Database, strategy: str) -> None:
    """Let the UI show the portfolio at once; the books do not depend on it."""
    try:
        with waiting("telling Dagster"), runs.Runner.opened(settings, database) as runner:
            cycle_runs.synced_partitions(runner.instance, database, strategy)
    except Exception as error:  # whatever keeps Dagster's storage from opening: the sensor will find the portfolio
        output.say(f"the Dagster UI will show it once `prescient dev` runs ({type(error).__name__}: {error})")
