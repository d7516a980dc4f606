"""Dagster's run queue, with a lane beside it for what a person waits for.

At most so many runs go at a time, and a change of settings would wait behind trading. A run that carries the tag
`prescient/lane` with this value is started when it is asked for, whatever is queued or going. It still counts among the
runs that go, so that trading waits for it, if at all, for its few seconds.
"""

from dagster import DagsterRun, DagsterRunStatus, QueuedRunCoordinator
from dagster._core.run_coordinator import SubmitRunContext

from prescient_dagster.assets.runs.run_tags import AT_ONCE, LANE_TAG


class LanesRunCoordinator(QueuedRunCoordinator):
    """Queues runs, but for those that are to start at once."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        run = context.dagster_run
        if run.tags.get(LANE_TAG) != AT_ONCE or run.status is not DagsterRunStatus.NOT_STARTED:
            return super().submit_run(context)
        self._instance.launch_run(run.run_id, context.workspace)
        launched = self._instance.get_run_by_id(run.run_id)
        assert launched is not None  # as it was there when it was submitted
        return launched
