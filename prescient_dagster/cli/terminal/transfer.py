"""How far something is that takes long: what is being done and how much of it, on the terminal, after a second."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from prescient_dagster.cli.terminal.output import console

PATIENCE_SECONDS = 1


class Transfer:
    """The bar. It is told what is being done, how much of it is done, and of how much where that is known."""

    def __init__(self, unit: str) -> None:
        watcher = console(sys.stderr)
        amount = DownloadColumn() if unit == "bytes" else TextColumn(f"{{task.completed:,.0f}} {unit}")
        columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
        self._bar = Progress(*columns, console=watcher, transient=True, disable=not watcher.is_terminal)
        self._task = self._bar.add_task("")
        self._begun = time.monotonic()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        self._bar.update(self._task, description=what, completed=done, total=total)
        if time.monotonic() - self._begun > PATIENCE_SECONDS:
            self._bar.start()

    def stop(self) -> None:
        """Clear the bar away."""
        self._bar.stop()


@contextmanager
def bar(total: int, *columns: ProgressColumn) -> Iterator[Callable[..., None]]:
    """A bar for the block, and what moves it on; where nobody watches, nothing."""
    watcher = console(sys.stderr)
    with Progress(*columns, console=watcher, transient=True, disable=not watcher.is_terminal) as drawn:
        yield partial(drawn.update, drawn.add_task("", total=total))


@contextmanager
def shown(unit: str = "bytes") -> Iterator[Transfer]:
    """A bar for the block."""
    transfer = Transfer(unit)
    try:
        yield transfer
    finally:
        transfer.stop()
