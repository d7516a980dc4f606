"""What the pages of the platform's assets say: what each is, when it runs, whose it is, and what its columns mean."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from prescient_dagster.code_identity import version_of
from prescient_dagster.definitions import defs
from prescient_dagster.domain.market.markets import EVENT_COLUMNS, MARKET_COLUMNS
from prescient_dagster.settings import Settings
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

ROOT = Path(__file__).parents[2]
SPECS = {
    spec.key.to_user_string(): spec
    for spec in defs.resolve_all_asset_specs()
    if not spec.metadata.get("dagster/auto_created_stub_asset")
}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_asset_says_what_it_is_and_when_it_runs(name: str) -> None:
    spec = SPECS[name]

    assert spec.description
    assert "\n\nRuns " in spec.description
    assert all([spec.group_name, spec.owners, spec.tags, spec.kinds, spec.code_version])


@pytest.mark.parametrize(("name", "columns"), [("events", EVENT_COLUMNS), ("markets", MARKET_COLUMNS)])
def test_every_column_of_a_capture_is_explained(name: str, columns: dict[str, str]) -> None:
    schema = SPECS[name].metadata["dagster/column_schema"]

    assert isinstance(schema, dg.TableSchema)
    assert [column.name for column in schema.columns] == list(columns)
    assert all(column.description and column.type for column in schema.columns)


@pytest.mark.parametrize("name", ["events", "markets"])
def test_market_data_is_stale_when_the_setting_says_so(name: str) -> None:
    policy = SPECS[name].freshness_policy

    assert policy is not None
    assert policy.fail_window.to_timedelta().total_seconds() == Settings().stale_minutes * 60  # type: ignore[attr-defined]


@pytest.mark.in_a_folder
def test_a_capture_tells_its_rows_and_its_file_and_why_markets_are_not_tradable(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = ["closed", "no_tokens", "closed"]
    listing = a_listing(*favourites(3), *[{"tradable": False, "untradable": reason} for reason in reasons])
    name = tmp_path / f"{listing.captured_at:%Y-%m-%dT%H-%M-%SZ}"
    listing.events.to_parquet(name.with_name(f"{name.name}.events.parquet"), index=False)
    listing.markets.to_parquet(name.with_name(f"{name.name}.markets.parquet"), index=False)
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{tmp_path}")

    result = defs.resolve_job_def("market_data").execute_in_process(instance=platform.instance)

    told = {event.asset_key: event.materialization.metadata for event in result.get_asset_materialization_events()}  # type: ignore[union-attr]
    markets = told[dg.AssetKey("markets")]
    assert markets["dagster/row_count"].value == 6
    assert Path(str(markets["file"].value)).is_file()
    counted = markets["untradable_markets"]
    assert isinstance(counted, dg.TableMetadataValue)
    assert [dict(row.data) for row in counted.records] == [
        {"reason": "closed", "markets": 2},
        {"reason": "no_tokens", "markets": 1},
    ]
    assert told[dg.AssetKey("ready")]["age_seconds"].value is not None


def test_a_code_version_follows_from_the_files_alone() -> None:
    assert version_of("domain.market.markets") == version_of("domain.market.markets")
    assert version_of("domain.market.markets") != version_of("domain.market.plausibility")


def test_loading_the_definitions_says_nothing(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "from prescient_dagster.definitions import defs; defs.resolve_all_job_defs()"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PRESCIENT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (loaded.returncode, loaded.stderr) == (0, "")
