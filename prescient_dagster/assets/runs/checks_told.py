"""What the checks of a strategy say: joined with what they said before, and told beside runs that have ended.

The newest result of a check is all that its page shows. So whoever tells one takes over what was told before of the
same capture, and of the books of others; one after the other, so that nobody misses what another is just telling.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import dagster as dg
from dagster._core.events import DagsterEvent  # not exported
from dagster._core.storage.asset_check_execution_record import (  # not exported
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from prescient_dagster.assets.checks import (
    BALANCED,
    DIFFERENCES,
    MOST_ROWS,
    NONE_FAILED,
    balance_check,
    books_check,
    failing_check,
)
from prescient_dagster.store.check_log import checks_locked
from prescient_dagster.store.database import Database

TOLD = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}
KNOWN = "known_of_the_capture"


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a capture and of the portfolios that traded it.

    Attributes:
        balances: the differences in the books of those that were looked at; of most, none.
        unseen: the shards that have not come to their end, and why.
        books: how many order books were needed, by what became of them.
        missing: those that could not be had, as many as a check shows.
    """

    capture_id: int = 0
    balances: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)
    books: Mapping[str, int] = field(default_factory=dict)
    missing: Sequence[Mapping[str, Any]] = ()

    def with_told(self, told: Self) -> Self:
        """This, and what was told last: of this capture or a newer one all, of an older one whose books are wrong."""
        balances = {**told.balances, **self.balances}
        if told.capture_id < self.capture_id:
            return replace(self, balances=balances)
        known = {row["token_id"] for row in self.missing}
        more = [row for row in told.missing if row["token_id"] not in known]
        return replace(
            self,
            capture_id=told.capture_id,
            balances=balances,
            unseen={**told.unseen, **self.unseen},
            books=dict(Counter(self.books) + Counter(row["reason"] for row in more)),
            missing=[*self.missing, *more][:MOST_ROWS],
        )

    def results(self, asset: dg.AssetKey, failing: Mapping[str, str]) -> Iterator[dg.AssetCheckResult]:
        """The three checks. The last carries what the next one has to know, so that it is there once all are told."""
        yield balance_check(asset, self.balances, self.unseen)
        yield books_check(asset, self.capture_id, self.books, self.missing)
        carried = {"capture_id": self.capture_id, "unseen": self.unseen, "missing": self.missing}
        result = failing_check(asset, failing, self.unseen)
        yield result.with_metadata({**result.metadata, KNOWN: dg.MetadataValue.json(carried)})


@contextmanager
def told_before(instance: dg.DagsterInstance, database: Database, asset: dg.AssetKey) -> Iterator[Findings]:
    """What was told last; nobody else tells of the asset until the end of the block."""
    with checks_locked(database, asset.path[0]):
        carried = _told(instance, NONE_FAILED.key(asset), KNOWN)
        yield Findings(balances=_told(instance, BALANCED.key(asset), DIFFERENCES), **carried)


def newest_told(
    instance: dg.DagsterInstance, check: dg.AssetCheckKey, limit: int
) -> Sequence[AssetCheckExecutionRecord]:
    """The newest results of a check, the newest first."""
    return instance.event_log_storage.get_asset_check_execution_history(check, limit=limit, status=TOLD)


def _told(instance: dg.DagsterInstance, check: dg.AssetCheckKey, name: str) -> dict[str, Any]:
    """What the newest result of a check has under a name; nothing where it has none, or there is no result."""
    for record in newest_told(instance, check, limit=1):
        found = record.evaluation.metadata.get(name) if record.evaluation else None
        if isinstance(found, dg.JsonMetadataValue) and isinstance(found.value, dict):
            return dict(found.value)
    return {}


def tell(instance: dg.DagsterInstance, run: dg.DagsterRun, result: dg.AssetCheckResult) -> None:
    """Tell a result in the log of a run that has ended: it is the newest of its check, and goes when the run does."""
    assert result.asset_key is not None
    assert result.check_name is not None
    evaluation = dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
    )
    event = DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
        job_name=run.job_name,
        event_specific_data=evaluation,
        message=f"{result.check_name}, of all shards: {result.description}",
    )
    instance.report_dagster_event(event, run.run_id)
