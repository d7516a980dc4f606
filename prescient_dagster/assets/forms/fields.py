"""Jobs that are forms: one op, whose config is the whole run config, so that the launchpad shows its fields alone."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import dagster as dg
from pydantic import Field, create_model

from prescient_dagster.assets.forms.plain_config import SETTINGS, schema
from prescient_dagster.assets.runs.run_tags import AT_ONCE, LANE_TAG, PORTFOLIO_TAG
from prescient_dagster.domain import moments
from prescient_dagster.domain.books.portfolios import Portfolio

Settings = SETTINGS
QUEUED: Mapping[str, str] = {}
"""The tags of a job that waits its turn."""
BY_HAND = {LANE_TAG: AT_ONCE}
"""The tags of a job that takes seconds, and that somebody waits for."""
NOTHING = dg.Out(dg.Nothing, description="nothing; its metadata tell what was done")


def settings_field(meaning: str) -> Any:
    """A field for strategy settings, none by default; which there are differs from strategy to strategy."""
    return Field({}, description=f"{meaning}; `prescient strategy show NAME` lists those of any strategy")


def choice(name: str, values: Sequence[str]) -> Any:
    """A type with a few values; Dagster reads a choice by its member's name."""
    return Enum(name, {value: value for value in values})


class Named(dg.Config):
    """Which portfolio is meant."""

    portfolio: str = Field(description="slug or number of the portfolio")


class ConfigChange(Named):
    """Which settings of a portfolio become what."""

    config: Settings = settings_field("{setting: value} to lay over those it has, null: no bound")
    reset: list[str] = Field([], description="names of settings to give back to the strategy's defaults")


class Trying(ConfigChange):
    """Which settings of a portfolio are tried, and over which time."""

    days: float = Field(30, description="over the captures of so many days, up to the newest")
    apply: bool = Field(False, description="change the settings after the try; without it nothing is changed")


class OverCaptures(dg.Config):
    """Which captures something is played on."""

    since: str = Field("", description=f"only captures from then on, {moments.MEANING}; empty: from the first")
    until: str = Field("", description="only captures up to then, of a day all; empty: to the last")
    captures: str = Field("", description="a folder of recordings or captures; empty: the captures there are")

    def bounds(self) -> dict[str, Any]:
        """From when to when, as what plays it takes them; `InvalidInput` where one is no time."""
        return {
            "since": moments.read_since(self.since) if self.since else None,
            "until": moments.read_until(self.until) if self.until else None,
        }


class Judged(dg.Config):
    """What is to be judged."""

    config: Settings = settings_field("{setting: value} to judge, null: no bound")


class Creation(dg.Config):
    """What a portfolio is made from."""

    slug: str = Field(
        description="its short name for good: 1 to 63 of a to z, 0 to 9, - and _, beginning with a letter"
    )
    balance: float = Field(description="the cash it begins with (USD); 1 to 1,000,000,000, at most 6 decimals")
    name: str = Field("", description="what people call it; empty: its slug")
    description: str = Field("", description="what it is meant to find out")
    config: Settings = settings_field("{setting: value} where it differs from the strategy's defaults, null: no bound")


def of_strategy(form: type[dg.Config], strategies: Sequence[str]) -> type[dg.Config]:
    """The form with a strategy to choose; what there is to choose from is only known here."""
    field = (choice("StrategyName", strategies), Field(description=f"one of {', '.join(strategies)}"))
    return create_model(form.__name__, __base__=form, strategy=field)


def form_job(
    name: str, step: dg.OpDefinition, form: type[dg.Config], description: str, tags: Mapping[str, str] = QUEUED
) -> dg.JobDefinition:
    """The job that fills a form in and hands it to its one op."""

    @dg.config_mapping(config_schema=schema(form))
    def filled_in(val: Mapping[str, Any]) -> Any:
        return dg.RunConfig(ops={step.name: form(**val)}).to_config_dict()  # type: ignore[no-untyped-call]

    @dg.job(name=name, config=filled_in, executor_def=dg.in_process_executor, description=description, tags=dict(tags))
    def job() -> None:
        step()

    return job


def hours(number: int) -> dict[str, str]:
    """The tags of a job that may take so many hours, unlike other runs."""
    return {"dagster/max_runtime": str(number * 3600)}


def about(context: dg.OpExecutionContext, portfolio: Portfolio) -> None:
    """Let the run be found by its portfolio."""
    context.instance.add_run_tags(context.run.run_id, {PORTFOLIO_TAG: portfolio.slug})
