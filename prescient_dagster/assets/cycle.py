"""The assets of one strategy: `<strategy>/signals`, `/trades` and `/snapshots`, one partition per portfolio.

They are one multi_asset because one portfolio's failure must not skip another's: each portfolio's materializations are
logged once its transaction is committed, failures are collected, and one Failure at the end names them. So a bad
portfolio goes red alone, in one process for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import dagster as dg

from prescient_dagster.assets.checks import (
    BALANCED,
    BOOKS,
    MOST_ROWS,
    NONE_FAILED,
)
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.forms.run_config import given, run_config_class
from prescient_dagster.assets.partitions_asked import BACKFILL_TAG, partitions_asked
from prescient_dagster.assets.runs.checks_told import Findings, told_before
from prescient_dagster.assets.runs.cycle_failure import failure
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.runs.materializations import in_batches
from prescient_dagster.assets.runs.run_tags import SHARD_TAG
from prescient_dagster.assets.runs.shard_notes import Note, noted
from prescient_dagster.assets.runs.shards import named, shards
from prescient_dagster.assets.told import cycle_metadata
from prescient_dagster.catalog import code_version
from prescient_dagster.domain.strategy.strategies import Strategy
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.health import failing_portfolios
from prescient_dagster.usecases.garbage import without_full_collections
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order, Result

DESCRIPTIONS = {
    Stage.SIGNALS: (
        "What each portfolio wishes to buy or sell on a capture, and why, with how many markets each filter removed. "
        "Materialized alone it is a dry run: nothing is traded."
    ),
    Stage.TRADES: (
        "What became of each signal: shares, price against the best quote, slippage and fee of a trade, or the reason "
        "of a refusal."
    ),
    Stage.SNAPSHOTS: (
        "What each portfolio is worth on a capture: cash, positions at the bid, equity, profit, and how it got there."
    ),
}
WHEN = (
    "One partition is one portfolio, named by its slug. `{schedule}` runs signals, trades and snapshots of all of them "
    "once for every capture that `ready` lets through. By hand: *Materialize…*, and choose portfolios; every setting "
    "has a default, so no config is needed."
)
OWNERS = ["team:prescient"]
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


def asset_keys(strategy: str) -> frozenset[dg.AssetKey]:
    """All three."""
    return frozenset(asset_key(strategy, stage) for stage in Stage)


def specs(strategy: Strategy[Any], version: str) -> list[dg.AssetSpec]:
    """The three assets of a strategy."""
    return [
        dg.AssetSpec(
            asset_key(strategy.name, stage),
            deps=["ready" if stage is Stage.SIGNALS else asset_key(strategy.name, UPSTREAM[stage])],
            description=_description(strategy, stage),
            group_name=strategy.name,
            owners=OWNERS,
            skippable=True,
            code_version=version,
            kinds={"python", "postgres"},
            tags={"strategy": strategy.name, "stage": stage.value},
            metadata={"dagster/table_name": f"prescient.{stage.value}"},
        )
        for stage in Stage
    ]


def _description(strategy: Strategy[Any], stage: Stage) -> str:
    """What the asset is, which idea it follows, when it runs and what its partitions are."""
    idea = f"**{strategy.title}**: {strategy.description}"
    return "\n\n".join([DESCRIPTIONS[stage], idea, WHEN.format(schedule=f"{strategy.name}_schedule")])


def cycle_assets(strategy: Strategy[Any], portfolios_per_run: int) -> dg.AssetsDefinition:
    """The multi_asset that runs a strategy's cycle for the portfolios of a run.

    Args:
        portfolios_per_run: a backfill of more makes several runs.
    """
    version = code_version(strategy.name)
    config_class = run_config_class(strategy.name, strategy.config)
    traded = asset_key(strategy.name, Stage.TRADES)

    @dg.multi_asset(
        name=op_name(strategy.name),
        specs=specs(strategy, version),
        can_subset=True,
        partitions_def=partitions(strategy.name),
        backfill_policy=dg.BackfillPolicy.multi_run(portfolios_per_run),
        pool=strategy.name,
        config_schema=schema(config_class),
        description=strategy.description,
        check_specs=[BALANCED.spec(traded), NONE_FAILED.spec(traded), BOOKS.spec(traded)],
    )
    def cycle(
        context: dg.AssetExecutionContext,
        database: DatabaseResource,
        capture_files: CaptureFiles,
        venue: VenueResource,
    ) -> Iterator[dg.AssetCheckResult | dg.AssetObservation]:
        store = database.open()
        runner = CycleRunner(strategy, store, capture_files.folder, partial(venue.open, store))
        with without_full_collections():
            with explained():
                order = _order(context, filled(config_class, context), version)
            failed = _carried_out(context, runner, order, _shards_of(context, order.slugs, portfolios_per_run))
            if traded in context.selected_asset_keys:
                # Before the failure is raised: a step that has failed yields no checks.
                with explained():
                    yield from _judged(context, traded, runner, order.slugs)
        if failed:
            raise failure(failed, len(order.slugs))

    return cycle


def _order(context: dg.AssetExecutionContext, config: Any, version: str) -> Order:
    slugs, settings = partitions_asked(context), given(config)
    capture_id, overrides_of = settings.pop("capture_id", None), settings.pop("portfolios", {})
    return Order(
        slugs=slugs,
        stages=frozenset(Stage(key.path[-1]) for key in context.selected_asset_keys),
        capture_id=capture_id,
        overrides=settings,
        overrides_of={slug: given(overrides) for slug, overrides in _meant_here(context, slugs, overrides_of).items()},
        run_id=context.run.run_id,
        code_version=version,
    )


def _judged(
    context: dg.AssetExecutionContext, traded: dg.AssetKey, runner: CycleRunner, slugs: Sequence[str]
) -> Iterator[dg.AssetCheckResult | dg.AssetObservation]:
    """The checks, or what a run that is not asked for them notes for who judges several together."""
    counts, missing = runner.books.counts(), list(islice(runner.missing_books(), MOST_ROWS))
    capture_id = runner.record.capture_id
    if not context.selected_asset_check_keys:
        unbalanced = {slug: found for slug, found in reconcile(runner.database, slugs).items() if found}
        yield noted(traded, context.run, Note(slugs, unbalanced, counts, missing, capture_id))
        return
    with told_before(context.instance, runner.database, traded) as told:
        again = told.balances.keys() - set(slugs)
        balances = reconcile(runner.database, [*slugs, *again])
        found = Findings(capture_id, balances, books=counts, missing=missing).with_told(told)
        yield from found.results(traded, failing_portfolios(runner.database, runner.strategy.name))


def _shards_of(context: dg.AssetExecutionContext, slugs: Sequence[str], most: int) -> Mapping[str, str]:
    """Which shard each portfolio lies in. A run that nobody made for a shard, a backfill's, is tagged with its own."""
    keys = context.instance.get_dynamic_partitions(str(context.assets_def.partitions_def.name))
    found = named(shards(context.assets_def.op.name.removesuffix("_cycle"), keys, most), slugs)
    names = list(dict.fromkeys(found.values()))
    if names and SHARD_TAG not in context.run.tags:
        tag = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        context.instance.add_run_tags(context.run.run_id, {SHARD_TAG: tag})
    return found


