"""Old runs go with all they left, but what the UI shows of assets and portfolios stays; on a real instance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from sqlalchemy import text

from prescient_dagster.assets.cycle import asset_key, partitions
from prescient_dagster.assets.runs.old_runs import DeletedRuns, delete_old_runs
from prescient_dagster.definitions import defs as platform_defs
from prescient_dagster.store import check_log
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites
from tests.pages import ROOT

SIGNALS, TRADES = asset_key("momentum", Stage.SIGNALS), asset_key("momentum", Stage.TRADES)


@pytest.fixture
def instance(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Kept in PostgreSQL, as it is configured for real."""
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", database.url)
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@pytest.fixture
def traded(platform: Platform) -> Platform:
    """Two portfolios, a and b, and a capture to trade on."""
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("a")
    platform.portfolio("b")
    return platform


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def next_capture(platform: Platform, hours: float) -> None:
    platform.capture(a_listing(*favourites(2), hours=hours))


def runs_left(platform: Platform) -> set[str]:
    return {run.run_id for run in platform.instance.get_runs()}


def colours(platform: Platform, key: dg.AssetKey = TRADES) -> dict[str, str]:
    keys = platform.instance.get_dynamic_partitions("momentum_portfolios")
    with partition_loading_context(dynamic_partitions_store=platform.instance):
        statuses = platform.instance.get_status_by_partition(key, keys, partitions("momentum")) or {}
    return {slug: status.value if status else "NONE" for slug, status in statuses.items()}


def newest_of(platform: Platform, slug: str) -> str | None:
    """The run of a partition's newest materialization."""
    of_partition = dg.AssetRecordsFilter(TRADES, asset_partitions=[slug])
    found = platform.instance.fetch_materializations(of_partition, limit=1).records
    return found[0].run_id if found else None


def test_runs_go_that_newer_ones_have_replaced(traded: Platform) -> None:
    first = traded.run(["a", "b"]).run_id
    next_capture(traded, 1)
    second = traded.run(["a", "b"]).run_id

    assert delete_old_runs(traded.instance, tomorrow()) == DeletedRuns(1, 1, 0)

    assert runs_left(traded) == {second}
    assert traded.instance.all_logs(first) == []
    assert colours(traded) == {"a": "MATERIALIZED", "b": "MATERIALIZED"}
    assert newest_of(traded, "a") == second


def test_the_last_run_of_a_portfolio_stays_so_that_it_keeps_its_colour_and_figures(traded: Platform) -> None:
    of_both = traded.run(["a", "b"]).run_id
    for hours in (1, 2):
        next_capture(traded, hours)
        newest = traded.run(["a"]).run_id

    assert delete_old_runs(traded.instance, tomorrow()) == DeletedRuns(1, 2, 0)

    assert runs_left(traded) == {of_both, newest}
    assert colours(traded) == {"a": "MATERIALIZED", "b": "MATERIALIZED"}
    assert newest_of(traded, "b") == of_both


def test_a_portfolio_that_failed_stays_red(traded: Platform) -> None:
    traded.run(["a", "b"])
    next_capture(traded, 1)
    failed = traded.run(["a", "b"], config={"portfolios": {"b": {"trade_amount": -1}}})
    assert not failed.success
    next_capture(traded, 2)
    traded.run(["a"])
    before = colours(traded)
    assert before == {"a": "MATERIALIZED", "b": "FAILED"}

    delete_old_runs(traded.instance, tomorrow())

    assert colours(traded) == colours(traded, SIGNALS) == before
    assert failed.run_id in runs_left(traded)


def test_runs_that_ended_later_or_have_not_ended_stay(traded: Platform) -> None:
    job = platform_defs.resolve_job_def("performance_job")
    started = dg.DagsterRunStatus.STARTED
    going = {traded.instance.create_run_for_job(job, status=started).run_id for _ in range(2)}
    first = traded.run(["a", "b"]).run_id
    next_capture(traded, 1)
    second = traded.run(["a", "b"]).run_id

    assert delete_old_runs(traded.instance, datetime.now(UTC) - timedelta(minutes=5)) == DeletedRuns(0, 0, 0)
    delete_old_runs(traded.instance, tomorrow())

    assert first not in runs_left(traded)
    assert runs_left(traded) == {*going, second}


