"""A sweep from the Dagster UI: the job is a form, filled in at its launchpad. It does what `prescient sweep` does."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import (
    NOTHING,
    OverCaptures,
    Settings,
    form_job,
    hours,
    of_strategy,
    settings_field,
)
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.pages import report_link
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.domain.books.portfolios import checked_balance
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_sources import CaptureSource
from prescient_dagster.store.past import sweeps
from prescient_dagster.usecases.replay import DEFAULT_BALANCE, open_source
from prescient_dagster.usecases.sweeps.crews import Crew, crew
from prescient_dagster.usecases.sweeps.sweep import Candidates, candidates, swept
from prescient_dagster.usecases.sweeps.walk_forward import Asked, walked_forward

HOURS = 4
MOST_SHOWN = 50
TENTHS = 10
TRIED = columns(config="string", first="float", rest="float", first_events="int", rest_events="int")
TURNS = columns(
    window="int", winner="string", total_return="float", next_return="float", median="float", stayed="string"
)
STAYED = {True: "yes", False: "no", None: "nothing entered"}


class SweepForm(OverCaptures):
    """What is to be tried on what."""

    grid: dict[str, list[Any]] = Field(description="{setting: [values to try]}: all combinations")
    config: Settings = settings_field("{setting: value} below the grid, null: no bound")
    balance: float = Field(0, description="the cash each begins with (USD); 0: 10,000")
    windows: int = Field(
        0, description="into so many windows of time, ranked on each, looked at on the next; 0: two parts"
    )
    rank_on: float = Field(0.6, description="of two parts, the share of the captures on which the configs are ranked")
    workers: int = Field(1, description="so many processes of this machine do the work")
    dask: str = Field("", description="or the workers of the Dask scheduler of this address")


class Progress:
    """Tells the log of the run how much has been played, a tenth at a time."""

    def __init__(self, log: Any, steps: int) -> None:
        self._log, self._steps, self._done = log, steps, 0

    def __call__(self, more: int) -> None:
        before, self._done = self._done, self._done + more
        if self._done * TENTHS // self._steps > before * TENTHS // self._steps:
            self._log.info(f"{100 * self._done // self._steps} % of {self._steps:,} captures, each config for itself")


def sweep_job(strategies: Sequence[str]) -> dg.JobDefinition:
    """The job that tries many configs of one of these strategies."""
    form = of_strategy(SweepForm, strategies)

    @dg.op(name="try_configs", out=NOTHING, config_schema=schema(form))
    def try_configs(
        context: dg.OpExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
    ) -> dg.Output[None]:
        store, config = database.open(), cast(Any, filled(form, context))
        with explained():
            found, hands, source = _begun(store, capture_files, config)
            advance = Progress(context.log, len(source) * len(found.configs))
            asked = _asked(config)
            if config.windows:
                sweep_id = walked_forward(store, source, asked, found, hands, advance)
                told = _of_windows(sweeps.get(store, sweep_id))
            else:
                told = _of_parts(source, asked, found, config.rank_on, hands, advance)
        for warning in told["warnings"].value:
            context.log.warning(warning)
        return dg.Output(None, metadata=told)

    told = (
        "Tries many configs of a strategy on stored captures, and doubts the best as is due. Nothing live is touched."
    )
    return form_job("sweep", try_configs, form, told, hours(HOURS))


def _begun(store: Database, capture_files: CaptureFiles, form: Any) -> tuple[Candidates, Crew, CaptureSource]:
    hands = crew(None if form.dask else form.workers, form.dask or None)
    found = candidates(form.strategy.value, dict(form.config), dict(form.grid))
    return found, hands, open_source(store, capture_files.folder, form.captures or None, **form.bounds())


def _asked(form: Any) -> Asked:
    cash = checked_balance(str(form.balance)) if form.balance else DEFAULT_BALANCE
    return Asked(form.strategy.value, dict(form.config), dict(form.grid), Decimal(cash), form.windows)


def _of_parts(  # noqa: PLR0913, PLR0917 - on what, and by whom
    source: CaptureSource, asked: Asked, found: Candidates, share: float, hands: Crew, advance: Progress
) -> dict[str, Any]:
    result, read = swept(source, asked.strategy_type, found, asked.balance, share=share, workers=hands, advance=advance)
    rows = [
        {
            "config": _named(each.overrides),
            "first": each.first.total_return,
            "rest": each.rest.total_return,
            "first_events": len(each.first.entered),
            "rest_events": len(each.rest.entered),
        }
        for each in result.tried[:MOST_SHOWN]
    ]
    told = {"chance": result.chance, "tried": len(result.tried), "ran": result.where, "digest": result.digest}
    return _told(told, [*result.doubts, *read.notes()], found) | {"configs": table(TRIED, rows)}


def _of_windows(kept: sweeps.KeptSweep) -> dict[str, Any]:
    result = kept.result
    rows = [
        {
            "window": turn["window"],
            "winner": _named(turn["winner"]),
            "total_return": turn["total_return"],
            "next_return": turn["next_return"],
            "median": turn["median_next_return"],
            "stayed": STAYED[turn["stayed_in_better_half"]],
        }
        for turn in result["turns"]
    ]
    told = {"sweep_id": kept.sweep_id, "page": report_link([sweeps.label(kept.sweep_id)])}
    told |= {
        name: result[name] for name in ("chance", "tried", "stayed_in_better_half", "turns_that_tell", "ran", "digest")
    }
    shown = {"turns": table(TURNS, rows)} if rows else {}
    return _told(told, [*result["warnings"], *result["notes"]], result) | shown


def _told(told: Mapping[str, Any], warnings: Sequence[str], found: Any) -> dict[str, Any]:
    refused = found["refused"] if isinstance(found, Mapping) else found.refused
    empty = {name: "" if value is None else value for name, value in told.items()}
    return {**empty, "refused": len(refused), "warnings": dg.MetadataValue.json(list(warnings))}


def _named(overrides: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in overrides.items())