def _meant_here(
    context: dg.AssetExecutionContext, slugs: Sequence[str], overrides_of: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The settings for single portfolios, without those that are meant for another run of the same backfill.

    A backfill makes a run per contiguous block of partitions, and gives all of them the same config.
    """
    if BACKFILL_TAG not in context.run.tags:
        return overrides_of
    elsewhere = set(context.instance.get_dynamic_partitions(str(context.assets_def.partitions_def.name)))
    elsewhere -= set(slugs)
    return {slug: overrides for slug, overrides in overrides_of.items() if slug not in elsewhere}


def _carried_out(
    context: dg.AssetExecutionContext, runner: CycleRunner, order: Order, shard_of: Mapping[str, str]
) -> list[Result]:
    """Carry out the order, log what each portfolio did, and return those that failed."""
    failed = []
    keys = sorted(context.selected_asset_keys, key=lambda key: list(Stage).index(Stage(key.path[-1])))
    with explained(), in_batches(context) as materializations:
        for result in runner.carry_out(order):
            if result.error is None:
                materializations.add([_materialization(key, result, shard_of.get(result.slug)) for key in keys])
            else:
                context.log.error(f"{result.slug}: {result.error}")
                failed.append(result)
    return failed


def _materialization(key: dg.AssetKey, result: Result, shard: str | None) -> dg.AssetMaterialization:
    metadata = cycle_metadata.metadata(key.path[0], Stage(key.path[-1]), result)
    if shard is not None:
        metadata["shard"] = shard
    return dg.AssetMaterialization(key, partition=result.slug, metadata=metadata)
