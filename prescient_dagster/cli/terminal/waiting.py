"""What the terminal shows while a command thinks: what it does, since when, and for how long where that is known.

Nothing is shown in the first second, nor where nobody watches.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from prescient_dagster.cli.terminal.output import terminal

PATIENCE_SECONDS = 1
LOOK_SECONDS = 1


@contextmanager
def waiting(what: str, done: Callable[[], int] | None = None, total: int | None = None) -> Iterator[None]:
    """A line for the block.

    Args:
        done: how much of `total` is done; asked every second in a thread of its own.
    """
    with terminal() as watcher:
        known = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) if total else (TimeElapsedColumn(),)
        bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), *known, console=watcher, transient=True)
        over = threading.Event()
        if not watcher.is_terminal:
            yield
            return
        look = threading.Thread(target=_drawn, args=(bar, bar.add_task(what, total=total), done, over), daemon=True)
        look.start()
        try:
            yield
        finally:
            over.set()
            look.join()
            bar.stop()


def _drawn(bar: Progress, task: TaskID, done: Callable[[], int] | None, over: threading.Event) -> None:
    if over.wait(PATIENCE_SECONDS):
        return
    bar.start()
    while not over.is_set():
        if done is not None:
            bar.update(task, completed=done())
        over.wait(LOOK_SECONDS)
