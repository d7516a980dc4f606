"""What a command costs before it does anything: CPU of its process against one that only imports Dagster."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from benchmarks.cycle import instance
from benchmarks.measure import Figure, migrated, scratch_home
from prescient_dagster.store.books import portfolios

PRESCIENT = str(Path(sys.executable).with_name("prescient"))
IMPORT_DAGSTER = [sys.executable, "-c", "import dagster"]
COMMANDS = {"--help": 0.7, "portfolio list": 0.7, "status": 1.5}
ROUNDS = 5


def cpu_seconds(command: Sequence[str], home: Path) -> float:
    """Of the best of some rounds; what the command answers, and whether it is content, does not matter."""
    return min(_once(command, {**os.environ, "PRESCIENT_HOME": str(home)}) for _ in range(ROUNDS))


def _once(command: Sequence[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        database = migrated(home)
        portfolios.create(database, portfolios.NewPortfolio("one", "momentum", Decimal(10_000)))
        with instance(home, database.url):
            pass  # its tables are there: what follows is asked of a home that has been used
        database.close()
        os.environ.pop("PRESCIENT_DATABASE_URL")
        dagster = cpu_seconds(IMPORT_DAGSTER, home)
        for command, limit in COMMANDS.items():
            share = cpu_seconds([PRESCIENT, *command.split()], home) / dagster
            yield Figure(f"`prescient {command}` / `import dagster`, CPU", share, limit)
