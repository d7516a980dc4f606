"""When things run: jobs, schedules, and the sensor that keeps the partitions in step with the portfolios."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # not exported

from prescient_dagster.assets.cycle import asset_key, op_name, partitions_name
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.domain.portfolios import PortfolioStatus
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store import captures, portfolios
from prescient_dagster.store.cycles import Stage

CAPTURE_TAG = "prescient/capture"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
GOING = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def market_data_job() -> UnresolvedAssetJobDefinition:
    """The job that takes a capture and makes it ready."""
    return dg.define_asset_job(
        "market_data",
        selection=dg.AssetSelection.groups("market_data"),
        executor_def=dg.in_process_executor,
        description="Takes a capture of the venue and lets it through for trading.",
    )


def performance_job() -> UnresolvedAssetJobDefinition:
    """The job that works out the performance of all portfolios; no job may be called as its asset is."""
    return dg.define_asset_job(
        "performance_job",
        selection=dg.AssetSelection.assets("performance"),
        executor_def=dg.in_process_executor,
        description="Works out which portfolio and which strategy is ahead, and why.",
    )


def strategy_job(strategy: str) -> UnresolvedAssetJobDefinition:
    """The job that runs a strategy's cycle."""
    return dg.define_asset_job(
        strategy,
        selection=dg.AssetSelection.assets(*(asset_key(strategy, stage) for stage in Stage)),
        executor_def=dg.in_process_executor,
        description=f"One {strategy} cycle for the chosen portfolios: signals, trades, snapshots.",
    )


def market_data_schedule(cron: str) -> dg.ScheduleDefinition:
    """A capture at every tick, unless one is still being taken."""

    @dg.schedule(
        name="market_data_schedule",
        job_name="market_data",
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Takes a capture of the venue. All strategies trade on it.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if _going(context.instance, "market_data"):
            return dg.SkipReason("the capture before is still being taken")
        return dg.RunRequest()

    return tick


def performance_schedule(cron: str) -> dg.ScheduleDefinition:
    """The performance of all portfolios at every tick, unless it is still being worked out."""

    @dg.schedule(
        name="performance_schedule",
        job_name="performance_job",
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Works out the performance of all portfolios.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if _going(context.instance, "performance_job"):
            return dg.SkipReason("the performance is still being worked out")
        return dg.RunRequest()

    return tick


def strategy_schedule(strategy: str, cron: str) -> dg.ScheduleDefinition:
    """One run over all portfolios of a strategy for every capture that is ready, once per capture."""

    @dg.schedule(
        name=f"{strategy}_schedule",
        job_name=strategy,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Trades every {strategy} portfolio on each new capture, once.",
    )
    def tick(context: dg.ScheduleEvaluationContext, database: DatabaseResource) -> dg.RunRequest | dg.SkipReason:
        try:
            record = captures.newest_ready(database.open())
        except PrescientError as error:
            return dg.SkipReason(str(error))
        return due(context.instance, strategy, None if record is None else record.capture_id)

    return tick


def due(instance: dg.DagsterInstance, strategy: str, capture_id: int | None) -> dg.RunRequest | dg.SkipReason:
    """The run that trades a capture, or why there is nothing to do.

    A `run_key` does not hold across the ticks of a schedule, so the run is tagged with its capture and looked for.
    """
    keys = instance.get_dynamic_partitions(partitions_name(strategy))
    if not keys:
        return dg.SkipReason(f"there is no {strategy} portfolio")
    if capture_id is None:
        return dg.SkipReason("no capture is ready to be traded yet")
    if _any_run(instance, strategy, tags={CAPTURE_TAG: str(capture_id)}):
        return dg.SkipReason(f"capture {capture_id} already traded")
    if _going(instance, strategy):
        return dg.SkipReason(f"a {strategy} run is still queued or going")
    # Stored configs are read in the run, so that one broken portfolio cannot stop the tick.
    config = {"ops": {op_name(strategy): {"config": {"capture_id": capture_id}}}}
    return dg.RunRequest(run_config=config, tags={CAPTURE_TAG: str(capture_id), **range_tags(keys)})


def range_tags(keys: Sequence[str]) -> dict[str, str]:
    """The tags of one run over a contiguous range of partitions."""
    return {RANGE_START: keys[0], RANGE_END: keys[-1]}


def _going(instance: dg.DagsterInstance, job: str) -> bool:
    return bool(instance.get_runs(dg.RunsFilter(job_name=job, statuses=GOING), limit=1))


def _any_run(instance: dg.DagsterInstance, job: str, tags: Mapping[str, str]) -> bool:
    return bool(instance.get_runs(dg.RunsFilter(job_name=job, tags=dict(tags)), limit=1))


@dataclass(frozen=True, slots=True)
class PartitionChange:
    """What must happen to a strategy's partitions so that they are its portfolios."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def partition_change(wanted: Iterable[str], there: Iterable[str], in_use: Iterable[str] = ()) -> PartitionChange:
    """The difference between the portfolios that are not closed and the partitions; those in use stay."""
    wanted, there = list(wanted), list(there)
    gone = set(there) - set(wanted) - set(in_use)
    return PartitionChange(
        tuple(slug for slug in wanted if slug not in set(there)), tuple(key for key in there if key in gone)
    )


def sync_partitions(instance: dg.DagsterInstance, strategy: str, wanted: Iterable[str]) -> PartitionChange:
    """Make the strategy's partitions its portfolios; keys that a run may be using stay until it has ended."""
    name = partitions_name(strategy)
    there = instance.get_dynamic_partitions(name)
    in_use = there if _going(instance, strategy) else []
    change = partition_change(wanted, there, in_use)
    if change.add:
        instance.add_dynamic_partitions(name, list(change.add))
    for key in change.remove:
        instance.delete_dynamic_partition(name, key)
    return change


def partition_sensor(strategies: Sequence[str]) -> dg.SensorDefinition:
    """Keeps every strategy's partitions in step with its portfolios, whoever created or closed them."""

    @dg.sensor(
        name="portfolio_partitions",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Keeps the partitions of each strategy in step with its portfolios.",
    )
    def tick(context: dg.SensorEvaluationContext, database: DatabaseResource) -> dg.SkipReason:
        try:
            # A failed read is not an empty table: nothing is removed on it.
            known = portfolios.list_all(database.open())
        except PrescientError as error:
            return dg.SkipReason(str(error))
        told = []
        for strategy in strategies:
            wanted = [
                portfolio.slug
                for portfolio in known
                if portfolio.strategy_type == strategy and portfolio.status is not PortfolioStatus.CLOSED
            ]
            change = sync_partitions(context.instance, strategy, wanted)
            told += [f"+{slug}" for slug in change.add] + [f"-{slug}" for slug in change.remove]
        return dg.SkipReason(f"partitions changed: {' '.join(told)}" if told else "the partitions are the portfolios")

    return tick
