"""What prices were, kept for longer than the captures they are taken from."""

import dagster as dg

from prescient_dagster.assets.market_data import market_data_asset
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.code_identity import version_of
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.store.market import price_marks as marks


@market_data_asset(deps=["ready"], kinds={"python", "parquet"}, code_version=version_of("store.market.price_marks"))
def price_marks(database: DatabaseResource, capture_files: CaptureFiles) -> dg.MaterializeResult[None]:
    """Of every UTC hour the last capture's prices, for strategies that look back; a file for each day that is over.

    Runs with the job `market_data`, after everything that trading waits for.
    """
    with explained():
        written = marks.write_due(database.open(), capture_files.folder)
    days = [dg.MarkdownMetadataValue(f"{file.day}: {file.marks:,} prices") for file in written[-1:]]
    counts = {"days_written": len(written), "dagster/row_count": sum(file.marks for file in written)}
    return dg.MaterializeResult(metadata={**counts, **({"newest_day": days[0]} if days else {})})
