"""The sensor tells a real webhook of each fact once, and loses none while the webhook is down."""

from collections.abc import Iterator

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.alerts import OFF, alerts_sensor
from prescient_dagster.assets.runs.dagster_state import PLATFORM_JOBS, watched_jobs
from prescient_dagster.definitions import defs
from prescient_dagster.domain.errors import NotDelivered
from prescient_dagster.resources import resources
from prescient_dagster.store.books.cycles import note_failure
from prescient_dagster.store.market import captures
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites
from tests.webhooks import Webhook, listening

LONG_AGO = "interval '17 minutes'"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with listening() as webhook:
        yield webhook


class Ticks:
    """The sensor as Dagster runs it: each tick gets the cursor that the last one left, also where it failed."""

    def __init__(self, platform: Platform, channel: str) -> None:
        self.platform, self.cursor = platform, None
        self.sensor = alerts_sensor(watched_jobs(), channel, "simulated", stale_minutes=10)

    def tick(self) -> str:
        context = dg.build_sensor_context(
            instance=self.platform.instance, cursor=self.cursor, resources=resources(), sensor_name="alerts"
        )
        data = self.sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return str(data.skip_message)


def test_without_a_webhook_alerts_are_off_and_say_how_to_switch_them_on(platform: Platform) -> None:
    ticks = Ticks(platform, channel="")

    assert ticks.tick() == OFF
    assert ticks.sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert Ticks(platform, channel="log").sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_a_problem_is_told_once_and_so_is_its_end(platform: Platform, webhook: Webhook) -> None:
    platform.portfolio("a")
    platform.capture(a_listing(*favourites(1)))
    ticks = Ticks(platform, webhook.url)
    assert ticks.tick() == "nothing new, all is well"

    note_failure(platform.database, "momentum", "a", "no cash")
    assert ticks.tick() == "told: 1 new, 0 over already, 0 over; 1 known"
    note_failure(platform.database, "momentum", "a", "no cash, still")
    assert ticks.tick() == "nothing new, 1 known"
    forget_failures(platform)
    ticks.tick()
    ticks.tick()

    assert webhook.texts == [
        "Prescient, simulated: 1 new\nPROBLEM portfolio a fails: no cash",
        "Prescient, simulated: 1 over\nOVER portfolio a no longer fails",
    ]


def forget_failures(platform: Platform) -> None:
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.portfolios SET last_error = NULL"))


def test_nothing_is_lost_while_the_webhook_is_down_and_nothing_told_twice(platform: Platform, webhook: Webhook) -> None:
    platform.portfolio("a")
    platform.capture(a_listing(*favourites(1)))
    ticks = Ticks(platform, webhook.url)
    ticks.tick()
    webhook.status = 500
    note_failure(platform.database, "momentum", "a", "no cash")
    for _ in range(2):
        with pytest.raises(Exception, match="the alert webhook answered 500") as raised:
            ticks.tick()
        assert isinstance(raised.value.__cause__ or raised.value, NotDelivered)
        assert "secret" not in str(raised.value)

    webhook.status = 200
    refuse_one(platform, hours=1)  # came and went while nobody could be told
    platform.capture(a_listing(*favourites(1), hours=2))
    ticks.tick()
    ticks.tick()

    (told,) = webhook.texts
    assert "PROBLEM portfolio a fails: no cash" in told
    assert "refused: it is half empty" in told
    assert "1 new, 1 over already" in told


def refuse_one(platform: Platform, hours: float) -> None:
    record = captures.save(platform.database, platform.captures_folder, a_listing(*favourites(1), hours=hours))
    captures.mark_refused(platform.database, record.capture_id, "it is half empty")


def test_a_webhook_that_does_not_answer_is_an_error_that_keeps_its_address(platform: Platform) -> None:
    ticks = Ticks(platform, "http://127.0.0.1:1/services/secret")

    with pytest.raises(Exception, match="the alert webhook does not answer") as raised:
        ticks.tick()

    assert "secret" not in str(raised.value)
    assert ticks.cursor is None


