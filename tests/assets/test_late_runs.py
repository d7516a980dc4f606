"""A run that begins after the next capture fills against the books of its own, where the venue still knows them."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from benchmarks import long_run
from prescient_dagster.store.database import connect
from tests.assets.replays import World, created
from tests.conftest import cloned


def test_on_the_simulated_venue_no_fill_of_a_late_run_is_synthetic(template_url: str, tmp_path: Path) -> None:
    with cloned(template_url) as url:
        database = connect(url)
        world = World(database, tmp_path, created(database, ["plain", "wide"]))
        clock = long_run.Clock(datetime.now(UTC))
        venue = long_run.venue_of(database, clock)
        late = world.take_capture(venue)
        for _ in range(6):
            clock.an_hour_later()
            newest = world.take_capture(venue)
            world.trade(venue, capture_id=late)
            late = newest
        with database.begin() as connection:
            kept = "SELECT synthetic, count(*) FROM prescient.trades WHERE details ->> 'fill_model' = 'book' GROUP BY 1"
            fills = dict(tuple(row) for row in connection.execute(text(kept)))
        assert fills.keys() == {False}
        assert fills[False] > 20
        database.close()
