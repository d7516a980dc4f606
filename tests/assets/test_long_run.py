"""A week of the simulated venue: every strategy trades, everything that can end ends, and the books balance."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from benchmarks import long_run
from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.catalog import strategy_names
from prescient_dagster.definitions import defs
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.database import connect
from prescient_dagster.usecases.verify import verify
from tests.assets.conftest import Platform
from tests.conftest import cloned

CAPTURES, THROUGH_DAGSTER = 195, 5


@pytest.fixture(scope="module")
def lived(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Two hundred captures an hour apart, 25 portfolios; the last five captures through Dagster."""
    folder = tmp_path_factory.mktemp("captures")
    with (
        cloned(template_url) as url,
        pytest.MonkeyPatch.context() as environment,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        platform = Platform(connect(url), folder, instance)
        slugs = long_run.create_portfolios(platform.database)
        live(platform, slugs)
        for name, value in (("DATABASE_URL", url), ("CAPTURES", str(folder)), ("VENUE", "simulated")):
            environment.setenv(f"PRESCIENT_{name}", value)
        for strategy, group in slugs.items():
            instance.add_dynamic_partitions(partitions_name(strategy), group)
        for _ in range(THROUGH_DAGSTER):
            through_dagster(platform, slugs)
        yield platform
        platform.database.close()


def live(platform: Platform, slugs: dict[str, list[str]]) -> None:
    clock = long_run.Clock(datetime.now(UTC))
    venue = long_run.venue_of(platform.database, clock)
    for _ in range(CAPTURES):
        long_run.take_capture(platform.database, platform.captures_folder, venue)
        results = long_run.trade(platform.database, platform.captures_folder, venue, slugs)
        assert {result.slug: result.error for result in results if result.error} == {}
        clock.an_hour_later()


def through_dagster(platform: Platform, slugs: dict[str, list[str]]) -> None:
    """The real clock stands still beside 195 simulated hours: each capture is a second after the one before."""
    market_data = defs.resolve_job_def("market_data")
    taken: dg.ExecuteInProcessResult = market_data.execute_in_process(instance=platform.instance, raise_on_error=False)
    assert taken.success
    for strategy, group in slugs.items():
        assert platform.run(group, strategy).success


def select(platform: Platform, query: str) -> list[Any]:
    with platform.database.begin() as connection:
        return list(connection.execute(text(query)))


def test_a_long_life_balances_and_shows_every_kind_of_ending(lived: Platform) -> None:
    assert not any(reconcile(lived.database).values())
    unexplained = select(
        lived,
        """SELECT s.* FROM prescient.snapshots s JOIN prescient.portfolios p USING (portfolio_id)
           WHERE s.equity <> s.balance + s.market_value
              OR s.total_profit_loss <> s.equity - p.initial_balance
              OR s.total_profit_loss <> s.realized_profit_loss + s.unrealized_profit_loss
              OR s.balance <> p.initial_balance + (
                   SELECT coalesce(sum(t.cash_delta), 0) FROM prescient.trades t
                   WHERE t.portfolio_id = s.portfolio_id AND t.timestamp <= s.timestamp)
              OR s.balance < 0""",
    )
    assert unexplained == []
    snapshots = Counter(row[0] for row in select(lived, "SELECT portfolio_id FROM prescient.snapshots"))
    assert set(snapshots.values()) == {CAPTURES + THROUGH_DAGSTER}
    assert len(snapshots) == long_run.PER_STRATEGY * len(strategy_names())

    endings = Counter(
        (row.kind, row.won)
        for row in select(lived, "SELECT kind, price > 0 AS won FROM prescient.trades WHERE kind <> 'buy'")
    )
    assert endings["settlement", True] > 0
    assert endings["settlement", False] > 0
    assert endings["refund", True] > 0
    assert endings["sell", True] > 0


def test_scalping_makes_round_trips_and_every_strategy_trades(lived: Platform) -> None:
    traded = {
        row[0]
        for row in select(
            lived, "SELECT p.strategy_type FROM prescient.trades JOIN prescient.portfolios p USING (portfolio_id)"
        )
    }
    exits = {
        row[0] for row in select(lived, "SELECT DISTINCT details ->> 'exit' FROM prescient.trades WHERE kind = 'sell'")
    }

    assert traded == {"momentum", "mean_reversion", "arbitrage", "hybrid", "scalping"}
    assert {"profit_target", "stop_loss"} <= exits


def test_whatever_leg_of_a_bundle_wins_the_promised_margin_was_made(lived: Platform) -> None:
    finished = select(
        lived,
        """SELECT bundle, sum(cash_delta) AS profit, sum(cash_delta) FILTER (WHERE kind = 'buy') AS paid
           FROM prescient.trades WHERE bundle IS NOT NULL
           GROUP BY portfolio_id, bundle HAVING sum(shares) = 0""",
    )

    assert len(finished) > 0
    for bundle, profit, paid in finished:
        assert profit >= -paid * Decimal("0.05"), bundle


def test_every_portfolio_did_what_its_rules_say(lived: Platform) -> None:
    found = {
        portfolio.slug: verify(lived.database, lived.captures_folder, portfolio.slug)
        for portfolio in portfolios.list_all(lived.database)
    }

    assert {slug: drift.document()["first"] for slug, drift in found.items() if not drift.is_none} == {}
    assert {drift.captures for drift in found.values()} == {CAPTURES + THROUGH_DAGSTER}
    assert {slug: drift.notes() for slug, drift in found.items() if drift.notes()} == {}
