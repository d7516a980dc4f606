"""When things run. Every schedule is made by `schedule`, is on from the start, and says in words why it did nothing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.runs.due_runs import DueRuns, due
from prescient_dagster.assets.runs.going import going, still_going
from prescient_dagster.assets.runs.shard_verdicts import judge_ended
from prescient_dagster.assets.runs.shards import Shard, shards
from prescient_dagster.catalog import strategy_schedule_name
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.domain.watch import crons
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.database import Database
from prescient_dagster.store.health import market_data_seen, rounds

EVERY_MINUTE = "* * * * *"
PERFORMANCE_EVERY, YOUNG = timedelta(minutes=15), timedelta(hours=1)
ROUND_TAKES = timedelta(minutes=1)
"""From when a round begins until its last portfolio has traded."""
Answer = Sequence[dg.RunRequest] | dg.RunRequest | dg.SkipReason
Decide = Callable[[dg.ScheduleEvaluationContext, Database], Answer]


def always(_context: dg.ScheduleEvaluationContext, _database: Database) -> Answer:
    """The job with its default config, at every tick."""
    return dg.RunRequest()


def one_at_a_time(job: str, decide: Decide) -> Decide:
    """Nothing is decided while a run of the job is queued or going."""

    def decide_alone(context: dg.ScheduleEvaluationContext, database: Database) -> Answer:
        before = going(context.instance, job, limit=1)
        return dg.SkipReason(still_going(job, before[0])) if before else decide(context, database)

    return decide_alone


def schedule(name: str, job: str, cron: str, what: str, decide: Decide) -> dg.ScheduleDefinition:
    """A schedule, on from the start.

    Args:
        name: the job's subject, with `_schedule` behind it.
        job: the name of the job, of the same code location.
        cron: when, in UTC.
        what: what it does and on what, as sentences that begin with a verb: "Removes captures older than 14 days." How
            often is put before it.
        decide: the runs to make, or why there is nothing to do; an error of ours that it raises is told as that.
    """
    often = crons.told(cron)

    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{often[:1].upper()}{often[1:]}: {what[:1].lower()}{what[1:]}",
    )
    def tick(context: dg.ScheduleEvaluationContext, database: DatabaseResource) -> Answer:
        try:
            store = database.open()
            store.require_newest()
            return decide(context, store)
        except PrescientError as error:
            return dg.SkipReason(str(error))

    return tick


def single_schedule(name: str, job: str, cron: str, what: str, decide: Decide = always) -> dg.ScheduleDefinition:
    """A schedule whose job has one run at a time, of whatever is decided then."""
    return schedule(name, job, cron, what, one_at_a_time(job, decide))


def market_data_schedule(cron: str, venue: str) -> dg.ScheduleDefinition:
    """A capture at every tick."""
    what = (
        f"Takes a capture of everything the venue lists ({venue}), books settlements, and lets it through for trading."
    )
    return single_schedule("market_data_schedule", "market_data", cron, what)


def performance_schedule(cron: str) -> dg.ScheduleDefinition:
    """The performance of all portfolios: at every tick of a cron, or without one when there is something new."""
    what = "Works out which portfolio and which strategy is ahead, from the books of all portfolios."
    if cron:
        return single_schedule("performance_schedule", "performance_job", cron, what)
    what = f"{what} After each round in the first hour, then every {PERFORMANCE_EVERY.seconds // 60} minutes."
    return single_schedule("performance_schedule", "performance_job", EVERY_MINUTE, what, performance_due)


def performance_due(context: dg.ScheduleEvaluationContext, database: Database) -> Answer:
    """A run where something was traded since the last one, or why there is none."""
    seen = rounds(database)
    if seen is None:
        return dg.SkipReason("nothing has been traded yet")
    (first, newest), now = seen, datetime.now(UTC)
    runs = context.instance.get_run_records(dg.RunsFilter(job_name="performance_job"), limit=1)
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
    return single_schedule("status_schedule", "status_job", cron, what)


def strategy_schedule(
    strategy: str, cron: str, captures_cron: str, stale_minutes: float, portfolios_per_run: int
) -> dg.ScheduleDefinition:
    """The runs over all portfolios of a strategy for every capture that is ready, once per capture.

    Args:
        captures_cron: when captures are due.
        stale_minutes: how old the newest may be, before the skip reason says so.
    """

    def decide(context: dg.ScheduleEvaluationContext, database: Database) -> Answer:
        data = market_data_seen(database)
        keys = context.instance.get_dynamic_partitions(partitions_name(strategy))
        if not keys:
            return dg.SkipReason(f"there is no {strategy} portfolio")
        if data.ready is None:
            return _nothing(data.refused(), "no capture is ready to be traded yet: the first takes a minute")
        stale = data.stale(datetime.now(UTC), stale_minutes)
        due_when = f"one is due {crons.told(captures_cron)}, see the last runs of market_data"
        of_strategy = shards(strategy, keys, portfolios_per_run)
        found = _due(context, database, of_strategy, keys, data.ready.capture_id)
        traded = f"capture {data.ready.capture_id} already traded"
        if found.held_back:
            return found.requests or _nothing(*found.held_back)
        return found.requests or _nothing(data.refused(), traded, stale and f"{stale}: {due_when}")

    what = f"Trades all {strategy} portfolios on the newest capture that is ready, each capture once."
    return schedule(strategy_schedule_name(strategy), strategy, cron, what, decide)


def _nothing(*reasons: str | None) -> dg.SkipReason:
    return dg.SkipReason("; ".join(reason for reason in reasons if reason is not None))


def _due(
    context: dg.ScheduleEvaluationContext, database: Database, of: Sequence[Shard], keys: Sequence[str], capture_id: int
) -> DueRuns:
    """What is due now; where there are several shards, the checks of captures that all have traded are judged, too."""
    found = due(context.instance, of, keys, capture_id)
    if len(of) > 1:
        for reason in found.held_back:
            context.log.info(reason)
        _judge(context, database, of, capture_id if found.requests or found.held_back else None)
    return found


def _judge(
    context: dg.ScheduleEvaluationContext, database: Database, shards: Sequence[Shard], unfinished: int | None
) -> None:
    """The checks of captures that have been traded must not stop what is to be traded."""
    try:
        judge_ended(context.instance, database, shards, unfinished)
    except Exception:
        context.log.exception(f"the checks of {shards[0].strategy} are not judged, the next tick tries again")
