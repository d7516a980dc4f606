"""Market data: what the venue lists becomes a capture, and a capture that is complete becomes ready to be traded."""

from collections.abc import Iterator

import dagster as dg

from prescient_dagster.domain import plausibility
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.domain.markets import Listing
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store import captures
from prescient_dagster.store.captures import CaptureRecord, CaptureStatus
from prescient_dagster.store.database import Database

GROUP = "market_data"
POOL = "market_data"


@dg.multi_asset(
    name="capture",
    specs=[
        dg.AssetSpec(
            "events",
            description="The questions the venue lists, as one immutable capture. Every portfolio trades on captures.",
            group_name=GROUP,
            skippable=True,
            kinds={"parquet"},
        ),
        dg.AssetSpec(
            "markets",
            deps=["events"],
            description="The markets of those events with their quotes, liquidity and fees: one row per binary question.",
            group_name=GROUP,
            skippable=True,
            kinds={"parquet"},
        ),
    ],
    pool=POOL,
)
def capture(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Ask the venue for everything it lists and store it, all or nothing."""
    store = database.open()
    try:
        newest = captures.newest(store)
        with venue.open(store) as opened:
            listing = opened.next_listing(None if newest is None else newest.captured_at)
        record = None if listing is None else captures.save(store, capture_files.folder, listing, context.run.run_id)
    except PrescientError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    if listing is None or record is None:
        context.log.info("the recording is at its end: no capture was made")
        return
    yield dg.MaterializeResult(asset_key="events", metadata=_told(record) | {"events": record.events})
    yield dg.MaterializeResult(asset_key="markets", metadata=_told(record) | _markets_told(record, listing))


def _told(record: CaptureRecord) -> dict[str, object]:
    return {
        "capture_id": record.capture_id,
        "captured_at": dg.MetadataValue.timestamp(record.captured_at),
        "venue": record.venue,
    }


def _markets_told(record: CaptureRecord, listing: Listing) -> dict[str, object]:
    rows = [
        dg.TableRecord({"kind": rejection.kind, "id": rejection.record_id, "reason": rejection.reason})
        for rejection in listing.rejections
    ]
    return {
        "markets": record.markets,
        "tradable_markets": record.tradable_markets,
        "rejected_records": dg.MetadataValue.table(rows) if rows else 0,
    }


@dg.asset(deps=["markets"], group_name=GROUP, pool=POOL, kinds={"postgres"})
def ready(context: dg.AssetExecutionContext, database: DatabaseResource) -> dg.MaterializeResult[None]:
    """The newest capture, let through for trading or refused with the reason. Strategies wait for it."""
    store = database.open()
    try:
        record = captures.of_run(store, context.run.run_id) or captures.newest(store)
        if record is None:
            raise dg.Failure("there is no capture yet: materialize events and markets first", allow_retries=False)
        record = judged(store, record)
    except PrescientError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={"capture_id": record.capture_id, "status": str(record.status), "reason": record.status_reason or ""}
    )


def judged(store: Database, record: CaptureRecord) -> CaptureRecord:
    """The capture, marked ready or refused; one that has been judged stays as it is."""
    if record.status is not CaptureStatus.STORED:
        return record
    before = captures.previous(store, record.captured_at)
    reason = plausibility.refusal(record.markets, record.tradable_markets, None if before is None else before.markets)
    if reason is None:
        return captures.mark_ready(store, record.capture_id)
    return captures.mark_refused(store, record.capture_id, reason)
