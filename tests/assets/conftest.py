"""A Dagster instance, a database and a captures folder of their own for each test, with real runs on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from sqlalchemy import text

from prescient_dagster.assets.cycle import asset_key, op_name, partitions, partitions_name
from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage, effective_configs
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_folders import CaptureFolder
from strategy_assets.definitions import defs
from tests.assets.replays import CAPTURES, World, a_world

TABLES = ("portfolios", "positions", "cycles", "signals", "trades", "snapshots")
# What may differ between two runs that did the same.
NOT_BOOKS = (
    "started_at",
    "run_id",
    "created_at",
    "last_error_at",
    "cycle_id",
    "signal_id",
    "trade_id",
    "source_ref",
    "version",
)


@dataclass(frozen=True)
class Ran:
    """What a run left in Dagster."""

    success: bool
    run_id: str
    failure: str
    materialized: dict[str, dict[str, dict[str, Any]]]
    """By asset (signals, trades, snapshots), then portfolio: the metadata."""


@dataclass(frozen=True)
class Platform:
    """The platform as a test uses it."""

    database: Database
    captures_folder: CaptureFolder
    instance: dg.DagsterInstance

    def capture(self, listing: Listing) -> int:
        """Store a listing and make it ready."""
        record = captures.save(self.database, self.captures_folder, listing)
        return captures.mark_ready(self.database, record.capture_id).capture_id

    def portfolio(self, slug: str, strategy: str = "momentum", balance: float = 1_000, **config: Any) -> None:
        """Create a portfolio with its partition; it fills at the touch unless told otherwise."""
        config = {"fill_model": "touch", **config}
        new = portfolios.NewPortfolio(slug, strategy, Decimal(str(balance)), strategy_config=config)
        portfolios.create(self.database, new)
        self.instance.add_dynamic_partitions(partitions_name(strategy), [slug])

    def run(
        self,
        slugs: Sequence[str],
        strategy: str = "momentum",
        *,
        stages: Sequence[Stage] = tuple(Stage),
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Ran:
        """One run over `slugs`, which stand side by side among the partitions."""
        result = defs.resolve_job_def(strategy).execute_in_process(
            instance=self.instance,
            raise_on_error=False,
            tags={**range_tags(slugs), **(tags or {})},
            run_config={"ops": {op_name(strategy): {"config": dict(config or {})}}},
            asset_selection=[asset_key(strategy, stage) for stage in stages],
        )
        return ran_of(self.instance, result)

    def failed_partitions(self, stage: Stage, strategy: str = "momentum") -> set[str]:
        """The partitions that Dagster shows red."""
        keys = self.instance.get_dynamic_partitions(partitions_name(strategy))
        with partition_loading_context(dynamic_partitions_store=self.instance):
            statuses = self.instance.get_status_by_partition(asset_key(strategy, stage), keys, partitions(strategy))
        assert statuses is not None
        return {key for key, status in statuses.items() if status is not None and status.value == "FAILED"}

    def books(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that two histories with the same books have in common."""
        with self.database.begin() as connection:
            return {
                table: [
                    {name: value for name, value in row.items() if name not in NOT_BOOKS}
                    for row in connection.execute(text(f"SELECT * FROM prescient.{table} ORDER BY 1, 2, 3")).mappings()
                ]
                for table in TABLES
            }

    def rows(self, table: str, slug: str) -> list[dict[str, Any]]:
        """A portfolio's rows of a table, in their order."""
        query = text(
            f"SELECT t.* FROM prescient.{table} t JOIN prescient.portfolios p USING (portfolio_id)"
            " WHERE p.slug = :slug ORDER BY 1, 2, 3"
        )
        with self.database.begin() as connection:
            return [dict(row) for row in connection.execute(query, {"slug": slug}).mappings()]

    def config(self, slug: str) -> dict[str, Any]:
        """The effective config of a portfolio's first cycle."""
        with self.database.begin() as connection:
            (config,) = effective_configs(connection, [self.rows("cycles", slug)[0]["config_sha256"]]).values()
        return config


def ran_of(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult | dg.JobExecutionResult) -> Ran:
    """What is in the instance of a run that has ended."""
    materialized: dict[str, dict[str, dict[str, Any]]] = {stage.value: {} for stage in Stage}
    failure = ""
    for entry in instance.all_logs(result.run_id):
        event = entry.dagster_event
        if event is not None and event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            metadata = {
                name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()
            }
            materialized[event.asset_key.path[-1]][event.partition] = metadata  # type: ignore[index]
        if event is not None and event.is_step_failure:
            failure = event.step_failure_data.error_display_string
    return Ran(result.success, result.run_id, failure, materialized)


@pytest.fixture
def stored_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Kept in files: a schedule gets its instance by reference, and runs start in code servers."""
    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def platform(
    database: Database,
    captures_folder: CaptureFolder,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Platform:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", database.url)
    monkeypatch.setenv("PRESCIENT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PRESCIENT_CAPTURES", str(captures_folder))
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{tmp_path / 'captures'}")
    return Platform(database, captures_folder, instance)


@pytest.fixture(scope="session")
def lived_world(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Every strategy under three configs through a day of the simulated venue; who changes it takes a copy."""
    with a_world(template_url, tmp_path_factory.mktemp("lived"), CAPTURES) as world:
        yield world
