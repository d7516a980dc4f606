"""`prescient dev` sees what becomes of the strategies' files while it runs."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from prescient_dagster.cli.server.webserver import Webserver
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.books.trades import list_trades
from tests.builders import D
from tests.processes import PRESCIENT, books, dev, environment, free_port, wait_for
from tests.strategies import own

GROUPS = "query { assetNodes { groupName description opVersion } }"
SECONDS = 15
PATIENT = 60
"""The 15 seconds are those of a machine that has nothing else to do."""


def status(home: Path, **settings: str) -> Any:
    command = [*PRESCIENT, "status", "--json"]
    return json.loads(
        subprocess.run(command, env=environment(home, **settings), capture_output=True, text=True, check=False).stdout
    )


def test_a_new_file_is_loaded_trades_and_is_loaded_again_once_it_has_changed(home: Path, tmp_path: Path) -> None:
    port, mine = free_port(), tmp_path / "mine"
    mine.mkdir()
    settings = {"strategies": str(mine), "venue": "simulated"}
    web = Webserver(port)

    def version() -> str | None:
        nodes = web._ask("assetNodes", GROUPS)
        return next((node["opVersion"] for node in nodes if node["groupName"] == "everyman"), None)

    with dev(home, port, **settings), books(home) as database:
        assert version() is None
        began = time.monotonic()
        own.write(mine)
        wait_for("the new strategy", lambda: version() is not None)
        took = time.monotonic() - began
        print(f"seen after {took:.1f} s")
        first = version()
        own.write(mine, favourite=False)
        wait_for("the changed strategy", lambda: version() not in (None, first))

        new = NewPortfolio("mine", "everyman", D(1000), strategy_config={"fill_model": "touch"})
        portfolio = portfolios.create(database, new)
        wait_for("its first trade", lambda: list_trades(database, portfolio.portfolio_id) != [])
        wait_for("a daemon that knows it", lambda: not_loaded(status(home, **settings)) == [])
        (mine / "everyman.py").write_text("def (", encoding="utf-8")
        wait_for("the broken strategy", lambda: version() is None)
    assert took < PATIENT


def not_loaded(document: Any) -> list[str]:
    return [each["subject"] for each in document["problems"] if each["kind"] == "strategy_not_loaded"]
