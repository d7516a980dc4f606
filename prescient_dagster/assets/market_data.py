"""Market data: what the venue lists becomes a capture, and a capture that is complete becomes ready to be traded."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from prescient_dagster.assets import settling
from prescient_dagster.assets.checks import BALANCE, balance_check
from prescient_dagster.assets.failures import explained
from prescient_dagster.assets.settling import Settled
from prescient_dagster.domain import plausibility
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.markets import Listing
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store import captures
from prescient_dagster.store import resolutions as waiting_markets
from prescient_dagster.store.captures import CaptureRecord, CaptureStatus
from prescient_dagster.store.database import Database
from prescient_dagster.store.reconciliation import reconcile
from prescient_dagster.store.resolutions import Pending

GROUP = "market_data"
POOL = "market_data"
MOST_ROWS = 100


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
            description="The markets of those events with quotes, liquidity and fees: one row per binary question.",
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
    with explained():
        newest = captures.newest(store)
        with venue.open(store) as opened:
            listing = opened.next_listing(None if newest is None else newest.captured_at)
        record = None if listing is None else captures.save(store, capture_files.folder, listing, context.run.run_id)
    if listing is None or record is None:
        context.log.info("the recording is at its end: no capture was made")
        return
    yield dg.MaterializeResult(asset_key="events", metadata=_told(record) | {"events": record.events})
    yield dg.MaterializeResult(asset_key="markets", metadata=_told(record) | _markets_told(record, listing))


def _told(record: CaptureRecord) -> dict[str, Any]:
    return {
        "capture_id": record.capture_id,
        "captured_at": dg.MetadataValue.timestamp(record.captured_at),
        "venue": record.venue,
    }


def _markets_told(record: CaptureRecord, listing: Listing) -> dict[str, Any]:
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
def resolutions(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
) -> dg.MaterializeResult[None]:
    """How markets ended that are held, or were sold, and have closed or left the listing; pending ones and why."""
    store = database.open()
    with explained():
        record = _capture_of(store, context.run.run_id)
        taken = captures.load(store, capture_files.folder, record.capture_id)
        with venue.open(store) as opened:
            told = settling.ask(store, taken, record, opened)
        waiting = waiting_markets.pending(store)
    return dg.MaterializeResult(
        metadata={
            "capture_id": record.capture_id,
            "asked": len(told),
            "ended": sum(verdict.is_final for verdict in told.values()),
            "pending": _pending_table(waiting, record.captured_at),
        }
    )


def _pending_table(waiting: Sequence[Pending], captured_at: datetime) -> dg.MetadataValue[Any]:
    rows = [
        dg.TableRecord(
            {
                "market_id": market.market_id,
                "question": market.market_question,
                "reason": market.reason,
                "days": round((captured_at - market.since) / timedelta(days=1), 2),
            }
        )
        for market in waiting
    ]
    return dg.MetadataValue.table(rows) if rows else dg.MetadataValue.int(0)


@dg.asset(
    deps=["resolutions"],
    group_name=GROUP,
    pool=POOL,
    kinds={"postgres"},
    check_specs=[dg.AssetCheckSpec("books_balance", asset="settlements", description=BALANCE)],
)
def settlements(
    context: dg.AssetExecutionContext, database: DatabaseResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What every portfolio was paid for its positions in markets that have ended, paused or not; corrections too."""
    store = database.open()
    with explained():
        record = _capture_of(store, context.run.run_id)
        paid = list(settling.settle(store, record))
        yield dg.MaterializeResult(metadata={"capture_id": record.capture_id, **_paid_told(paid)})
        yield balance_check("settlements", reconcile(store, [settled.slug for settled in paid]))


def _paid_told(paid: Sequence[Settled]) -> dict[str, Any]:
    rows = [
        dg.TableRecord(
            {
                "portfolio": settled.slug,
                "market_id": entry.market_id,
                "side": str(entry.side),
                "kind": str(entry.kind),
                "shares": float(entry.shares),
                "cash_delta": float(entry.cash_delta),
                "profit": float(entry.cash_delta + entry.cost_delta),
            }
        )
        for settled in paid
        for entry in settled.entries
    ]
    table = {"entries": dg.MetadataValue.table(rows[:MOST_ROWS])} if rows else {}
    return {"portfolios": len(paid), "settled": len(rows), **table}


@dg.asset(deps=["settlements"], group_name=GROUP, pool=POOL, kinds={"postgres"})
def ready(context: dg.AssetExecutionContext, database: DatabaseResource) -> dg.MaterializeResult[None]:
    """The newest capture, let through for trading or refused with the reason. Strategies wait for it."""
    store = database.open()
    with explained():
        record = judged(store, _capture_of(store, context.run.run_id))
    return dg.MaterializeResult(
        metadata={"capture_id": record.capture_id, "status": str(record.status), "reason": record.status_reason or ""}
    )


def _capture_of(store: Database, run_id: str) -> CaptureRecord:
    """The capture this run took; where it took none, the newest there is."""
    record = captures.of_run(store, run_id) or captures.newest(store)
    if record is None:
        raise NotFound("there is no capture yet: materialize events and markets first")
    return record


def judged(store: Database, record: CaptureRecord) -> CaptureRecord:
    """The capture, marked ready or refused; one that has been judged stays as it is."""
    if record.status is not CaptureStatus.STORED:
        return record
    before = captures.previous(store, record.captured_at)
    reason = plausibility.refusal(record.markets, record.tradable_markets, None if before is None else before.markets)
    if reason is None:
        return captures.mark_ready(store, record.capture_id)
    return captures.mark_refused(store, record.capture_id, reason)
