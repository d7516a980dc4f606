"""A portfolio's cycle now, from the Dagster UI: the form of `prescient cycle`, with a dry run and overrides."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import BY_HAND, NOTHING, Named, Settings, about, form_job, settings_field
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.forms.run_config import CAPTURE_ID
from prescient_dagster.assets.runs.cycle_runs import cycle_job, cycle_options, result, results_of, synced_partitions
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.runs.runs_here import failure_metadata, run_here, told_of
from prescient_dagster.assets.runs.shards import Shard
from prescient_dagster.catalog import strategy_of
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases.trade_plans import ResultStatus


class CycleForm(Named):
    """Whose cycle, on what, and how."""

    dry_run: bool = Field(False, description="signals only: they can be looked at, nothing is traded; default false")
    capture_id: int | None = Field(None, description=CAPTURE_ID)
    overrides: Settings = settings_field("{setting: value} for this run alone, over those it has, null: not overridden")


def portfolio_cycle_job() -> dg.JobDefinition:
    """The job that runs a portfolio's cycle.

    The op carries the strategy's own job out in its process, as `prescient cycle` does, instead of asking a daemon for
    a run: so the form's run ends with the result, cannot wait for a free place behind itself, and yet the strategy's
    pages show a run, its partition and its checks as ever. The portfolio's lock holds whatever else may be going.
    """
    description = "Lets a portfolio act on a capture now: signals, trades, snapshot. It trades a capture once."
    return form_job("run_portfolio_cycle", run_cycle, CycleForm, description, BY_HAND)


@dg.op(name="run_cycle", out=NOTHING, config_schema=schema(CycleForm))
def run_cycle(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
    """Run the strategy's job for one portfolio, and tell what became of it."""
    store, config = database.open(), filled(CycleForm, context)
    with explained():
        portfolio = portfolios.get(store, config.portfolio)
        about(context, portfolio)
        if portfolio.status is PortfolioStatus.CLOSED:
            return dg.Output(None, metadata=_without_config(result(portfolio.slug, ResultStatus.CLOSED)))
        run = _run(context.instance, store, portfolio, config)
    return _told(context, portfolio, run)


def _run(
    instance: dg.DagsterInstance, store: Database, portfolio: Portfolio, form: CycleForm
) -> dg.ExecuteInProcessResult:
    """The run of the strategy's job. What can be refused is refused before it begins."""
    strategy = strategy_of(portfolio).name
    capture_id = captures.ready(store, form.capture_id).capture_id
    overrides = _checked(portfolio, form.overrides)
    job = cycle_job(strategy)
    synced_partitions(instance, store, strategy)
    options = cycle_options(
        Shard(strategy, 0, [portfolio.slug], alone=True), capture_id, dry_run=form.dry_run, **overrides
    )
    return run_here(instance, job, log_level="INFO", **options)


def _checked(portfolio: Portfolio, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides that are given, as run config has them, or `InvalidConfig`."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if not given:
        return {}
    model = strategy_of(portfolio).config
    effective = validated(model, portfolio.strategy_config, given).document()
    return {name: effective[name] for name in given}


def _told(context: dg.OpExecutionContext, portfolio: Portfolio, run: dg.ExecuteInProcessResult) -> dg.Output[None]:
    """What the strategy's assets say of the portfolio, with links to the run and to them."""
    strategy, slug = portfolio.strategy_type, portfolio.slug
    became = results_of(run, strategy, [slug])[slug]
    links = {"run": dg.MetadataValue.dagster_run(run.run_id)}
    if became["error"] is not None:
        raise dg.Failure(became["error"], metadata={**failure_metadata(run), **links}, allow_retries=False)
    context.log.info(f"portfolio {slug}: {became['status']}, {became['trades_executed']} trades executed")
    told = {name: value for stage in Stage for name, value in told_of(run, f"{strategy}/{stage}", slug).items()}
    return dg.Output(None, metadata={**links, **_without_config(became), **told, **links})


def _without_config(became: Mapping[str, Any]) -> dict[str, Any]:
    """A result as metadata; the config stands among what the signals tell."""
    told = {name: value for name, value in became.items() if name not in ("strategy_config_used", "error")}
    return told | {"status": str(became["status"])}
