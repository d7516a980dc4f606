"""Results of checks that have been told, and telling one beside a run that has ended."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent  # not exported
from dagster._core.storage.asset_check_execution_record import (  # not exported
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from prescient_dagster.assets.checks import BALANCED, BOOKS, CAPTURE, DIFFERENCES, MISSING
from prescient_dagster.domain.strategy.side_labels import LABEL

TOLD = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def newest_told(
    instance: dg.DagsterInstance, check: dg.AssetCheckKey, limit: int
) -> Sequence[AssetCheckExecutionRecord]:
    """The newest results of a check, the newest first."""
    return instance.event_log_storage.get_asset_check_execution_history(check, limit=limit, status=TOLD)


def left_unbalanced(instance: dg.DagsterInstance, asset: dg.AssetKey) -> dict[str, Sequence[str]]:
    """What was found last in the books, by portfolio: it stands until somebody has looked at the same ones again."""
    for record in newest_told(instance, BALANCED.key(asset), limit=1):
        found = record.evaluation.metadata.get(DIFFERENCES) if record.evaluation else None
        if isinstance(found, dg.JsonMetadataValue) and isinstance(found.value, dict):
            return dict(found.value)
    return {}


def left_missing(instance: dg.DagsterInstance, asset: dg.AssetKey, capture_id: int) -> list[Mapping[str, Any]]:
    """The order books that another run on this capture, or on a newer one, could not have: they are told again."""
    for record in newest_told(instance, BOOKS.key(asset), limit=1):
        metadata = record.evaluation.metadata if record.evaluation else {}
        told_of, rows = metadata.get(CAPTURE), metadata.get(MISSING)
        if isinstance(told_of, dg.IntMetadataValue) and (told_of.value or 0) >= capture_id:
            records = rows.records if isinstance(rows, dg.TableMetadataValue) else []
            return [{**record.data, LABEL: None} for record in records]  # its side has been told with its label
    return []


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
