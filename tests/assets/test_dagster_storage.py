"""Dagster's storages with kept connections and batches tell the same as the stock ones, and cost less."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from sqlalchemy import Engine, event, text

from prescient_dagster.assets.cycle import asset_key, partitions
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import connect
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites
from tests.conftest import cloned
from tests.pages import ROOT

STOCK = "storage: {postgres: {postgres_url: {env: PRESCIENT_DATABASE_URL}}}\n"
OURS = (ROOT / "dagster.yaml").read_text(encoding="utf-8")
SLUGS = [f"p{number}" for number in range(8)]
KEYS = [asset_key("momentum", stage) for stage in Stage]

Opened = Callable[[str], Any]


@pytest.fixture
def dagster_home(tmp_path: Path) -> Callable[[str], dg.DagsterInstance]:
    """Opens Dagster's instance by a `dagster.yaml`."""

    def opened(configuration: str) -> dg.DagsterInstance:
        (tmp_path / "dagster.yaml").write_text(configuration, encoding="utf-8")
        return dg.DagsterInstance.from_config(str(tmp_path))

    return opened


@pytest.fixture
def on(
    template_url: str,
    tmp_path: Path,
    dagster_home: Callable[[str], dg.DagsterInstance],
    monkeypatch: pytest.MonkeyPatch,
) -> Opened:
    """A platform on a database of its own, under a configuration of Dagster's."""
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{tmp_path}")
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "5")

    @contextmanager
    def opened(configuration: str) -> Iterator[Platform]:
        with cloned(template_url) as url:
            captures = tmp_path / url.rsplit("/", 1)[1].split("?")[0]
            monkeypatch.setenv("PRESCIENT_DATABASE_URL", url)
            monkeypatch.setenv("PRESCIENT_CAPTURES", str(captures))
            database = connect(url)
            with dagster_home(configuration) as instance:
                yield Platform(database, captures, instance)
            database.close()

    return opened


def lived(platform: Platform) -> None:
    """Runs of every kind: green, one portfolio failed, a dry run, canceled, killed, only what had failed."""
    for slug in SLUGS:
        platform.portfolio(slug)
    platform.capture(a_listing(*favourites(3)))
    assert platform.run(SLUGS).success
    platform.capture(a_listing(*favourites(3, best_ask=0.8), hours=1))
    _config(platform, "p3", '{"min_confidense": 0.8}')
    assert not platform.run(SLUGS).success
    _config(platform, "p3", "{}")
    assert platform.run(["p3"]).success
    platform.capture(a_listing(*favourites(4), hours=2))
    assert platform.run(SLUGS[:2], stages=[Stage.SIGNALS]).success
    instance = platform.instance
    instance.report_run_canceled(_created(platform, SLUGS[4:6]))
    killed = _created(platform, SLUGS[6:])
    instance.report_engine_event("started", killed)
    instance.report_run_failed(killed)


def _config(platform: Platform, slug: str, config: str) -> None:
    change = text("UPDATE prescient.portfolios SET strategy_config = CAST(:config AS jsonb) WHERE slug = :slug")
    with platform.database.begin() as connection:
        connection.execute(change, {"slug": slug, "config": config})


def _created(platform: Platform, slugs: list[str]) -> dg.DagsterRun:
    job = defs.resolve_job_def("momentum")
    return platform.instance.create_run_for_job(job, tags=range_tags(slugs))


def told(instance: dg.DagsterInstance) -> dict[str, Any]:
    """What the pages of the UI ask the storage for, without what is different in every run."""
    runs = [record.dagster_run for record in reversed(instance.get_run_records())]
    number = {run.run_id: place for place, run in enumerate(runs)}
    return {
        "runs": [(run.job_name, run.status, {k: v for k, v in run.tags.items() if "range" in k}) for run in runs],
        "events": [_events(instance, run.run_id) for run in runs],
        "statuses": {key.to_user_string(): _statuses(instance, key) for key in KEYS},
        "order": {key.to_user_string(): _in_order(instance, key) for key in KEYS},
        "assets": [_asset(record, number) for record in instance.get_asset_records(KEYS)],
        "checks": _checks(instance, number),
    }


