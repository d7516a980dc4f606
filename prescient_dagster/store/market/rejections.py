"""The records of a venue that were left out of a capture, and why."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from prescient_dagster.domain.market.markets import Rejection
from prescient_dagster.store.database import Database, storable
from prescient_dagster.store.tables import rejected_records


def add(connection: Connection, capture_id: int, left_out: Sequence[Rejection]) -> None:
    rows = [
        {
            "capture_id": capture_id,
            "number": number,
            "kind": rejection.kind,
            "record_id": storable(rejection.record_id),
            "reason": storable(rejection.reason),
        }
        for number, rejection in enumerate(left_out, start=1)
    ]
    if rows:
        connection.execute(insert(rejected_records), rows)


def of_capture(database: Database, capture_id: int) -> list[Rejection]:
    """The venue's records that were left out of a capture, in the order of the listing."""
    query = select(rejected_records).where(rejected_records.c.capture_id == capture_id)
    with database.begin() as connection:
        rows = connection.execute(query.order_by(rejected_records.c.number)).mappings()
        return [Rejection(row["kind"], row["record_id"], row["reason"]) for row in rows]
