"""The assets of one strategy: `<strategy>/signals`, `/trades` and `/snapshots`, one partition per portfolio.

They are one multi_asset because one portfolio's failure must not skip another's: each portfolio's materializations are
logged as soon as its transaction is committed, failures are collected, and one Failure at the end names them. So a bad
portfolio goes red alone, in one process for all.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from prescient_dagster import domain
from prescient_dagster.assets import cycle_metadata
from prescient_dagster.assets.checks import BALANCE, balance_check
from prescient_dagster.assets.cycle_orders import FetchBooks, Order, Result
from prescient_dagster.assets.failures import explained
from prescient_dagster.assets.portfolio_cycles import Desk
from prescient_dagster.assets.run_config import given, run_config_class
from prescient_dagster.catalog import strategy_files
from prescient_dagster.domain.fills import OrderBook
from prescient_dagster.domain.strategies import Strategy
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.reconciliation import reconcile

DESCRIPTIONS = {
    Stage.SIGNALS: "What each portfolio wishes to buy or sell on a capture, and why. Materialized alone: a dry run.",
    Stage.TRADES: "How the signals were filled: shares, price and fee of each trade, or the reason of each refusal.",
    Stage.SNAPSHOTS: "What each portfolio is worth on the capture: cash, positions at the bid, equity and profit.",
}
UPSTREAM = {Stage.TRADES: Stage.SIGNALS, Stage.SNAPSHOTS: Stage.TRADES}


def partitions_name(strategy: str) -> str:
    """The name of a strategy's dynamic partitions, one per portfolio."""
    return f"{strategy}_portfolios"


def partitions(strategy: str) -> dg.DynamicPartitionsDefinition:
    """A strategy's partitions: the slugs of its portfolios."""
    return dg.DynamicPartitionsDefinition(name=partitions_name(strategy))


def op_name(strategy: str) -> str:
    """The op that runs a strategy's cycle; run config is addressed to it."""
    return f"{strategy}_cycle"


def asset_key(strategy: str, stage: Stage) -> dg.AssetKey:
    """`<strategy>/signals`, `/trades` or `/snapshots`."""
    return dg.AssetKey([strategy, stage.value])


def specs(strategy: Strategy[Any], version: str) -> list[dg.AssetSpec]:
    """The three assets of a strategy."""
    return [
        dg.AssetSpec(
            asset_key(strategy.name, stage),
            deps=["ready" if stage is Stage.SIGNALS else asset_key(strategy.name, UPSTREAM[stage])],
            description=f"{DESCRIPTIONS[stage]}\n\n{strategy.title}: {strategy.description}",
            group_name=strategy.name,
            skippable=True,
            code_version=version,
            kinds={"postgres"},
            tags={"strategy": strategy.name},
        )
        for stage in Stage
    ]


def cycle_assets(strategy: Strategy[Any]) -> dg.AssetsDefinition:
    """The multi_asset that runs a strategy's cycle for the portfolios of a run."""
    version = code_version(strategy.name)
    config_class = run_config_class(strategy.name, strategy.config)
    traded = asset_key(strategy.name, Stage.TRADES)

    @dg.multi_asset(
        name=op_name(strategy.name),
        specs=specs(strategy, version),
        can_subset=True,
        partitions_def=partitions(strategy.name),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=strategy.name,
        description=strategy.description,
        check_specs=[dg.AssetCheckSpec("books_balance", asset=traded, description=BALANCE)],
    )
    def cycle(
        context: dg.AssetExecutionContext,
        config: config_class,  # type: ignore[valid-type]
        database: DatabaseResource,
        capture_files: CaptureFiles,
        venue: VenueResource,
    ) -> Iterator[dg.AssetCheckResult]:
        store = database.open()
        desk = Desk(strategy, store, capture_files.folder, _book_fetcher(venue, store))
        failed = _carried_out(context, desk, _order(context, config, version))
        if traded in context.selected_asset_keys:
            # Before the failure is raised: a step that has failed yields no checks.
            with explained():
                yield balance_check(traded, reconcile(store, context.partition_keys))
        if failed:
            raise _failure(failed, len(context.partition_keys))

    return cycle


def _order(context: dg.AssetExecutionContext, config: Any, version: str) -> Order:
    settings = given(config)
    capture_id, portfolios = settings.pop("capture_id", None), settings.pop("portfolios", {})
    return Order(
        slugs=list(context.partition_keys),
        stages=frozenset(Stage(key.path[-1]) for key in context.selected_asset_keys),
        capture_id=capture_id,
        overrides=settings,
        overrides_of={slug: given(overrides) for slug, overrides in portfolios.items()},
        run_id=context.run.run_id,
        code_version=version,
    )


def _carried_out(context: dg.AssetExecutionContext, desk: Desk, order: Order) -> dict[str, str]:
    """Carry out the order, log what each portfolio did, and return the reasons of those that failed."""
    failed = {}
    with explained():
        for result in desk.carry_out(order):
            if result.error is not None:
                context.log.error(f"{result.slug}: {result.error}")
                failed[result.slug] = result.error
            else:
                _log(context, result)
    return failed


def _log(context: dg.AssetExecutionContext, result: Result) -> None:
    for key in sorted(context.selected_asset_keys, key=lambda key: list(Stage).index(Stage(key.path[-1]))):
        metadata = cycle_metadata.metadata(Stage(key.path[-1]), result)
        context.log_event(dg.AssetMaterialization(key, partition=result.slug, metadata=metadata))


def _failure(failed: Mapping[str, str], portfolios: int) -> dg.Failure:
    reasons = "; ".join(f"{slug}: {reason}" for slug, reason in failed.items())
    return dg.Failure(
        f"{len(failed)} of {portfolios} portfolios failed. {reasons}",
        metadata={"failed": dg.MetadataValue.json(dict(failed))},
        allow_retries=False,
    )


def _book_fetcher(venue: VenueResource, database: Database) -> FetchBooks:
    def fetch(token_ids: Sequence[str], captured_at: datetime) -> dict[str, OrderBook]:
        with venue.open(database) as opened:
            return opened.order_books(token_ids, captured_at)

    return fetch


@cache
def code_version(strategy: str) -> str:
    """The identity of the code that decides: the strategy's file and the domain's."""
    domain_files = sorted(Path(next(iter(domain.__path__))).glob("*.py"))
    digest = hashlib.sha256()
    for path in (strategy_files()[strategy], *domain_files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
