"""What forecasters say, read before each capture, so that a file dropped into the folder is traded at the next one."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from prescient_dagster.assets.checks import Check
from prescient_dagster.assets.jobs import asset_job
from prescient_dagster.assets.market_data import market_data_asset
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.schedules import Answer, one_at_a_time, schedule
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.code_identity import version_of
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.settings import load_settings
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import forecast_outcomes
from prescient_dagster.store.market import forecasts as kept
from prescient_dagster.usecases import read_forecasts, score_forecasts

NAME, JOB, SCHEDULE = "forecasts", "read_forecasts", "forecasts_schedule"
MARKET_DATA = "market_data"
NOWHERE = "PRESCIENT_FORECASTS names nothing, and the home has no folder forecasts"
READABLE = Check(
    "forecasts_readable",
    NAME,
    "a file or address of forecasts cannot be read, or some of its rows cannot be used",
    "WARN",
    "look at the rows that are shown and correct the file; all other rows count",
)
BEFORE_OTHERS = {"dagster/priority": "10"}
"""No step waits for it, so that it can stop none; but it comes first."""


@market_data_asset(
    name=NAME,
    op_tags=BEFORE_OTHERS,
    code_version=version_of("venue.forecast_files", "domain.market.forecasts"),
    output_required=False,
    check_specs=[READABLE.spec()],
)
def forecasts(
    context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What forecasters say of markets, from `PRESCIENT_FORECASTS`; the strategy forecasts trades it.

    Runs at the beginning of the job `market_data` where that is a folder, with `forecasts_schedule` where it is an
    address. How markets ended that were spoken of, the venue is asked with every capture, held or not; how good the
    forecasts were, `prescient forecasts` tells.
    """
    store, place = database.open(), load_settings().forecasts_place
    with explained():
        store.require_newest()
    asked = bool(place) and not (read_forecasts.is_address(place) and context.run.job_name == MARKET_DATA)
    read: list[kept.FileRead] = []
    faults = []  # market data must not wait for them, nor one of the two for the other
    try:
        read = read_forecasts.read(store, place) if asked else []
    except PrescientError as error:
        faults.append(str(error))
    try:
        with venue.open(store) as opened:
            score_forecasts.follow_up(store, capture_files.folder, opened)
    except PrescientError as error:
        faults.append(str(error))
    if faults or not asked:
        context.log.info("; ".join(faults) or ("nothing to read" if place else NOWHERE))
        yield READABLE.result("; ".join(faults), well="nothing was to be read")
        return
    yield dg.MaterializeResult(metadata=_told(read, forecast_outcomes.counts(store)))
    yield _judged(kept.files(store))


def _told(read: Sequence[kept.FileRead], sources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rows = [{**each, "newest": str(each["newest"])} for each in sources]
    schema = columns(source="string", read="int", waiting="int", without_market="int", newest="string")
    return {
        "files_read": len(read),
        "new": sum(each.new for each in read),
        "refused_rows": sum(each.refusals for each in read),
        "sources": table(schema, rows),
    }


def _judged(files: Sequence[dict[str, Any]]) -> dg.AssetCheckResult:
    """Whether every file could be read as it is now."""
    faulty = [each for each in files if each["error"] or each["refused"]]
    rows = [{"file": each["file"], "row": 0, "why": each["error"]} for each in faulty if each["error"]]
    rows += [{"file": each["file"], "row": row, "why": why} for each in faulty for row, why in each["examples"]]
    refused = sum(each["refused"] for each in faulty)
    wrong = f"{refused} rows cannot be used, {sum(bool(each['error']) for each in faulty)} files cannot be read"
    shown = {"rows": table(columns(file="string", row="int", why="string"), rows), "refused_rows": refused}
    return READABLE.result(wrong if faulty else "", well="all rows can be used", metadata=shown if faulty else {})


def forecasts_job() -> Any:
    """The job that reads forecasts and nothing else."""
    return asset_job(JOB, dg.AssetSelection.assets(NAME), "Reads what forecasters say, from a folder or an address.")


def forecasts_schedule(cron: str, place: str) -> dg.ScheduleDefinition:
    """The address of forecasts at every tick."""

    def decide(_context: dg.ScheduleEvaluationContext, _database: Database) -> Answer:
        if read_forecasts.is_address(place):
            return dg.RunRequest()
        return dg.SkipReason("a folder is read with each capture" if place else NOWHERE)

    return schedule(
        SCHEDULE, JOB, cron, "Reads what forecasters say, where that is an address.", one_at_a_time(JOB, decide)
    )
