"""When things run. Every schedule is made by `schedule`, is on from the start, and says in words why it did nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from prescient_dagster.assets.cycle import op_name, partitions_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.assets.runs.run_tags import NEVER_BEGAN_TAG
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.domain.watch import crons
from prescient_dagster.domain.watch.health import MarketData
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.health import market_data_seen, rounds

CAPTURE_TAG = "prescient/capture"
WAITING = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED]
GOING = [*WAITING, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
EVERY_MINUTE = "* * * * *"
PERFORMANCE_EVERY, YOUNG = timedelta(minutes=15), timedelta(hours=1)
ROUND_TAKES = timedelta(minutes=1)
"""From when a round begins until its last portfolio has traded."""
Answer = dg.RunRequest | dg.SkipReason
Decide = Callable[[dg.DagsterInstance, DatabaseResource], Answer]


def always(_instance: dg.DagsterInstance, _database: DatabaseResource) -> Answer:
    """The job with its default config, at every tick."""
    return dg.RunRequest()


def schedule(name: str, job: str, cron: str, what: str, decide: Decide = always) -> dg.ScheduleDefinition:
    """A schedule: one run of the job at each tick, unless one is still queued or going.

    Args:
        name: the job's subject, with `_schedule` behind it.
        job: the name of the job, of the same code location.
        cron: when, in UTC.
        what: what it does and on what, as sentences that begin with a verb: "Removes captures older than 14 days." How
            often is put before it.
        decide: the run to make, or why there is nothing to do; an error of ours that it raises is told as that.
    """
    often = crons.told(cron)

    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{often[:1].upper()}{often[1:]}: {what[:1].lower()}{what[1:]}",
    )
    def tick(context: dg.ScheduleEvaluationContext, database: DatabaseResource) -> dg.RunRequest | dg.SkipReason:
        try:
            database.open().require_newest()
            going = still_going(context.instance, job)
            return decide(context.instance, database) if going is None else dg.SkipReason(going)
        except PrescientError as error:
            return dg.SkipReason(str(error))

    return tick


def still_going(instance: dg.DagsterInstance, job: str) -> str | None:
    """That a run of the job is queued or going, and since when."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=GOING), limit=1)
    if not records:
        return None
    waits = "queued" if records[0].dagster_run.status in WAITING else "going"
    return f"the {job} run before is still {waits}, since {records[0].create_timestamp.astimezone(UTC):%H:%M:%S} UTC"


def market_data_schedule(cron: str, venue: str) -> dg.ScheduleDefinition:
    """A capture at every tick."""
    what = (
        f"Takes a capture of everything the venue lists ({venue}), books settlements, and lets it through for trading."
    )
    return schedule("market_data_schedule", "market_data", cron, what)


def performance_schedule(cron: str) -> dg.ScheduleDefinition:
    """The performance of all portfolios: at every tick of a cron, or without one when there is something new."""
    what = "Works out which portfolio and which strategy is ahead, from the books of all portfolios."
    if cron:
        return schedule("performance_schedule", "performance_job", cron, what)
    what = f"{what} After each round in the first hour, then every {PERFORMANCE_EVERY.seconds // 60} minutes."
    return schedule("performance_schedule", "performance_job", EVERY_MINUTE, what, performance_due)


def performance_due(instance: dg.DagsterInstance, database: DatabaseResource) -> Answer:
    """A run where something was traded since the last one, or why there is none."""
    seen = rounds(database.open())
    if seen is None:
        return dg.SkipReason("nothing has been traded yet")
    (first, newest), now = seen, datetime.now(UTC)
    runs = instance.get_run_records(dg.RunsFilter(job_name="performance_job"), limit=1)
    if not runs:
        return dg.RunRequest()
    last = runs[0].create_timestamp.astimezone(UTC)
    if newest < last - ROUND_TAKES:
        return dg.SkipReason(f"nothing was traded since it was worked out at {last:%H:%M:%S} UTC")
    if now < first + YOUNG or now >= last + PERFORMANCE_EVERY:
        return dg.RunRequest()
    return dg.SkipReason(f"worked out at {last:%H:%M:%S} UTC, again after {last + PERFORMANCE_EVERY:%H:%M:%S}")


def status_schedule(cron: str) -> dg.ScheduleDefinition:
    """The state of everything at every tick."""
    what = "Takes down whether market data, strategies, portfolios and Dagster's daemon are well, as the asset status."
    return schedule("status_schedule", "status_job", cron, what)


def strategy_schedule_name(strategy: str) -> str:
    """What a strategy's schedule is called."""
    return f"{strategy}_schedule"


def strategy_schedule(strategy: str, cron: str, captures_cron: str, stale_minutes: float) -> dg.ScheduleDefinition:
    """One run over all portfolios of a strategy for every capture that is ready, once per capture.

    Args:
        captures_cron: when captures are due.
        stale_minutes: how old the newest may be, before the skip reason says so.
    """

    def decide(instance: dg.DagsterInstance, database: DatabaseResource) -> Answer:
        data = market_data_seen(database.open())
        stale = data.stale(datetime.now(UTC), stale_minutes)
        due_when = f"one is due {crons.told(captures_cron)}, see the last runs of market_data"
        return due(instance, strategy, data, stale and f"{stale}: {due_when}")

    what = f"Trades all {strategy} portfolios on the newest capture that is ready, each capture once."
    return schedule(strategy_schedule_name(strategy), strategy, cron, what, decide)


def due(instance: dg.DagsterInstance, strategy: str, data: MarketData, stale: str | None = None) -> Answer:
    """The run that trades the newest capture that is ready, or why there is nothing to do.

    A `run_key` does not hold across the ticks of a schedule, so the run is tagged with its capture and looked for.
    """
    keys = instance.get_dynamic_partitions(partitions_name(strategy))
    if not keys:
        return dg.SkipReason(f"there is no {strategy} portfolio")
    if data.ready is None:
        return _nothing(data.refused(), "no capture is ready to be traded yet: the first takes a minute")
    capture_id = data.ready.capture_id
    if _tried(instance, strategy, capture_id):
        return _nothing(data.refused(), f"capture {capture_id} already traded", stale)
    # Stored configs are read in the run, so that one broken portfolio cannot stop the tick.
    config = {"ops": {op_name(strategy): {"config": {"capture_id": capture_id}}}}
    return dg.RunRequest(run_config=config, tags={CAPTURE_TAG: str(capture_id), **range_tags(keys)})


def _nothing(*reasons: str | None) -> dg.SkipReason:
    return dg.SkipReason("; ".join(reason for reason in reasons if reason is not None))


def _tried(instance: dg.DagsterInstance, strategy: str, capture_id: int) -> bool:
    """Whether a run has begun with the capture, or is about to. What failed is healed by the next capture."""
    runs = instance.get_runs(dg.RunsFilter(job_name=strategy, tags={CAPTURE_TAG: str(capture_id)}))
    return any(NEVER_BEGAN_TAG not in run.tags for run in runs)