def _events(instance: dg.DagsterInstance, run_id: str) -> Counter[tuple[str, str, str | None]]:
    events = [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]
    return Counter((event.event_type_value, str(event.asset_key), event.partition) for event in events)


def _statuses(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, str]:
    with partition_loading_context(dynamic_partitions_store=instance):
        found = instance.get_status_by_partition(key, SLUGS, partitions("momentum"))
    return {slug: str(status) for slug, status in (found or {}).items()}


def _in_order(instance: dg.DagsterInstance, key: dg.AssetKey) -> list[str]:
    """The partitions by their newest materialization."""
    storage = instance.event_log_storage
    newest = storage.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
    return sorted(newest, key=lambda slug: newest[slug])


def _asset(record: Any, number: dict[str, int]) -> tuple[Any, ...]:
    entry = record.asset_entry
    newest = entry.last_materialization
    return (
        entry.asset_key,
        number[entry.last_run_id],
        newest and (number[newest.run_id], newest.dagster_event.partition),
    )


def _checks(instance: dg.DagsterInstance, number: dict[str, int]) -> list[tuple[Any, ...]]:
    specs = defs.resolve_asset_graph().asset_check_keys
    keys = [key for key in specs if key.asset_key in KEYS]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return sorted((str(key), number[record.run_id], str(record.status)) for key, record in found.items())


def test_every_answer_is_that_of_the_stock_storages(on: Opened) -> None:
    answers = {}
    for name, configuration in {"stock": STOCK, "ours": OURS}.items():
        with on(configuration) as platform:
            lived(platform)
            answers[name] = told(platform.instance)

    assert answers["ours"] == answers["stock"]
    red = {slug for slug, status in answers["ours"]["statuses"]["momentum/trades"].items() if "FAILED" in status}
    assert red == {"p6", "p7"}  # of the run that was killed


@pytest.mark.parametrize(("first", "then"), [(STOCK, OURS), (OURS, STOCK)], ids=["to ours", "back to stock"])
def test_a_database_goes_from_one_to_the_other(
    on: Opened, dagster_home: Callable[[str], dg.DagsterInstance], first: str, then: str
) -> None:
    with on(first) as platform:
        lived(platform)
        before = told(platform.instance)

        with dagster_home(then) as instance:
            assert told(instance) == before
            assert Platform(platform.database, platform.captures_folder, instance).run(SLUGS).success
            after = told(instance)

        with dagster_home(first) as instance:
            assert told(instance) == after


def test_a_run_opens_a_handful_of_connections(on: Opened) -> None:
    opened = text("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
    sessions = {}
    for name, configuration in {"stock": STOCK, "ours": OURS}.items():
        with on(configuration) as platform:
            for slug in SLUGS:
                platform.portfolio(slug)
            platform.capture(a_listing(*favourites(3)))
            with platform.database.begin() as connection:
                before = connection.execute(opened).scalar_one()
            assert platform.run(SLUGS).success
            with platform.database.begin() as connection:
                sessions[name] = connection.execute(opened).scalar_one() - before

    assert sessions["ours"] <= 10 < sessions["stock"] / 5


def test_connections_that_died_with_their_server_are_replaced(on: Opened) -> None:
    end_others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with on(OURS) as platform:
        platform.portfolio("p0")
        platform.capture(a_listing(*favourites(3)))
        assert platform.run(["p0"], stages=[Stage.SIGNALS]).success
        with platform.database.begin() as connection:
            assert connection.execute(end_others).rowcount > 0

        assert platform.run(["p0"]).success


def test_a_run_is_created_in_as_many_statements_for_forty_portfolios_as_for_four(on: Opened) -> None:
    made = {}
    with on(OURS) as platform:
        platform.instance.add_dynamic_partitions(
            "momentum_portfolios", slugs := [f"p{number:02}" for number in range(40)]
        )
        for number in (4, 40):
            with counted() as statements, pytest.MonkeyPatch.context() as patch:
                patch.setenv("DAGSTER_EVENT_BATCH_SIZE", "500")
                _created(platform, slugs[:number])
            made[number] = len(statements)

    assert made[40] <= made[4]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that SQLAlchemy carries out in the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
