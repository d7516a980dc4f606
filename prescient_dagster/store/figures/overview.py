"""What the overview of all portfolios is made from: their histories, what they hold, and the curves of young ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from prescient_dagster.domain.figures.overview import Owned, is_young
from prescient_dagster.domain.watch.lateness import warnings
from prescient_dagster.store.books import equity_tracks, snapshots
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.performance import Histories, histories
from prescient_dagster.store.lateness import lateness
from prescient_dagster.store.tables import portfolios, world


@dataclass(frozen=True, slots=True)
class Everything:
    """All portfolios at one moment: their histories, and in the same order what else is told of each.

    Attributes:
        venue: empty where no capture has been taken yet.
        warnings: what a reader has to know of it.
    """

    histories: Histories
    owned: Sequence[Owned]
    venue: str
    warnings: Sequence[str]


def load_everything(database: Database) -> Everything:
    """Everything of all portfolios, oldest first."""
    with database.view() as connection:
        found = histories(connection)
        owned = _owned(connection, found)
        venue = connection.scalar(select(world.c.venue)) or ""
        return Everything(found, owned, venue, list(warnings(lateness(connection))))


def _owned(connection: Connection, found: Histories) -> list[Owned]:
    columns = (portfolios.c.slug, portfolios.c.name, equity_tracks.STATUS)
    rows = {row.slug: row for row in connection.execute(select(*columns))}
    young = snapshots.curves(connection, [each.slug for each in found.portfolios if is_young(each)])
    return [
        Owned(row.name, row.status, held, young.get(row.slug, []))
        for row, held in zip((rows[each.slug] for each in found.portfolios), found.held, strict=True)
    ]
