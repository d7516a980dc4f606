"""A database belongs to one venue, and to one simulation, for good."""

from datetime import UTC, datetime, timedelta

import pytest

from prescient_dagster.domain.errors import Conflict
from prescient_dagster.store import world
from prescient_dagster.store.database import Database

SIMULATION = {"seed": 7, "events": 60, "speed": 60.0}


def test_the_first_claim_founds_the_world_and_later_ones_read_it(database: Database) -> None:
    first = world.claim(database, "simulated", SIMULATION)
    assert (first.venue, first.parameters) == ("simulated", SIMULATION)
    assert abs(datetime.now(UTC) - first.started_at) < timedelta(minutes=1)
    assert world.claim(database, "simulated", SIMULATION) == first


def test_another_venue_is_told_to_use_another_home(database: Database) -> None:
    world.claim(database, "simulated", SIMULATION)
    with pytest.raises(Conflict, match=r"belongs to the venue simulated, not polymarket.*another PRESCIENT_HOME"):
        world.claim(database, "polymarket", {})


@pytest.mark.parametrize(("name", "asked"), [("seed", 8), ("events", 61), ("speed", 1.0)])
def test_another_simulation_is_told_what_this_one_has(database: Database, name: str, asked: float) -> None:
    world.claim(database, "simulated", SIMULATION)
    with pytest.raises(Conflict, match=f"begun with {name} {SIMULATION[name]}, not {asked}"):
        world.claim(database, "simulated", {**SIMULATION, name: asked})
