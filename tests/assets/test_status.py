"""The asset that says whether all is well."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster import catalog
from prescient_dagster.definitions import defs
from prescient_dagster.store.books.cycles import note_failure
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites


def taken(platform: Platform) -> tuple[dict[str, Any], Any]:
    """The metadata of the asset, and its check."""
    run = defs.resolve_job_def("status_job").execute_in_process(instance=platform.instance, raise_on_error=False)
    assert run.success
    (told,) = run.asset_materializations_for_node("status")
    (check,) = run.get_asset_check_evaluations()
    return {name: shown(value) for name, value in told.metadata.items()}, check


def shown(value: Any) -> Any:
    """A value, a table as its rows."""
    if isinstance(value, dg.TableMetadataValue):
        return [dict(record.data) for record in value.records]
    return value.value


def test_it_is_healthy_where_all_is_well(platform: Platform) -> None:
    capture = platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")

    told, check = taken(platform)

    assert (told["healthy"], told["problems"], check.passed) == (True, 0, True)
    (data,) = told["market_data"]
    assert (data["capture_id"], data["status"]) == (capture, "ready")
    strategies = {row["strategy"]: row for row in told["strategies"]}
    assert (strategies["momentum"]["status"], strategies["momentum"]["portfolios"]) == ("online", 1)
    assert [row["job"] for row in told["runs"]] == ["status_job"]


def test_what_is_wrong_stands_in_a_table_and_fails_the_check(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")
    note_failure(platform.database, "momentum", "a", "<b>no</b> cash")

    told, check = taken(platform)

    assert told["healthy"] is False
    (problem,) = told["problems"]
    assert problem == {
        "kind": "portfolio_failing",
        "subject": "a",
        "what": "portfolio a fails: <b>no</b> cash",
    }
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.description == "portfolio failing a: see `problems`"


def test_a_strategy_that_does_not_load_is_offline(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.capture(a_listing(*favourites(1)))
    files = {**catalog.strategy_files(), "broken": tmp_path / "broken.py"}
    monkeypatch.setattr(catalog, "strategy_files", lambda: files)

    told, _ = taken(platform)

    assert "strategy broken does not load" in told["offline"]["broken"]
    assert [row["kind"] for row in told["problems"]] == ["strategy_offline"]
