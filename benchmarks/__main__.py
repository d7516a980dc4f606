"""Run all benchmarks, or those named: `python -m benchmarks [NAME…]`, each the name of a file beside this one."""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks import (
    backfill,
    capture,
    commands,
    crawl,
    cycle,
    home,
    interval,
    killed,
    long_run,
    pages,
    peers,
    replay,
    report,
    startup,
    strategies,
    sweep,
    tick,
)

BENCHMARKS = {
    "capture": capture.run,
    "crawl": crawl.run,
    "cycle": cycle.run,
    "home": home.run,
    "strategies": strategies.run,
    "long_run": long_run.run,
    "replay": replay.run,
    "sweep": sweep.run,
    "report": report.run,
    "startup": startup.run,
    "commands": commands.run,
    "backfill": backfill.run,
    "pages": pages.run,
    "peers": peers.run,
    "tick": tick.run,
    "interval": interval.run,
    "killed": killed.run,
}


def main(names: list[str]) -> None:
    table = Table("benchmark", "figure", "measured", "at most", "")
    for name in names or BENCHMARKS:
        for figure in BENCHMARKS[name]():
            held = figure.value <= figure.limit
            table.add_row(
                name, figure.name, figure.told(figure.value), figure.told(figure.limit), "" if held else "over"
            )
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
