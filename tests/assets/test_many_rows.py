"""What a run writes of many portfolios goes to the database many rows a statement, never row by row."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from prescient_dagster.store.books.cycles import Stage
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

SLUGS = ["one", "two", "three"]


def test_neither_cycles_nor_dry_runs_send_rows_one_by_one(platform: Platform) -> None:
    for slug in SLUGS:
        platform.portfolio(slug)
    with row_by_row() as found:
        for hours in range(2):
            platform.capture(a_listing(*favourites(4), hours=hours))
            platform.run(SLUGS)
        platform.capture(a_listing(*favourites(5), hours=3))
        platform.run(SLUGS, stages=[Stage.SIGNALS])
        platform.run(SLUGS, stages=[Stage.TRADES])
    assert platform.rows("trades", "one")
    assert found == []


@contextmanager
def row_by_row() -> Iterator[list[str]]:
    """The statements that the driver repeats for every row."""
    found: list[str] = []

    def note(_cursor: Any, statement: str, parameters: Any, _context: Any) -> None:
        if len(parameters) > 1 and "prescient." in statement:
            found.append(" ".join(statement.split()))

    event.listen(Engine, "do_executemany", note)
    try:
        yield found
    finally:
        event.remove(Engine, "do_executemany", note)