def test_the_results_of_checks_go_with_their_runs_but_for_the_newest(traded: Platform) -> None:
    for hours in (1, 2, 3):
        next_capture(traded, hours)
        newest = traded.run(["a", "b"]).run_id
    delete_old_runs(traded.instance, tomorrow())
    with traded.database.begin() as connection:
        left = connection.execute(text("SELECT check_name, run_id FROM asset_check_executions")).all()
    assert left
    assert {run_id for _name, run_id in left} == {newest}
    assert len({name for name, _run_id in left}) == len(left)

    with traded.database.begin() as connection:
        check_log.forget(connection, [newest])
        assert connection.execute(text("SELECT check_name, run_id FROM asset_check_executions")).all() == left


def test_the_logs_of_a_run_go_with_it_and_nothing_else_does(traded: Platform) -> None:
    run_id = traded.run(["a", "b"]).run_id
    next_capture(traded, 1)
    traded.run(["a", "b"])
    storage = Path(traded.instance.storage_directory())
    (storage / run_id).mkdir(parents=True, exist_ok=True)
    (storage / run_id / "step.err").write_text("a line")
    (storage / "kept").mkdir()

    delete_old_runs(traded.instance, tomorrow())

    assert not (storage / run_id).exists()
    assert (storage / "kept").is_dir()


def test_a_pass_deletes_only_so_many_the_oldest_first(platform: Platform) -> None:
    job = platform_defs.resolve_job_def("performance_job")
    canceled = dg.DagsterRunStatus.CANCELED
    runs = [platform.instance.create_run_for_job(job, status=canceled).run_id for _ in range(5)]
    before = tomorrow()

    kept = delete_old_runs(platform.instance, before, most=2, dry_run=True).kept
    assert delete_old_runs(platform.instance, before, most=2, dry_run=True) == DeletedRuns(2, kept, 3 - kept)
    assert runs_left(platform) == set(runs)
    assert delete_old_runs(platform.instance, before, most=2) == DeletedRuns(2, kept, 3 - kept)
    assert runs_left(platform) == set(runs[2:])


def test_ticks_of_every_kind_are_kept_for_seven_days(instance: dg.DagsterInstance) -> None:
    from dagster._core.definitions.run_request import InstigatorType

    for kind in (InstigatorType.SCHEDULE, InstigatorType.SENSOR):
        days = {status.value: age for status, age in instance.get_tick_retention_settings(kind).items()}
        assert days == {"STARTED": 7, "SKIPPED": 7, "SUCCESS": 7, "FAILURE": 7}


def test_the_job_removes_what_is_old_and_tells_how_much(traded: Platform) -> None:
    traded.run(["a", "b"])
    next_capture(traded, 1)
    with traded.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET stored_at = now() - interval '15 days'"))
        connection.execute(text("UPDATE runs SET update_timestamp = update_timestamp - interval '8 days'"))
    old = a_listing(*favourites(2), hours=-1)
    untraded = captures.save(traded.database, traded.captures_folder, old).capture_id
    with traded.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET stored_at = now() - interval '15 days'"))

    told = {}
    for dry_run in (True, False):
        done = platform_defs.resolve_job_def("retention").execute_in_process(
            instance=traded.instance, run_config={"dry_run": dry_run}
        )
        (output,) = (event for event in done.all_events if event.is_successful_output)
        told[dry_run] = {name: value.value for name, value in output.step_output_data.metadata.items()}

    assert told[False] == {**told[True], "dry_run": "False"} or told[False] == {**told[True], "dry_run": False}
    assert (told[False]["captures"], told[False]["captures_kept"], told[False]["files"]) == (1, 1, 2)
    assert captures.find(traded.database, untraded).pruned_at is not None
