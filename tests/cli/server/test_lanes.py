"""While trading fills every place there is, what a person asks for in the UI starts at once."""

import time
from pathlib import Path
from typing import Any

from prescient_dagster.store import migrate
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.database import Database
from tests.builders import D
from tests.processes import books, dev, free_port, wait_for
from tests.strategies import own
from tests.ui.served import Served

LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } } }"""
WAITING = "import time\nfrom pathlib import Path\n\n\ndef waited(view: View) -> object:\n{body}\n"
BODY = '    while not Path("{gate}").exists():\n        time.sleep(0.2)\n    return view.yes_is_favourite'
SLOW = ("slow_one", "slow_three", "slow_two")


def launched(served: Served, job: str, config: dict[str, Any]) -> str:
    """Start a job as its launchpad does; the run's id."""
    selector = {
        "repositoryLocationName": "prescient_dagster",
        "repositoryName": "__repository__",
        "jobName": job,
    }
    params = {"selector": selector, "runConfigData": config}
    answer = served.ask(LAUNCH, params=params)["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    return str(answer["run"]["runId"])


def going(served: Served) -> set[str]:
    return {run["jobName"] for run in served.runs().values() if run["status"] == "STARTED"}


def write_slow(folder: Path, gate: Path) -> None:
    """Strategies that decide once the gate is there."""
    for name in SLOW:
        path = own.write(folder, name, imports=WAITING.format(body=BODY.format(gate=gate)))
        path.write_text(path.read_text().replace("yes=view.yes_is_favourite", "yes=waited(view)"))


def a_portfolio_each(database: Database) -> None:
    migrate.upgrade(database)
    for name in SLOW:
        portfolios.create(database, NewPortfolio(name.replace("_", "-"), name, D(1000)))


def test_settings_change_while_three_trading_runs_are_going(home: Path, tmp_path: Path) -> None:
    port, gate, mine = free_port(), tmp_path / "gate", tmp_path / "mine"
    write_slow(mine, gate)
    with books(home) as database:
        a_portfolio_each(database)
        with dev(home, port, strategies=str(mine), status_cron="0 0 29 2 *", checks_cron="0 0 29 2 *"):
            served = Served(home, f"http://127.0.0.1:{port}", database, {})
            wait_for("three trading runs", lambda: going(served) == set(SLOW))
            queued = launched(served, "replay", {"portfolio": "slow-one"})
            asked = time.monotonic()
            change = {"portfolio": "slow-two", "config": {"trade_amount": 7}}
            changed = launched(served, "change_portfolio_config", change)
            wait_for("the change", lambda: served.runs()[changed]["status"] in ("SUCCESS", "FAILURE"))
            print(f"changed after {time.monotonic() - asked:.1f} s")

            runs = served.runs()
            assert runs[changed]["status"] == "SUCCESS"
            assert portfolios.get(database, "slow-two").strategy_config == {"trade_amount": 7}
            assert (going(served), runs[queued]["status"]) == (set(SLOW), "QUEUED")
            gate.touch()
            wait_for("the end of the queued run", lambda: served.runs()[queued]["status"] not in ("QUEUED", "STARTED"))
