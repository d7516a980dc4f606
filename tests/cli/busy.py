"""A home in which all goes on: captures are taken, every portfolio trades them, and what is old is removed at once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import environment, wait_for

PORTFOLIOS = {"keeps": "momentum", "turns": "mean_reversion", "sets": "arbitrage"}
TRADE = """
import sys
from prescient_dagster.cli.main import run
for slug, strategy in {portfolios}.items():
    assert run(["portfolio", "create", slug, "--strategy", strategy, "--balance", "10000"]) == 0
print("begun", file=sys.stderr, flush=True)
while True:
    assert run(["capture"]) == 0
    assert run(["cycle", "--all"]) == 0
"""
REMOVE = """
import sys, time
from datetime import UTC, datetime, timedelta
from prescient_dagster.cli.server import home
from prescient_dagster.store.retention import prune
settings = home.read_settings()
database = home.open_database(settings)
print("begun", file=sys.stderr, flush=True)
while True:
    prune(database, settings.captures_folder, timedelta(0), datetime.now(UTC))
    time.sleep(0.01)
"""


@contextmanager
def busy(home: Path) -> Iterator[None]:
    """All goes on inside the block, in processes of its own."""
    with going(home, "trade", TRADE.format(portfolios=PORTFOLIOS)), going(home, "remove", REMOVE):
        yield


@contextmanager
def going(home: Path, name: str, script: str) -> Iterator[None]:
    """A script that has begun, and goes on inside the block."""
    log = home / f"{name}.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment(home, simulation_events="6", simulation_speed="20000"),
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=stream,
        )
        try:
            wait_for(f"the beginning of {name}", lambda: process.poll() is not None or "begun" in log.read_text())
            yield
            assert process.poll() is None, log.read_text()
        finally:
            process.kill()
            process.wait()
