"""`dagster dev` started by hand, as the docs tell: both code locations load, and the schedules trade."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.snapshots import list_snapshots
from prescient_dagster.store.market import captures
from tests.pages import ROOT
from tests.processes import books, environment, free_port, interrupted, names_of_home, wait_for
from tests.ui.served import Served

TYPED = """
eval "$(prescient env)"
prescient portfolio create by-hand --strategy momentum --balance 10000
dagster job launch -w workspace.yaml -l prescient_dagster -j market_data
exec dagster dev -w workspace.yaml -p {port}
"""


def _answers(port: int) -> bool:
    """Whether Dagster's own web server can be opened: by hand it has no guard of ours."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/server_info").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def by_hand(home: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """What somebody types who does without `prescient dev`; the web server answers inside the block."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    log = home / "by-hand.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            # A shell may have started the tests with SIGINT ignored, which children inherit.
            ["env", "--default-signal=INT", "bash", "-ec", TYPED.format(port=port)],
            env=environment(home) | {"PATH": path},
            cwd=ROOT,
            stdout=stream,
            stderr=stream,
            text=True,
            start_new_session=True,
        )
    with interrupted(process, home, os.killpg):  # a terminal sends Ctrl-C to all of them
        wait_for("the web server", lambda: process.poll() is not None or _answers(port))
        assert process.poll() is None, log.read_text()
        yield process


def succeeded(served: Served) -> set[str]:
    """The schedules of which a run has ended well."""
    runs = [run for run in served.runs().values() if run["status"] == "SUCCESS"]
    return {tag["value"] for run in runs for tag in run["tags"] if tag["key"] == "dagster/schedule_name"}


def test_dagster_dev_started_by_hand_trades_by_its_schedules(home: Path) -> None:
    port = free_port()
    with by_hand(home, port) as process, books(home) as database:
        served = Served(home, f"http://127.0.0.1:{port}", database, {})
        wait_for("both code locations", lambda: served.locations_loaded() == {"prescient_dagster", "strategy_assets"})
        wait_for("the capture asked for", lambda: captures.newest_ready(database) is not None)
        wait_for("the schedules", lambda: succeeded(served) >= {"market_data_schedule", "momentum_schedule"})
        there = portfolios.list_all(database)
        assert [portfolio.slug for portfolio in there] == ["by-hand"]
        assert list_snapshots(database, there[0].portfolio_id) != []
    assert process.returncode == 0
    wait_for("the end of all but the database", lambda: names_of_home(home) == {"postgres"})
