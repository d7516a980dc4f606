"""The venue a database belongs to. Positions of one venue cannot be valued on another, nor on another simulation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.errors import Conflict
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import world


@dataclass(frozen=True, slots=True)
class World:
    """Which venue, since when, and what a simulation was begun with (seed, events, speed)."""

    venue: str
    started_at: datetime
    parameters: dict[str, Any]


def claim(database: Database, venue: str, parameters: Mapping[str, Any]) -> World:
    """The world of this database; the first claim founds it, at this moment.

    Args:
        parameters: of a simulation: its seed, events and speed, none of which can change later: its state follows from
            them and from the time since it started.

    Raises:
        Conflict: it was founded otherwise.
    """
    founding = insert(world).values(venue=venue, started_at=func.clock_timestamp(), parameters=dict(parameters))
    with database.begin() as connection:
        connection.execute(founding.on_conflict_do_nothing())
        require_venue(connection, venue)
        found = connection.execute(select(world.c.venue, world.c.started_at, world.c.parameters)).one()
    there = World(*found)
    _require_parameters(there, parameters)
    return there


def require_as_founded(database: Database, venue: str, parameters: Mapping[str, Any]) -> None:
    """Raise `Conflict` where a claim would; founds nothing."""
    with database.begin() as connection:
        require_venue(connection, venue)
        found = connection.execute(select(world.c.venue, world.c.started_at, world.c.parameters)).one_or_none()
    if found is not None:
        _require_parameters(World(*found), parameters)


def require_venue(connection: Connection, venue: str) -> None:
    """Raise `Conflict` if the database belongs to another venue."""
    there = connection.scalar(select(world.c.venue))
    if there is not None and there != venue:
        raise Conflict(
            f"this database belongs to the venue {there}, not {venue}: "
            f"set PRESCIENT_VENUE back, or use another PRESCIENT_HOME for {venue}"
        )


def _require_parameters(there: World, parameters: Mapping[str, Any]) -> None:
    for name in sorted(there.parameters.keys() | parameters.keys()):
        kept, asked = there.parameters.get(name), parameters.get(name)
        if kept != asked:
            raise Conflict(
                f"this database's {there.venue} venue was begun with {name} {kept}, not {asked}: "
                f"set PRESCIENT_SIMULATION_{name.upper()}={kept}, or use another PRESCIENT_HOME"
            )
