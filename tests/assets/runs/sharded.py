"""A strategy whose portfolios are traded in several runs: ticks of its schedule, its runs, and what its checks show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from prescient_dagster.assets.cycle import asset_key, cycle_assets
from prescient_dagster.assets.jobs import strategy_job
from prescient_dagster.assets.runs.run_tags import SHARD_TAG
from prescient_dagster.assets.schedules import strategy_schedule
from prescient_dagster.catalog import load_strategy
from prescient_dagster.resources import resources
from prescient_dagster.store.books.cycles import Stage
from tests.assets.conftest import Platform

STRATEGY = "momentum"
TRADES = asset_key(STRATEGY, Stage.TRADES)
CHECKS = ("books_balance", "no_portfolio_failed", "books_usable")


@dataclass
class Sharded:
    """The strategy on a platform, at most `most` portfolios a run."""

    platform: Platform
    most: int

    @cached_property
    def definitions(self) -> dg.Definitions:
        return dg.Definitions(
            assets=[cycle_assets(load_strategy(STRATEGY), self.most)],
            jobs=[strategy_job(STRATEGY)],
            schedules=[strategy_schedule(STRATEGY, "* * * * *", "* * * * *", 10, self.most)],
            resources=resources(),
            executor=dg.in_process_executor,
        )

    @property
    def instance(self) -> dg.DagsterInstance:
        return self.platform.instance

    def tick(self) -> list[dg.RunRequest] | str:
        """One evaluation of the schedule: the runs it asks for, or its skip reason."""
        context = dg.build_schedule_context(instance=self.instance, resources=resources())
        answer: Any = self.definitions.resolve_schedule_def(f"{STRATEGY}_schedule")(context)
        return list(answer) if isinstance(answer, list) else str(answer.skip_message)

    def made(self, request: dg.RunRequest) -> dg.DagsterRun:
        """The run of a request, as the daemon makes it; it waits."""
        job, assets, checks = self.definitions.resolve_job_def(STRATEGY), None, None
        if request.asset_selection is not None:
            assets = frozenset(request.asset_selection)
            checks = None if request.asset_check_keys is None else frozenset(request.asset_check_keys)
            job = job.get_subset(asset_selection=assets, asset_check_selection=checks)
        run = self.instance.create_run_for_job(job, tags=request.tags, run_config=request.run_config)
        return run._replace(asset_selection=assets, asset_check_selection=checks)

    def all_made(self) -> list[dg.DagsterRun]:
        """The runs of a tick, all waiting."""
        requests = self.tick()
        assert not isinstance(requests, str), requests
        return [self.made(request) for request in requests]

    def carry_out(self, run: dg.DagsterRun) -> bool:
        """Whether all of its portfolios did well."""
        job = InMemoryJob(self.definitions.resolve_job_def(STRATEGY))
        return execute_run(job, run, self.instance, raise_on_error=False).success

    def launch(self, requests: Sequence[dg.RunRequest] | str) -> list[bool]:
        """Make runs, all at once, and carry them out one after the other."""
        assert not isinstance(requests, str), requests
        return [self.carry_out(run) for run in [self.made(request) for request in requests]]

    def kill(self, run: dg.DagsterRun) -> None:
        """Its process dies in the middle, and Dagster finds out."""
        self.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", STRATEGY), run.run_id)
        self.instance.report_run_failed(run, "its worker has died")

    def shown(self) -> Mapping[str, dg.AssetCheckEvaluation]:
        """What the page of the asset shows of each check: the newest result, whoever told it."""
        keys = [dg.AssetCheckKey(TRADES, name) for name in CHECKS]
        newest = self.instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
        return {key.name: record.evaluation for key, record in newest.items() if record.evaluation is not None}

    def told(self, check: str) -> int:
        """How often a check has been told."""
        key = dg.AssetCheckKey(TRADES, check)
        return len(self.instance.event_log_storage.get_asset_check_execution_history(key, limit=100))


def shards_of(requests: Sequence[dg.RunRequest] | str) -> list[str]:
    """The names of the shards that a tick asks runs for."""
    return [] if isinstance(requests, str) else [request.tags[SHARD_TAG] for request in requests]