def test_stale_and_refused_market_data_are_told(platform: Platform, webhook: Webhook) -> None:
    platform.capture(a_listing(*favourites(1)))
    with platform.database.begin() as connection:
        connection.execute(text(f"UPDATE prescient.captures SET stored_at = now() - {LONG_AGO}"))
    refuse_one(platform, hours=1)

    Ticks(platform, webhook.url).tick()

    (told,) = webhook.texts
    assert "market data is 17 minutes old, limit 10 minutes" in told
    assert "refused: it is half empty" in told


def a_failing_job(name: str, reason: str) -> dg.JobDefinition:
    @dg.op(name="step")
    def step() -> None:
        raise dg.Failure(reason)

    @dg.job(name=name)
    def job() -> None:
        step()

    return job


def a_working_job(name: str) -> dg.JobDefinition:
    @dg.op(name="step")
    def step() -> None: ...

    @dg.job(name=name)
    def job() -> None:
        step()

    return job


def run(platform: Platform, job: dg.JobDefinition) -> None:
    job.execute_in_process(instance=platform.instance, raise_on_error=False)


def test_a_job_that_fails_again_and_again_is_told_once(platform: Platform, webhook: Webhook) -> None:
    platform.capture(a_listing(*favourites(1)))
    ticks = Ticks(platform, webhook.url)
    ticks.tick()
    for _ in range(3):
        run(platform, a_failing_job("market_data", "the venue does not answer"))
        run(platform, a_failing_job("made_by_a_stranger", "not ours"))
        ticks.tick()
    run(platform, a_working_job("market_data"))
    ticks.tick()

    first, last = webhook.texts
    assert "PROBLEM market_data failed, run " in first
    assert first.endswith(": the venue does not answer")
    assert "not ours" not in first
    assert last.endswith("OVER market_data works again")


def test_a_run_that_failed_between_two_ticks_is_told_although_the_next_went_well(
    platform: Platform, webhook: Webhook
) -> None:
    platform.capture(a_listing(*favourites(1)))
    ticks = Ticks(platform, webhook.url)
    ticks.tick()
    run(platform, a_failing_job("market_data", "the venue does not answer"))
    run(platform, a_working_job("market_data"))
    ticks.tick()
    ticks.tick()

    (told,) = webhook.texts
    assert "OVER ALREADY market_data failed, run " in told


def test_a_run_that_was_marked_as_failed_from_outside_is_told(platform: Platform, webhook: Webhook) -> None:
    platform.capture(a_listing(*favourites(1)))
    stuck = platform.instance.create_run_for_job(a_working_job("market_data"), status=dg.DagsterRunStatus.STARTED)
    platform.instance.report_run_failed(stuck)

    Ticks(platform, webhook.url).tick()

    (told,) = webhook.texts
    assert "This run has been marked as failed from outside the execution context." in told


def test_a_run_that_names_its_portfolios_is_told_as_theirs(platform: Platform, webhook: Webhook) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("bad", trade_amount=-1)
    platform.portfolio("good")
    ticks = Ticks(platform, webhook.url)
    ticks.tick()

    assert not platform.run(["bad", "good"]).success
    ticks.tick()

    (told,) = webhook.told
    assert [(fact["kind"], fact["subject"]) for fact in told["facts"]] == [("portfolio_failing", "bad")]
    assert "trade_amount" in told["text"]


def test_a_storm_of_failures_is_one_message(platform: Platform, webhook: Webhook) -> None:
    platform.capture(a_listing(*favourites(1)))
    for number in range(32):
        platform.portfolio(f"p{number}")
        note_failure(platform.database, "momentum", f"p{number}", "no cash")
    ticks = Ticks(platform, webhook.url)
    ticks.tick()
    ticks.tick()

    (told,) = webhook.texts
    assert told.endswith("and 12 more")


def test_the_log_gets_a_line_for_each_fact(platform: Platform, capfd: pytest.CaptureFixture[str]) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    note_failure(platform.database, "momentum", "a", "no cash")

    assert Ticks(platform, "log").tick() == "told: 1 new, 0 over already, 0 over; 1 known"

    assert "Prescient, simulated: PROBLEM portfolio a fails: no cash" in capfd.readouterr().err


def test_an_unreachable_database_is_a_skip_reason(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    assert "no database answers" in Ticks(platform, "log").tick()


def test_every_job_of_the_platform_that_a_schedule_starts_is_watched() -> None:
    assert {schedule.job_name for schedule in defs.schedules or ()} == set(PLATFORM_JOBS)
