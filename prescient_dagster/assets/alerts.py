"""The sensor `alerts`: tells a webhook or the log what is newly wrong, and what is over. Each fact once.

The cursor is what has been told. It moves on only when the message has arrived, so that nothing is lost while a
webhook is down.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import dagster as dg

from prescient_dagster.assets.problems_now import problems_now
from prescient_dagster.assets.runs.dagster_state import failed_between
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.domain.watch.alerts import News, Reported, lines, message, news
from prescient_dagster.domain.watch.health import Problem, of_capture, of_run
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.settings import LOG
from prescient_dagster.store.database import Database
from prescient_dagster.store.health import refused_between
from prescient_dagster.usecases.telling import webhook

OFF = "alerts are off: set PRESCIENT_ALERT_WEBHOOK to the URL of a webhook, or to log"
Send = Callable[[News], None]


def alerts_sensor(jobs: Sequence[str], channel: str, venue: str, stale_minutes: float) -> dg.SensorDefinition:
    """The sensor; it is on if there is a channel.

    Args:
        jobs: those whose failures count.
        channel: the URL of a webhook, `log`, or empty.
        venue: whose name the messages carry.
        stale_minutes: how old market data may be.
    """

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING if channel else dg.DefaultSensorStatus.STOPPED,
        description=(
            "Every 30 seconds: tells a webhook or the log (PRESCIENT_ALERT_WEBHOOK) of portfolios and jobs that newly "
            "failed, portfolios that their drawdown halted, stale market data, refused captures, markets that nobody "
            "can settle, strategies that are offline, and of what is over. Each fact once, all of them in one message. "
            "Starts no run."
        ),
    )
    def tick(context: dg.SensorEvaluationContext, database: DatabaseResource) -> dg.SkipReason:
        if not channel:
            return dg.SkipReason(OFF)
        try:
            now = datetime.now(UTC)
            found = problems_now(context.instance, database.open(), jobs, now, stale_minutes)
            before = _reported(context.cursor, now)
            told = news(before.open, found, _happened(context.instance, database.open(), jobs, before.until, now))
        except PrescientError as error:
            return dg.SkipReason(str(error))
        if told:
            _send(context, told, channel, f"Prescient, {venue}")
        context.update_cursor(Reported(frozenset(problem.key for problem in found), now).dumps())
        return dg.SkipReason(_said(told, found))

    return tick


def _send(context: dg.SensorEvaluationContext, told: News, channel: str, source: str) -> None:
    if channel != LOG:
        webhook.post(channel, message(told, source))
        return
    for line in lines(told):
        context.log.warning(f"{source}: {line}")


def _said(told: News, found: Sequence[Problem]) -> str:
    known = f"{len(found)} known" if found else "all is well"
    if not told:
        return f"nothing new, {known}"
    return f"told: {len(told.began)} new, {len(told.passed)} over already, {len(told.ended)} over; {known}"


def _reported(cursor: str | None, now: datetime) -> Reported:
    """What has been told; with a cursor that is none of ours, nothing has."""
    try:
        return Reported.loads(cursor or "")
    except ValueError:
        return Reported(frozenset(), now)


def _happened(
    instance: dg.DagsterInstance, database: Database, jobs: Sequence[str], after: datetime, until: datetime
) -> list[Problem]:
    """What went wrong in this time, over or not."""
    runs = failed_between(instance, jobs, after, until)
    refused = refused_between(database, after, until)
    return [problem for run in runs for problem in of_run(run)] + [
        problem for capture in refused for problem in of_capture(capture)
    ]
