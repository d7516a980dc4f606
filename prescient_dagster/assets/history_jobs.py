"""The past by the venue's account, from the Dagster UI: the jobs are forms. They do what the commands do."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import NOTHING, form_job, hours
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.settings import load_settings
from prescient_dagster.usecases.past_prices import backfill
from prescient_dagster.usecases.past_prices.fetch_history import FetchedHistory
from prescient_dagster.usecases.past_prices.past import VenuePast

HOURS = 6
MOST_NAMED = 20


class Fetch(dg.Config):
    """Which past is wanted."""

    days: int = Field(30, description="how many days back")
    search: str = Field("", description="only markets whose question or event holds this text")
    markets: list[str] = Field([], description="these markets, by id; empty: the most traded ones")
    most: int = Field(500, description="at most so many markets, unless they are named")


class BackfillForm(Fetch):
    """Which past becomes captures."""

    output: str = Field(description="the folder to make, on the machine that runs the job")
    half_spread: float = Field(0.005, description="from the price to the bid and to the ask (USD per share)")


@dg.op(name="fetch", out=NOTHING, config_schema=schema(Fetch))
def fetch_past(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
    """Fetch what prices were from the venue."""
    form = filled(Fetch, context)
    with explained(), VenuePast.opened(load_settings(), database.open()) as past:
        _, told = past.fetched(form.days, form.search, form.markets, form.most, _logged(context))
    return dg.Output(None, metadata=_told(told))


@dg.op(name="backfill", out=NOTHING, config_schema=schema(BackfillForm))
def backfill_captures(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
    """Fetch what prices were, and make captures of it."""
    form = filled(BackfillForm, context)
    asked = (form.days, form.search, form.markets, form.most, form.half_spread)
    with explained(), VenuePast.opened(load_settings(), database.open()) as past:
        made, told = past.backfilled(Path(form.output).expanduser().absolute(), *asked, _logged(context))
    for line in backfill.lines(made):
        context.log.info(line)
    counts: dict[str, Any] = {"captures": made.captures, "incomplete": made.incomplete, "assumes": list(made.assumes)}
    return dg.Output(None, metadata={**_told(told), **counts})


def _logged(context: dg.OpExecutionContext) -> Callable[[int, int], None]:
    return lambda done, of: context.log.info(f"{done} of {of} markets")


def _told(found: FetchedHistory) -> dict[str, Any]:
    document = asdict(found)
    lists = {name: document.pop(name) for name in ("without", "younger")}
    refused = document.pop("refused")
    times = {name: f"{document.pop(name):%Y-%m-%d %H:%M}" for name in ("since", "until")}
    return {
        **times,
        **document,
        **{name: len(ids) for name, ids in lists.items()},
        **{f"{name}_markets": ids[:MOST_NAMED] for name, ids in lists.items()},
        "refused": refused,
    }


def history_jobs() -> list[dg.JobDefinition]:
    """The jobs that fetch the past, and that make captures of it."""
    fetched = "Fetches what prices were from the venue, for strategies that look back. It goes on where it broke off."
    made = "Makes captures of the days before there were any, from past prices of the venue. What they lack is assumed."
    return [
        form_job("history_fetch", fetch_past, Fetch, fetched, hours(HOURS)),
        form_job("captures_backfill", backfill_captures, BackfillForm, made, hours(HOURS)),
    ]
