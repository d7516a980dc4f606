"""Market data: what the venue lists becomes a capture, and a capture that is complete becomes ready to be traded."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pandas as pd

from prescient_dagster.assets import checks
from prescient_dagster.assets.checks import ASKED, BALANCED, BOOKS, OF_CAPTURES, asked_check, balance_check, books_check
from prescient_dagster.assets.cycle import OWNERS
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.endings import paid_told, pending_table
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.code_identity import version_of
from prescient_dagster.domain.books.answers import Answer
from prescient_dagster.domain.errors import NotFound, VenueError
from prescient_dagster.domain.market import plausibility
from prescient_dagster.domain.market.markets import EVENTS, MARKETS, Capture, Column, Kind, QuoteSource
from prescient_dagster.domain.market.plausibility import Finding
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, rejections
from prescient_dagster.store.market import resolutions as waiting_markets
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import CaptureRecord, CaptureStatus
from prescient_dagster.usecases import settle, take_capture
from prescient_dagster.usecases.take_capture import Taken
from prescient_dagster.usecases.trade_books import book_counts, missing_books

GROUP = "market_data"
POOL = "market_data"
AssetOf = Callable[[Callable[..., Any]], dg.AssetsDefinition]
TAGS = {"layer": "platform", "runs": "every_capture"}
MOST_ROWS = 100
CAPTURE_CODE = version_of("venue", "domain.market.markets", "domain.cycle.held_quotes", "store.market.capture_files")
TYPES: dict[Kind, str] = {
    "text": "string",
    "number": "double",
    "integer": "bigint",
    "flag": "boolean",
    "time": "timestamp (UTC)",
}
"""What the columns are called in the schema of the assets."""


def market_data_asset(kinds: Collection[str] = ("python", "postgres"), **more: Any) -> AssetOf:
    """An asset that the job `market_data` makes with each capture, for everybody. `more`: as of `dg.asset`."""
    asset: AssetOf = dg.asset(group_name=GROUP, pool=POOL, kinds=set(kinds), owners=OWNERS, tags=TAGS, **more)
    return asset


def _table(name: str, description: str, key: str, columns: Mapping[str, Column], **more: Any) -> dg.AssetSpec:
    """A table of a capture, whose rows are told apart by `key`."""
    unique = dg.TableColumnConstraints(nullable=False, unique=True)
    schema = [
        dg.TableColumn(told, TYPES[column.kind], column.meaning, constraints=unique if told == key else None)
        for told, column in columns.items()
    ]
    return dg.AssetSpec(
        name,
        description=f"{description}\n\nRuns at every tick of `market_data_schedule` and with the job `market_data`: "
        "`events` and `markets` are taken together, all or nothing, and before everything else.",
        group_name=GROUP,
        skippable=True,
        kinds={"python", "parquet"},
        owners=OWNERS,
        tags=TAGS,
        code_version=CAPTURE_CODE,
        metadata={"dagster/column_schema": dg.TableSchema(schema)},
        **more,
    )


@dg.multi_asset(
    name="capture",
    specs=[
        _table(
            "events",
            "The questions the venue lists, as one immutable capture. Every portfolio trades on captures.",
            "event_id",
            EVENTS,
        ),
        _table(
            "markets",
            "The markets of those events with quotes, liquidity and fees: one row per binary question.",
            "market_id",
            MARKETS,
            deps=["events"],
        ),
    ],
    check_specs=[check.spec() for check in (*OF_CAPTURES, BOOKS)],
    pool=POOL,
)
def capture(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Ask the venue for everything it lists and store it, all or nothing."""
    store, folder = database.open(), capture_files.folder
    with explained():
        with venue.open(store) as opened:
            taken = take_capture.take(store, folder, opened, context.run.run_id)
        record = captures.newest(store) if taken is None else taken.record
        if record is None:
            raise NotFound("the recording holds nothing to capture: add recordings to its folder")
        if taken is None:
            context.log.info("the recording is at its end: no capture was made, the newest is checked again")
        else:
            yield from _materialized(taken, folder)
        yield from checks.of_capture(_findings(store, folder, record, None if taken is None else taken.listing.markets))
        books = {} if taken is None else taken.books
        rows = () if taken is None else missing_books(taken.listing.markets, books)
        yield books_check("markets", record.capture_id, book_counts(books), rows)


def _materialized(taken: Taken, folder: CaptureFolder) -> Iterator[dg.MaterializeResult[None]]:
    record, markets = taken.record, taken.listing.markets
    yield dg.MaterializeResult(asset_key="events", metadata=_told(record, folder, "events", record.events))
    counts = {
        "tradable_markets": record.tradable_markets,
        "rejected_records": record.rejected_records,
        "quoted_by_books": int((markets["quote_source"] == QuoteSource.BOOK).sum()),
    }
    told = _told(record, folder, "markets", record.markets) | counts | _untradable(markets)
    yield dg.MaterializeResult(asset_key="markets", metadata=told)


