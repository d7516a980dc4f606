"""What a portfolio's page tells of its risk."""

from typing import Any

import dagster as dg

from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.usecases.trade_plans import Result


def at_risk(result: Result, snapshot: Snapshot) -> dict[str, Any]:
    """How much is at risk, and since when and by what the portfolio is halted."""
    track = result.track
    if track is None:
        return {}
    exposure = float(snapshot.total_invested / snapshot.equity) if snapshot.equity > 0 else 0.0
    told: dict[str, Any] = {"exposure": exposure, "drawdown": float(track.drawdown(snapshot.equity))}
    if track.halted_at is not None:
        told["halted_at"] = dg.MetadataValue.timestamp(track.halted_at)
        told["halted_by"] = f"{track.halted_by}; `prescient portfolio resume {result.slug}` ends that"
    return told
