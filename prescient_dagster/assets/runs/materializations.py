"""Materializations of many partitions, told to Dagster in batches: a statement for a hundred of them instead of each.

What is waiting is lost with its process, the books are not: a cycle that is repeated tells it again. So nothing waits
for long, and pages fill while a run goes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from uuid import uuid4

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventBatchMetadata

AT_ONCE = 100  # partitions
LONGEST_WAIT = 0.5  # seconds


class Materializations:
    """Collects the materializations of a step; those of one partition are told together."""

    def __init__(self, context: dg.AssetExecutionContext, clock: Callable[[], float] = monotonic) -> None:
        self._step, self._clock = context.get_step_execution_context(), clock
        self._op = context.op_execution_context
        self._waiting: list[Sequence[dg.AssetMaterialization]] = []
        self._told_at = clock()

    def add(self, materializations: Sequence[dg.AssetMaterialization]) -> None:
        """Tell these of a partition soon, at the latest when the next one is added after half a second."""
        self._waiting.append(materializations)
        if len(self._waiting) >= AT_ONCE or self._clock() - self._told_at >= LONGEST_WAIT:
            self.tell()

    def tell(self) -> None:
        """Tell all that wait, a batch for each asset: the stock event log updates one asset for a batch."""
        by_asset: dict[dg.AssetKey, list[dg.AssetMaterialization]] = {}
        for materialization in (each for partition in self._waiting for each in partition):
            by_asset.setdefault(materialization.asset_key, []).append(materialization)
        self._waiting.clear()
        for batch in by_asset.values():
            batch_id = str(uuid4())
            for number, materialization in enumerate(batch, start=1):
                of_batch = DagsterEventBatchMetadata(batch_id, is_end=number == len(batch))
                told = DagsterEvent.asset_materialization(self._step, materialization, of_batch)
                self._op._events.append(told)  # as `log_event` does, for who runs the job in this process
        self._told_at = self._clock()


@contextmanager
def in_batches(context: dg.AssetExecutionContext) -> Iterator[Materializations]:
    """The step's materializations; whatever ends the step, what was added is told."""
    materializations = Materializations(context)
    try:
        yield materializations
    finally:
        materializations.tell()
