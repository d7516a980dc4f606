"""Who carries out tasks: this process, some processes of this machine, or a cluster. What comes of them is the same.

A task is a function of plain values that returns plain values. Where a worker dies, what it had is done again.
"""

import importlib.util
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

from prescient_dagster.domain.errors import Conflict, InvalidInput

MOST_LOSSES = 3
"""So often workers are replaced that died; then it is the work that kills them."""
MOST_PROCESSES = 256
DASK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Hands:
    """Somebody who does tasks.

    Attributes:
        size: how many tasks at a time.
        where: what a result says of them.
        lost: the errors that tell that workers were lost, and nothing of the task.
        here: they are this process, which can be told of progress.
    """

    executor: Executor
    size: int
    where: str
    lost: tuple[type[BaseException], ...] = (BrokenExecutor,)
    here: bool = False


Begin = Callable[[], AbstractContextManager[Hands]]


class Crew:
    """Hands for as long as a block lasts, which are replaced where they are lost."""

    hands: Hands

    def __init__(self, begin: Begin) -> None:
        self._begin, self._stack, self.losses = begin, ExitStack(), 0

    def __enter__(self) -> Self:
        self.hands = self._stack.enter_context(self._begin())
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.__exit__(*raised)

    @property
    def where(self) -> str:
        """Where the tasks were done, and what was lost by it."""
        healed = f"; workers were lost and replaced, {self.losses} times" if self.losses else ""
        return self.hands.where + healed

    def carry_out(self, work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """The number of each task and what came of it, as they are done.

        Raises:
            Conflict: its workers die again and again.
            Exception: whatever `work` raises.
        """
        left = dict(enumerate(tasks))
        while left:
            futures = self._handed_in(work, left)
            for future in as_completed(futures):
                try:
                    answer = future.result()
                except self.hands.lost:
                    continue
                del left[futures[future]]
                yield futures[future], answer
            if left:
                self._replace()

    def _handed_in(self, work: Callable[[Any], Any], tasks: dict[int, Any]) -> "dict[Future[Any], int]":
        futures: dict[Future[Any], int] = {}
        for number, task in tasks.items():
            try:
                futures[self.hands.executor.submit(work, task)] = number
            except self.hands.lost:
                break
        return futures

    def _replace(self) -> None:
        self.losses += 1
        if self.losses > MOST_LOSSES:
            raise Conflict(f"workers died {self.losses} times: is there too little memory for them? Try fewer")
        self._stack.close()
        self.hands = self._stack.enter_context(self._begin())


class _AtOnce(Executor):
    """Does each task as it is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def this_process() -> Iterator[Hands]:
    """This process, one task after the other."""
    yield Hands(_AtOnce(), 1, "in one process", here=True)


@contextmanager
def processes(number: int) -> Iterator[Hands]:
    """So many processes of this machine. They end with the block, however it ends, and with who started them."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(number, context, initializer=_end_with, initargs=(here,))
    try:
        yield Hands(pool, number, f"on {number} processes of this machine")
    finally:
        there.close()
        pool.shutdown(cancel_futures=True)
        here.close()


def _end_with(lifeline: Connection) -> None:
    """End this worker as soon as whoever started it lets go of the line, or is gone."""

    def watch() -> None:
        lifeline.poll(None)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def dask(address: str) -> Iterator[Hands]:
    """The workers of a Dask scheduler, each with what its own environment names. It replaces those that die by itself.

    Raises:
        InvalidInput: Dask is not installed, no scheduler answers, or it has no workers.
    """
    if importlib.util.find_spec("distributed") is None:
        raise InvalidInput("--dask needs distributed: pip install 'prescient[dask]'")
    from distributed import Client, KilledWorker

    try:
        client = Client(address, timeout=DASK_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"no Dask scheduler answers at {address}: is one started there?") from error
    with client:
        threads = client.nthreads()
        if not threads:
            raise InvalidInput(f"the Dask scheduler at {address} has no workers: start some")
        where = f"on {len(threads)} workers of the Dask scheduler at {address}"
        lost = (BrokenExecutor, CancelledError, KilledWorker)
        with client.get_executor(pure=False, retries=0) as executor:
            yield Hands(executor, sum(threads.values()), where, lost)


def crew(workers: int | None = None, dask_address: str | None = None) -> Crew:
    """Who is asked for; nobody: this process.

    Raises:
        InvalidInput: both are, or no sensible number.
    """
    if workers is not None and dask_address is not None:
        raise InvalidInput("say who does the work: --workers N or --dask ADDRESS")
    if dask_address is not None:
        return Crew(lambda: dask(dask_address))
    if workers is not None and not 1 <= workers <= MOST_PROCESSES:
        raise InvalidInput(f"--workers takes 1 to {MOST_PROCESSES}, got {workers}")
    return Crew(this_process) if workers in (None, 1) else Crew(lambda: processes(workers or 1))
