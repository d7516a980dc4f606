"""Portfolios from the Dagster UI, for who has no shell: each job is a form, filled in at its launchpad.

They do what `prescient portfolio` and `prescient strategy validate` do, by the same functions.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import dagster as dg

from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.assets.forms.fields import (
    BY_HAND,
    NOTHING,
    ConfigChange,
    Creation,
    Judged,
    Named,
    Trying,
    about,
    form_job,
    hours,
    of_strategy,
)
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.cycle_runs import synced_partitions
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.assets.told.trials import told_trial
from prescient_dagster.domain.books.portfolios import Portfolio, checked_balance
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.store.books import halts, portfolios, statements
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.usecases import change_portfolio, replay

CHANGED = columns(setting="string", before="string", after="string")
HOURS = 6
"""What a try may take."""
CHANGES = {
    "pause": (portfolios.pause, "Stops a portfolio from trading. It is still valued and settled."),
    "halt": (halts.halt, "Lets a portfolio enter nothing more; exits, value and settlements go on."),
    "resume": (
        halts.resume,
        "Lets a paused, closing or halted portfolio trade again; after a halt its highest equity is counted anew.",
    ),
    "close": (portfolios.close, "Closes a portfolio: no more entries, exits until it is flat, then closed for good."),
}


def portfolio_jobs(strategies: Sequence[str]) -> list[dg.JobDefinition]:
    """The jobs that make, change and close portfolios of these strategies."""
    return [
        _creation(strategies),
        _config_change(),
        _trial(),
        *(_status_change(verb, change, description) for verb, (change, description) in CHANGES.items()),
        _validation(strategies),
    ]


def _creation(strategies: Sequence[str]) -> dg.JobDefinition:
    form = of_strategy(Creation, strategies)

    @dg.op(name="create", out=NOTHING, config_schema=schema(form))
    def create(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
        store = database.open()
        with explained():
            new = _new_portfolio(filled(form, context))
            warnings = change_portfolio.doubts_of_new(new.strategy_type, new.strategy_config, new.initial_balance)
            made = portfolios.create(store, new)
            return _done(context, store, made, warnings)

    return form_job("create_portfolio", create, form, "Makes a portfolio. It trades from the next capture on.", BY_HAND)


def _new_portfolio(form: Any) -> portfolios.NewPortfolio:
    balance: Decimal = checked_balance(form.balance)
    return portfolios.NewPortfolio(
        form.slug, form.strategy.value, balance, form.name, form.description, dict(form.config)
    )


def _config_change() -> dg.JobDefinition:
    @dg.op(name="change_config", out=NOTHING, config_schema=schema(ConfigChange))
    def change_config(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
        store, config = database.open(), filled(ConfigChange, context)
        with explained():
            there = portfolios.get(store, config.portfolio)
            changed = change_portfolio.laid_over(there, config.config, config.reset)
            warnings = change_portfolio.doubts_of(there, changed)
            now = portfolios.change(store, there.slug, strategy_config=changed, by=by_run(context))
            return _done(context, store, now, warnings, _changed(there, now))

    told = "Changes a portfolio's settings, from its next cycle on. The settings given are laid over those it has."
    return form_job("change_portfolio_config", change_config, ConfigChange, told, BY_HAND)


def _trial() -> dg.JobDefinition:
    @dg.op(name="try_config", out=NOTHING, config_schema=schema(Trying))
    def try_settings(
        context: dg.OpExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
    ) -> dg.Output[None]:
        store, form = database.open(), filled(Trying, context)
        with explained():
            there = portfolios.get(store, form.portfolio)
            about(context, there)
            changed = change_portfolio.laid_over(there, form.config, form.reset)
            warnings = change_portfolio.doubts_of(there, changed)
            source = replay.captures_within(store, capture_files.folder, form.days)
            trial = replay.tried(store, there, changed, form.days, source)
            if form.apply:
                portfolios.change(store, there.slug, strategy_config=changed, by=by_run(context), tried=trial.entry())
        for warning in warnings:
            context.log.warning(warning)
        return dg.Output(None, metadata={"applied": form.apply, **told_trial(trial)})

    told = (
        "Plays a portfolio's settings and new ones over stored captures, and shows what would have differed. Nothing "
        "is changed unless it is to be applied."
    )
    return form_job("try_portfolio_config", try_settings, Trying, told, hours(HOURS))


def _changed(before: Portfolio, now: Portfolio) -> dict[str, Any]:
    """What of the settings is not as it was; what does not differ is told, too."""
    rows = change_portfolio.changes(before.strategy_config, now.strategy_config)
    return {"changed": table(CHANGED, rows) if rows else "nothing: these are the settings it has"}


def by_run(context: dg.OpExecutionContext) -> str:
    """Who changes something, for the log."""
    return f"run {context.run.run_id[:8]} of {context.run.job_name}"


def _status_change(verb: str, change: Callable[[Database, str, str], Portfolio], description: str) -> dg.JobDefinition:
    @dg.op(name=verb, out=NOTHING, config_schema=schema(Named))
    def become(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
        store = database.open()
        with explained():
            before = portfolios.get(store, filled(Named, context).portfolio)
            now = change(store, before.slug, by_run(context))
            told = {} if before.status is now.status else {"changed": f"{before.status} -> {now.status}"}
            return _done(context, store, now, changed=told)

    return form_job(f"{verb}_portfolio", become, Named, description, BY_HAND)


def _done(
    context: dg.OpExecutionContext,
    store: Database,
    portfolio: Portfolio,
    warnings: Sequence[str] = (),
    changed: Mapping[str, Any] = MappingProxyType({}),
) -> dg.Output[None]:
    """What was changed, and what the portfolio is now, once its partition says the same."""
    synced_partitions(context.instance, store, portfolio.strategy_type)
    about(context, portfolio)
    for warning in warnings:
        context.log.warning(warning)
    context.log.info(f"portfolio {portfolio.slug} is {portfolio.status}")
    told = {name: _plain(value) for name, value in statements.statement(store, portfolio.slug).items()}
    link = dg.MetadataValue.asset(asset_key(portfolio.strategy_type, Stage.SIGNALS))
    doubtful = {"warnings": "; ".join(warnings)} if warnings else {}
    return dg.Output(None, metadata={**changed, **doubtful, "partition_of": link, **told})


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case None:
            return ""
        case str() | int() | dict():
            return str(value) if isinstance(value, str) else value  # a status is plain text to Dagster
    return dg.MetadataValue.timestamp(value)


def _validation(strategies: Sequence[str]) -> dg.JobDefinition:
    form = of_strategy(Judged, strategies)

    @dg.op(name="validate", out=NOTHING, config_schema=schema(form))
    def validate(context: dg.OpExecutionContext) -> dg.Output[None]:
        config: Any = filled(form, context)
        with explained():
            verdict = change_portfolio.verdict(config.strategy.value, config.config)
        told: dict[str, Any] = {"valid": verdict.valid, "warnings": "; ".join(verdict.warnings)}
        if not verdict.valid:
            told["errors"] = list(verdict.errors)
            raise dg.Failure("; ".join(verdict.errors), metadata=told, allow_retries=False)
        return dg.Output(None, metadata=told)

    told = "Judges a config without making a portfolio: all its errors, and what is probably not meant."
    return form_job("validate_strategy_config", validate, form, told, BY_HAND)
