"""A code server per strategy: one that is killed stops its own strategy alone, and trades on by itself afterwards."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from prescient_dagster.cli.server.webserver import Webserver
from prescient_dagster.settings import Settings
from prescient_dagster.store import tables
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.books.reconciliation import reconcile
from tests.builders import D
from tests.deploy.topology import NEVER, Topology, deployed
from tests.processes import wait_for

STAYS, KILLED = "momentum", "mean_reversion"
NEEDED = {"market_data_cron", "strategy_cron"}
QUIET = {name: NEVER for name in Settings.model_fields if name.endswith("_cron") and name not in NEEDED}

LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryLocationName: "prescient_dagster",
  repositoryName: "__repository__", jobName: "market_data"}}) { __typename } }"""


@contextmanager
def locked(there: Topology, slug: str) -> Iterator[None]:
    """Nobody else can trade for the portfolio inside the block."""
    with there.database.begin() as connection:
        connection.execute(select(tables.portfolios).where(tables.portfolios.c.slug == slug).with_for_update())
        yield


@pytest.mark.skipif("CI" not in os.environ, reason="takes minutes: CI=1 runs it")
def test_a_code_server_that_is_killed_stops_its_strategy_alone_until_it_is_back(tmp_path: Path) -> None:
    with deployed(tmp_path, [STAYS, KILLED], **QUIET) as there:
        for strategy in (STAYS, KILLED):
            portfolios.create(there.database, NewPortfolio(slug(strategy), strategy, D(10_000)))
        Webserver(there.ports["webserver"]).launch("prescient_dagster", "market_data")
        with locked(there, slug(KILLED)):
            wait_for("a run in the middle", lambda: there.statuses(KILLED) == ["STARTED"])
            there.crash(KILLED)
        killed_at = time.time()

        wait_for("the other strategy to trade", lambda: STAYS in there.last_traded())
        wait_for("the error to show", lambda: there.locations().get(KILLED) == "PythonError")
        assert there.locations() == {
            "prescient_dagster": "RepositoryLocation",
            STAYS: "RepositoryLocation",
            KILLED: "PythonError",
        }
        wait_for("a tick", lambda: there.last_tick(STAYS, f"{STAYS}_schedule") > killed_at)
        assert KILLED not in there.last_traded()
        assert {limit["concurrencyKey"] for limit in there.pools()} >= {"market_data", STAYS}
        assert {limit["slotCount"] for limit in there.pools()} == {1}

        there.start(KILLED)
        wait_for("its location to be back", lambda: there.locations().get(KILLED) == "RepositoryLocation")
        wait_for("the end of its run", lambda: there.statuses(KILLED)[-1] == "FAILURE")
        wait_for("it to trade a later capture by itself", lambda: there.last_traded().get(KILLED, 0) > 1)
        assert set(there.locations().values()) == {"RepositoryLocation"}
        assert not any(reconcile(there.database).values())

        wait_for("the viewer's web server", lambda: there.answers("viewer"))
        assert {limit["concurrencyKey"] for limit in there.pools("viewer")} >= {STAYS}
        refused = there.ask(LAUNCH, "viewer")["launchRun"]["__typename"]
        assert refused == "UnauthorizedError"
        assert there.written() == {"dagster.yaml", "workspace.yaml"}


def slug(strategy: str) -> str:
    return strategy.replace("_", "-")
