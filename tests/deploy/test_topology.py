"""A code server per strategy: one that is stopped stops its own strategy alone, and trades on by itself afterwards."""

import os
import time
from pathlib import Path

import pytest

from prescient_dagster.cli.webserver import Webserver
from prescient_dagster.settings import Settings
from prescient_dagster.store import portfolios
from prescient_dagster.store.portfolios import NewPortfolio
from tests.builders import D
from tests.deploy.topology import NEVER, deployed
from tests.processes import wait_for

STAYS, STOPPED = "momentum", "mean_reversion"
NEEDED = {"market_data_cron", "strategy_cron"}
QUIET = {name: NEVER for name in Settings.model_fields if name.endswith("_cron") and name not in NEEDED}


@pytest.mark.skipif("CI" not in os.environ, reason="takes minutes: CI=1 runs it")
def test_a_stopped_code_server_stops_its_strategy_alone_until_it_is_back(tmp_path: Path) -> None:
    with deployed(tmp_path, [STAYS, STOPPED], **QUIET) as there:
        there.stop(STOPPED)
        stopped_at = time.time()
        for strategy in (STAYS, STOPPED):
            portfolios.create(there.database, NewPortfolio(strategy.replace("_", "-"), strategy, D(10_000)))
        Webserver(there.ports["webserver"]).launch("prescient_dagster", "market_data")

        wait_for("the other strategy to trade", lambda: STAYS in there.last_traded())
        wait_for("the error to show", lambda: there.locations().get(STOPPED) == "PythonError")
        assert there.locations() == {
            "prescient_dagster": "RepositoryLocation",
            STAYS: "RepositoryLocation",
            STOPPED: "PythonError",
        }
        assert there.last_tick(STAYS, f"{STAYS}_schedule") > stopped_at
        assert STOPPED not in there.last_traded()
        assert {limit["concurrencyKey"] for limit in there.pools()} >= {"market_data", STAYS}
        assert {limit["slotCount"] for limit in there.pools()} == {1}

        there.start(STOPPED)
        wait_for("its location to be back", lambda: there.locations().get(STOPPED) == "RepositoryLocation")
        wait_for("it to trade by itself", lambda: STOPPED in there.last_traded())
        assert set(there.locations().values()) == {"RepositoryLocation"}
