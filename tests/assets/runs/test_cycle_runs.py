"""What a command tells of a run: of each portfolio what became of it, without reading the run again for each."""

from collections.abc import Sequence

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.runs.cycle_runs import results_of
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

SLUGS = [f"p{number}" for number in range(9)]


class Read:
    """A run that has ended, and how often its events were read."""

    def __init__(self, platform: Platform, run_id: str) -> None:
        self.run_id, self.passes = run_id, 0
        logs = platform.instance.all_logs(run_id)
        self._events = [entry.dagster_event for entry in logs if entry.dagster_event is not None]

    @property
    def all_events(self) -> Sequence[dg.DagsterEvent]:
        self.passes += 1
        return self._events


def ran(platform: Platform, broken: bool) -> Read:
    for slug in SLUGS:
        platform.portfolio(slug)
    if broken:
        change = "UPDATE prescient.portfolios SET strategy_config = '{\"no_such\": 1}' WHERE slug IN ('p3', 'p4')"
        with platform.database.begin() as connection:
            connection.execute(text(change))
    platform.capture(a_listing(*favourites(2)))
    return Read(platform, platform.run(SLUGS).run_id)


@pytest.mark.parametrize("broken", [False, True])
def test_a_run_over_many_portfolios_is_read_as_often_as_one_over_few(platform: Platform, broken: bool) -> None:
    run = ran(platform, broken)
    passes = []
    for asked in (SLUGS[:2], [*SLUGS, "nobody", "no-one"]):
        before = run.passes
        results_of(run, "momentum", asked)
        passes.append(run.passes - before)
    assert passes[0] == passes[1]


def test_each_portfolio_has_its_own_result(platform: Platform) -> None:
    results = results_of(ran(platform, broken=True), "momentum", SLUGS)
    assert {slug for slug, result in results.items() if result["status"] == "failed"} == {"p3", "p4"}
    assert all("no_such" in results[slug]["error"] for slug in ("p3", "p4"))
    assert {(results[slug]["status"], results[slug]["trades_executed"]) for slug in SLUGS[:3]} == {("ok", 2)}
