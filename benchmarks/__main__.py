"""Run all benchmarks, or those named: `python -m benchmarks [capture] [cycle] [strategies] [long_run] [startup]`."""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks import capture, cycle, long_run, startup, strategies

BENCHMARKS = {
    "capture": capture.run,
    "cycle": cycle.run,
    "strategies": strategies.run,
    "long_run": long_run.run,
    "startup": startup.run,
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
