"""Portfolios whose strategy is gone are nobody's partition any more: the platform looks after them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import dagster as dg

from prescient_dagster.assets.market_data import MOST_ROWS, capture_of, market_data_asset
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.code_identity import version_of
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.usecases.trade_plans import Result
from prescient_dagster.usecases.without_strategy import look_after_all

LOOKED_AFTER = columns(portfolio="string", status="string", equity="float", sold="int", told="string")


@market_data_asset(deps=["ready"], code_version=version_of("usecases.without_strategy"))
def portfolios_without_strategy(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
) -> dg.MaterializeResult[None]:
    """Portfolios whose strategy is gone: valued on the capture, and sold at its bids where they are being closed.

    Runs with the job `market_data`, once the capture is ready. They enter nothing; without such portfolios it does
    nothing. One that fails is told by `status`, and goes on at the next capture.
    """
    store = database.open()
    with explained():
        record = capture_of(store, context.run.run_id)
        if record.status is not CaptureStatus.READY:
            return dg.MaterializeResult(metadata={"portfolios": 0, "reason": f"capture {record.capture_id} is no base"})
        open_venue = partial(venue.open, store)
        results = list(look_after_all(store, capture_files.folder, open_venue, record.capture_id))
    for result in results:
        if result.error is not None:
            context.log.warning(f"{result.slug}: {result.error}")
    return dg.MaterializeResult(metadata=_told(record.capture_id, results))


def _told(capture_id: int, results: Sequence[Result]) -> dict[str, Any]:
    rows = [
        {
            "portfolio": each.slug,
            "status": str(each.status),
            "equity": None if each.snapshot is None else float(each.snapshot.equity),
            "sold": len(each.trades),
            "told": each.error or each.why,
        }
        for each in results[:MOST_ROWS]
    ]
    shown = {"looked_after": table(LOOKED_AFTER, rows)} if rows else {}
    return {"capture_id": capture_id, "portfolios": len(results), **shown}
