"""How a run over portfolios fails: the others have traded, and each that has not is named with what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import dagster as dg

from prescient_dagster.assets.told.tables import columns, table

FAILED = "failed"
COLUMNS = columns(portfolio="string", reason="string", what_to_do="string")


class FailedResult(Protocol):
    """What is told of a portfolio that failed."""

    @property
    def slug(self) -> str: ...
    @property
    def error(self) -> str | None: ...
    @property
    def remedy(self) -> str: ...


def failure(failed: Sequence[FailedResult], portfolios: int) -> dg.Failure:
    """The run's failure; Dagster must not retry it, since the next capture does."""
    reasons = "; ".join(f"{result.slug}: {result.error}" for result in failed)
    rows = [{"portfolio": result.slug, "reason": result.error or "", "what_to_do": result.remedy} for result in failed]
    return dg.Failure(
        f"{len(failed)} of {portfolios} portfolios failed. {reasons}",
        metadata={FAILED: table(COLUMNS, rows)},
        allow_retries=False,
    )


def reasons_by_portfolio(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The reasons that such a failure's metadata name, by slug; none where it failed as a whole."""
    named = metadata.get(FAILED)
    if not isinstance(named, dg.TableMetadataValue):
        return {}
    return {str(record.data["portfolio"]): str(record.data["reason"]) for record in named.records}