def _told(record: CaptureRecord, folder: CaptureFolder, noun: str, rows: int) -> dict[str, Any]:
    return {
        "capture_id": record.capture_id,
        "captured_at": dg.MetadataValue.timestamp(record.captured_at),
        "venue": record.venue,
        noun: rows,
        "dagster/row_count": rows,
        "file": dg.MetadataValue.path(str(folder / f"{record.path}.{noun}.parquet")),
        "capture_bytes": record.bytes,
    }


def _untradable(markets: pd.DataFrame) -> dict[str, Any]:
    """Why markets are not tradable, and how many of each; recordings of before the reason was kept have none."""
    reasons = markets["untradable"][~markets["tradable"]].replace("", "not noted").value_counts()
    rows = [{"reason": reason, "markets": number} for reason, number in reasons.items()]
    return {"untradable_markets": table(columns(reason="string", markets="int"), rows)}


def _findings(
    database: Database, folder: CaptureFolder, record: CaptureRecord, markets: pd.DataFrame | None = None
) -> list[Finding]:
    """What the rules say of a stored capture; without its markets at hand they are read from its file."""
    if markets is None:
        markets = captures.load(database, folder, record.capture_id).markets
    before = captures.previous(database, record.capture_id)
    left_out = rejections.of_capture(database, record.capture_id) if record.rejected_records else []
    markets_before = None if before is None else before.markets
    wrong_clock = captures.wrong_clock(database, record)
    return plausibility.findings(record.events, markets, left_out, markets_before, wrong_clock)


@market_data_asset(deps=["markets"], code_version=version_of("venue", "usecases.settle"), check_specs=[ASKED.spec()])
def resolutions(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """How markets ended that are held, or were sold, and have closed or left the listing; pending ones and why.

    Runs with the job `market_data`, after each capture, whether that may be traded or not. Where the venue cannot be
    asked, what is held there waits, and nobody else does.
    """
    store = database.open()
    with explained():
        record = capture_of(store, context.run.run_id)
        taken = captures.load(store, capture_files.folder, record.capture_id)
        told, failure = _endings(store, taken, record, venue)
        waiting = waiting_markets.pending(store)
    yield dg.MaterializeResult(
        metadata={
            "capture_id": record.capture_id,
            "asked": len(told),
            "ended": sum(answer.verdict.is_final for answer in told.values()),
            "pending": pending_table(waiting, record.captured_at),
        }
    )
    yield asked_check(failure, len(told))


def _endings(
    store: Database, taken: Capture, record: CaptureRecord, venue: VenueResource
) -> tuple[Mapping[str, Answer], str]:
    """What the venue said of how markets ended, and why it could not be asked."""
    with venue.open(store) as opened:
        try:
            heard = settle.ask(store, taken, record, opened)
        except VenueError as error:
            return {}, str(error)
    return heard.told, _silent(heard.unanswered)


def _silent(unanswered: Mapping[str, str]) -> str:
    """What stands in the check where single markets could not be asked for."""
    return f"of {len(unanswered)} markets: {next(iter(unanswered.values()))}" if unanswered else ""


@market_data_asset(deps=["resolutions"], code_version=version_of("usecases.settle"), check_specs=[BALANCED.spec()])
def settlements(
    context: dg.AssetExecutionContext, database: DatabaseResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What every portfolio was paid for its positions in markets that have ended, paused or not; corrections too.

    Runs with the job `market_data`, once `resolutions` has asked; also on a capture that will be refused.
    """
    store = database.open()
    with explained():
        record = capture_of(store, context.run.run_id)
        paid = list(settle.settle(store, record))
        yield dg.MaterializeResult(metadata={"capture_id": record.capture_id, **paid_told(paid)})
        yield balance_check("settlements", reconcile(store, [settled.slug for settled in paid]))


@market_data_asset(deps=["settlements"], code_version=version_of("domain.market.plausibility"))
def ready(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
) -> dg.MaterializeResult[None]:
    """The newest capture, let through for trading or refused with the reason. Strategies wait for it.

    Runs with the job `market_data`, last, once all settlements are booked.
    """
    store = database.open()
    with explained():
        record = judged(store, capture_files.folder, capture_of(store, context.run.run_id))
    age = datetime.now(UTC) - record.stored_at
    return dg.MaterializeResult(
        metadata={
            "capture_id": record.capture_id,
            "captured_at": dg.MetadataValue.timestamp(record.captured_at),
            "status": str(record.status),
            "reason": record.status_reason or "",
            "age_seconds": round(age.total_seconds(), 1),
        }
    )


def capture_of(store: Database, run_id: str) -> CaptureRecord:
    """The capture this run took; where it took none, the newest there is."""
    record = captures.of_run(store, run_id) or captures.newest(store)
    if record is None:
        raise NotFound("there is no capture yet: materialize events and markets first")
    return record


def judged(database: Database, folder: CaptureFolder, record: CaptureRecord) -> CaptureRecord:
    """The capture, marked ready or refused; one that has been judged stays as it is."""
    if record.status is not CaptureStatus.STORED:
        return record
    reason = plausibility.refusal(_findings(database, folder, record))
    if reason is None:
        return captures.mark_ready(database, record.capture_id)
    return captures.mark_refused(database, record.capture_id, reason)
