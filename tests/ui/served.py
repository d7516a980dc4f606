"""A real `prescient dev` on a home of its own, and what it knows: by GraphQL, by its database, by its commands."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from sqlalchemy import select

from prescient_dagster.cli.demo import demo_portfolios
from prescient_dagster.settings import Settings
from prescient_dagster.store import migrate
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.tables import configs, cycles
from prescient_dagster.store.tables import portfolios as portfolios_table
from tests.processes import PATIENCE_SECONDS, PRESCIENT, books, dev, environment, free_port, new_home, wait_for

NEVER = "0 0 29 2 *"
BY_HAND = {name: NEVER for name in Settings.model_fields if name.endswith("_cron")}
"""Settings under which nothing happens by itself, except that the partitions follow the portfolios."""

PARTITIONS = """query($path: [String!]!) { assetNodeOrError(assetKey: {path: $path}) { ... on AssetNode { partitionKeys
  assetPartitionStatuses { ... on DefaultPartitionStatuses { materializedPartitions failedPartitions } } } } }"""
RUNS = "query { runsOrError { ... on Runs { results { runId jobName status runConfigYaml tags { key value } } } } }"
LOCATIONS = """query { workspaceOrError { ... on Workspace { locationEntries { name
  locationOrLoadError { __typename } } } } }"""
BACKFILL = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"


@dataclass(frozen=True)
class Served:
    """What runs, from outside."""

    home: Path
    url: str
    database: Database
    settings: Mapping[str, str]

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data that answers a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            document = json.load(answer)
        assert "errors" not in document, document["errors"]
        data: dict[str, Any] = document["data"]
        return data

    def prescient(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command on this home, run to its end."""
        return subprocess.run(
            [*PRESCIENT, *arguments],
            env=environment(self.home, **self.settings),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    def take_capture(self) -> int:
        """Take a capture now; its number."""
        done = self.prescient("capture", "--json")
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["capture_id"])

    def locations_loaded(self) -> set[str]:
        """The code locations that are loaded; without those that have an error."""
        entries = self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        found = {each["name"]: each["locationOrLoadError"] or {} for each in entries}  # one that still loads has none
        return {name for name, answer in found.items() if answer.get("__typename") == "RepositoryLocation"}

    def partitions(self, strategy: str) -> list[str]:
        """The partitions of a strategy."""
        keys: list[str] = self.ask(PARTITIONS, path=[strategy, "signals"])["assetNodeOrError"]["partitionKeys"]
        return keys

    def partitions_by_status(self, strategy: str, stage: str) -> dict[str, set[str]]:
        """The partitions of an asset that are green, and those that are red."""
        found = self.ask(PARTITIONS, path=[strategy, stage])["assetNodeOrError"]["assetPartitionStatuses"]
        return {"green": set(found["materializedPartitions"]), "red": set(found["failedPartitions"])}

    def runs(self) -> dict[str, dict[str, Any]]:
        """All runs by their id, the newest first."""
        return {run["runId"]: run for run in self.ask(RUNS)["runsOrError"]["results"]}

    def backfill_status(self, backfill_id: str) -> str:
        """How far a backfill is."""
        return str(self.ask(BACKFILL, id=backfill_id)["partitionBackfillOrError"]["status"])

    def configs_used(self, capture_id: int) -> dict[str, dict[str, Any]]:
        """The effective config of each portfolio that acted on a capture, by slug."""
        query = (
            select(portfolios_table.c.slug, configs.c.config)
            .join_from(cycles, portfolios_table)
            .join(configs)
            .where(cycles.c.capture_id == capture_id)
        )
        with self.database.begin() as connection:
            return {row.slug: row.config for row in connection.execute(query)}


@contextmanager
def serving(made: Sequence[NewPortfolio] = (), *, traded: int = 0, **settings: str) -> Iterator[Served]:
    """`prescient dev` with these portfolios, or without any with those of the demo, once a first capture is ready.

    They have `traded` as many captures before it starts. Done while schedules tick, captures overtake each other.
    """
    with new_home() as home, books(home) as database:
        migrate.upgrade(database)
        for new in made:
            portfolios.create(database, new)
        port = free_port()
        served = Served(home, f"http://127.0.0.1:{port}", database, settings)
        if traded:
            _trade(served, traded)
        with dev(home, port, **settings):
            wait_for("a capture", lambda: captures.newest_ready(database) is not None)
            wait_for("the partitions", lambda: _has_partitions(served))
            yield served


def _trade(served: Served, times: int) -> None:
    demo_portfolios(served.database)
    for _ in range(times):
        served.take_capture()
        done = served.prescient("cycle", "--all")
        assert done.returncode == 0, done.stderr


def _has_partitions(served: Served) -> bool:
    there = portfolios.list_all(served.database)
    wanted = {(each.strategy_type, each.slug) for each in there}
    return wanted == {(strategy, key) for strategy, _ in wanted for key in served.partitions(strategy)}
