"""No run, schedule or sensor works on tables of another version: it says so in one line, and nothing is written."""

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.alerts import alerts_sensor
from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.notices import notices_sensor
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.definitions import defs as platform_defs
from prescient_dagster.resources import resources
from prescient_dagster.settings import LOG
from prescient_dagster.store import versions
from strategy_assets.definitions import defs as strategy_defs
from tests.assets import launchpads
from tests.assets.conftest import Platform
from tests.assets.filled_forms import form_fields
from tests.assets.worlds import a_listing, favourites
from tests.store.older_homes import rows

MESSAGE = f"the database is at version 9999, this Prescient knows {versions.known()[-1]}: install the newer Prescient"
LOCATIONS = {"platform": platform_defs, "strategies": strategy_defs}
JOBS = [
    (location, job.name)
    for location, defs in LOCATIONS.items()
    for job in defs.resolve_all_job_defs()
    if not job.name.startswith("__")
]
SCHEDULES = [
    (location, schedule.name)
    for location, defs in LOCATIONS.items()
    for schedule in defs.get_repository_def().schedule_defs
]
SWITCHED_ON = {
    "alerts": alerts_sensor([], LOG, "simulated", 10),
    "notices": notices_sensor("json://127.0.0.1:1", "simulated"),
}
SENSORS = [sensor.name for sensor in platform_defs.get_repository_def().sensor_defs]
WITHOUT_DATABASE = {"validate_strategy_config"}
FIELDS = launchpads.REQUIRED


@pytest.fixture
def instance(stored_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    return stored_instance


@pytest.fixture
def newer(platform: Platform) -> Platform:
    """A platform whose database a newer program has upgraded while this one goes on."""
    platform.portfolio("a")
    platform.capture(a_listing(*favourites(2)))
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.alembic_version SET version_num = '9999'"))
    return platform


def test_every_run_is_refused(newer: Platform) -> None:
    before = rows(newer.database)
    for location, name in JOBS:
        if name not in WITHOUT_DATABASE:
            assert refusal(newer, location, name).startswith(MESSAGE), name
    assert rows(newer.database) == before


def refusal(platform: Platform, location: str, name: str) -> str:
    """The one failure of a run of the job."""
    job = LOCATIONS[location].resolve_job_def(name)
    config = {field: FIELDS[field] for field in FIELDS if field in form_fields(job)}
    if name == "replay":
        del config["strategy"]  # it takes the portfolio's
    tags = {} if location == "platform" else range_tags(["a"])
    if tags:
        platform.instance.add_dynamic_partitions(partitions_name(name), ["a"])
    run = job.execute_in_process(instance=platform.instance, raise_on_error=False, run_config=config, tags=tags)
    reasons = {
        event.step_failure_data.user_failure_data.description  # type: ignore[union-attr]
        for event in run.all_events
        if event.is_step_failure
    }
    assert len(reasons) == 1, reasons
    return str(reasons.pop())


@pytest.mark.parametrize(("location", "name"), SCHEDULES)
def test_every_schedule_starts_nothing_and_says_why(newer: Platform, location: str, name: str) -> None:
    context = dg.build_schedule_context(instance=newer.instance, resources=resources())
    answer = LOCATIONS[location].resolve_schedule_def(name)(context)
    assert isinstance(answer, dg.SkipReason)
    assert str(answer.skip_message).startswith(MESSAGE)


@pytest.mark.parametrize("name", SENSORS)
def test_every_sensor_does_nothing_and_says_why(newer: Platform, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = list(newer.instance.get_dynamic_partitions(partitions_name("momentum")))
    context = dg.build_sensor_context(instance=newer.instance, resources=resources())
    answer = (SWITCHED_ON.get(name) or platform_defs.resolve_sensor_def(name))(context)
    assert isinstance(answer, dg.SkipReason)
    assert str(answer.skip_message).startswith(MESSAGE)
    assert list(newer.instance.get_dynamic_partitions(partitions_name("momentum"))) == there
